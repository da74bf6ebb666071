import { SyncError } from '../errors.ts';
import type { NationalSample } from '../members/nationalSampler.ts';
import type { RejectAccount } from '../members/readMembers.ts';
import { percent } from '../report/percent.ts';
import type { Warning } from '../report/report.ts';

/*
 * Phone numbers without a country code can be read as numbers of several countries. If many are not valid in the assumed
 * country, they probably belong to another one.
 */

const warnedShare = 0.05;
/** A smaller sample refuses nothing. */
const minSampled = 100;

const remedy = "Set countryColumn to the column that holds each row's country, or correct defaultCountry.";

/** Returns the warning `phone_country_doubtful` if more than 5 % of the sampled numbers are not valid. */
export function doubtWarnings(national: NationalSample, label: string): Warning[] {
  if (shareOf(national) <= warnedShare) return [];
  return [
    {
      code: 'phone_country_doubtful',
      message: `${describe(national, label)}. They may be numbers of another country. ${remedy}`,
    },
  ];
}

/** Throws `guard.max_doubtful` (status refused) if a larger share is not valid than `guards.maxDoubtful` allows. */
export function checkDoubt(national: NationalSample, label: string, maxDoubtful: number): void {
  if (national.sampled < minSampled || shareOf(national) <= maxDoubtful) return;
  throw new SyncError(
    'guard.max_doubtful',
    `${describe(national, label)}, more than guards.maxDoubtful allows (${percent(maxDoubtful)}). Nothing was sent.`,
    `${remedy} Raise guards.maxDoubtful only if the numbers are known to be right.`,
  );
}

function describe({ sampled, doubtful }: NationalSample, label: string): string {
  return `${doubtful} of ${sampled} sampled phone numbers without a country code in ${label} (${percent(doubtful / sampled)}) are not valid in their assumed country`;
}

function shareOf({ sampled, doubtful }: NationalSample): number {
  return sampled === 0 ? 0 : doubtful / sampled;
}

/** Returns the hint for values of which most were rejected for lack of a country, and undefined for others. */
export function countryHint(rejects: RejectAccount['rejects']): string | undefined {
  const total = Object.values(rejects).reduce((sum, count) => sum + count, 0);
  if (2 * (rejects['phone.no_country'] ?? 0) > total)
    return "Set defaultCountry to the country of numbers without a country code, or countryColumn to the column that holds each row's country.";
  if (2 * (rejects['phone.unknown_country'] ?? 0) > total)
    return 'Fix the column that countryColumn names: it must hold ISO 3166 codes of two or three letters, such as JP or JPN.';
  return undefined;
}
