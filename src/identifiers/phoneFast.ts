import type { CountryCode } from 'libphonenumber-js/max';
import { countryNumbers, libphonenumber } from './libphonenumber.ts';
import { startDigits, startsWithOwnCode } from './ownCode.ts';
import { type Phone, type PhoneRules, readingCountry } from './phone.ts';
import { nationalFormCountries } from './phoneFormats.ts';

/*
 * Reads regular numbers of JP, TH, TW and ID without libphonenumber, which takes several times longer than the hashing.
 * In these countries "0" is the whole national prefix, and parsing changes no national number that begins with another
 * digit. Only the length is left to decide, and for numbers with their calling code but without "+" the start
 * (`ownCode.ts`). Lengths and starts come from libphonenumber's own metadata. Everything else, and every reject, is
 * left to `normalisePhone`.
 */

export type NumberingPlan = {
  country: string;
  /** "+81". */
  plusCode: string;
  /** Digits of a national number, its leading zero not counted. */
  lengths: ReadonlySet<number>;
  /** The prefix of calls to other countries. */
  abroadPrefix: RegExp;
  /** The lengths of numbers that are read with the calling code without "+", by their first digits. */
  withoutPlus: ReadonlyMap<string, readonly number[]>;
};

function planOf(country: string): NumberingPlan {
  const numbers = countryNumbers(country);
  return {
    country,
    plusCode: `+${libphonenumber().getCountryCallingCode(country as CountryCode)}`,
    lengths: new Set(numbers.possibleLengths()),
    abroadPrefix: new RegExp(`^(?:${numbers.IDDPrefix()})`),
    withoutPlus: startsWithOwnCode(country, [...'123456789']),
  };
}

let plans: readonly NumberingPlan[] | undefined;

/** Returns the plans of the countries whose regular numbers are read here. */
export function numberingPlans(): readonly NumberingPlan[] {
  plans ??= nationalFormCountries.map(planOf);
  return plans;
}

function findPlan(isWanted: (plan: NumberingPlan) => boolean): NumberingPlan | undefined {
  return numberingPlans().find(isWanted);
}

/** A regular number before its separators are dropped. */
export const regularPhone = /^(?:\+[1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$/;

/** Returns the same number as `normalisePhone`, or undefined if the value needs `normalisePhone`. */
export function normalisePhoneFast(value: string, rules: PhoneRules): Phone | undefined {
  if (!regularPhone.test(value)) return undefined;
  const dialled = value.replace(/[ -]/g, '');
  if (dialled.startsWith('+')) return readInternational(dialled, rules);
  const reading = readingCountry(rules);
  const plan = findPlan(({ country }) => 'country' in reading && country === reading.country);
  if (plan === undefined) return undefined;
  const isOwn = plan.country === rules.defaultCountry;
  return dialled.startsWith('0') ? readNational(dialled, plan, isOwn) : readWithoutPlus(dialled, plan, isOwn);
}

function readInternational(dialled: string, { defaultCountry }: PhoneRules): Phone | undefined {
  const plan = findPlan(({ plusCode }) => dialled.startsWith(plusCode));
  if (plan === undefined) return undefined;
  const nationalNumber = dialled.slice(plan.plusCode.length);
  if (nationalNumber.startsWith('0') || !plan.lengths.has(nationalNumber.length)) return undefined;
  return { e164: dialled, national: plan.country === defaultCountry ? `0${nationalNumber}` : undefined };
}

function readNational(dialled: string, plan: NumberingPlan, isOwn: boolean): Phone | undefined {
  if (plan.abroadPrefix.test(dialled) || !plan.lengths.has(dialled.length - 1)) return undefined;
  return { e164: plan.plusCode + dialled.slice(1), national: isOwn ? dialled : undefined };
}

function readWithoutPlus(dialled: string, plan: NumberingPlan, isOwn: boolean): Phone | undefined {
  if (!plan.withoutPlus.get(dialled.slice(0, startDigits))?.includes(dialled.length)) return undefined;
  return { e164: `+${dialled}`, national: isOwn ? `0${dialled.slice(plan.plusCode.length - 1)}` : undefined };
}
