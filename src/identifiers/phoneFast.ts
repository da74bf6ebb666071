import type { CountryCode } from 'libphonenumber-js/max';
import { countryNumbers, libphonenumber } from './libphonenumber.ts';
import { type Phone, type PhoneRules, readingCountry } from './phone.ts';
import { nationalFormCountries } from './phoneFormats.ts';

/*
 * Regular numbers of JP, TH, TW and ID without libphonenumber, which takes several times longer than the hashing.
 * In these countries "0" is the whole national prefix and no national number that begins with another digit is
 * changed by parsing, so what is left to decide is the length; the lengths come from libphonenumber's own metadata.
 * Everything else, and every reject, is left to `normalisePhone`.
 */

export type NumberingPlan = {
  country: string;
  /** "+81". */
  plusCode: string;
  /** Digits of a national number, its leading zero not counted. */
  lengths: ReadonlySet<number>;
  /** What a call to another country begins with. */
  abroadPrefix: RegExp;
};

function planOf(country: string): NumberingPlan {
  const numbers = countryNumbers(country);
  return {
    country,
    plusCode: `+${libphonenumber().getCountryCallingCode(country as CountryCode)}`,
    lengths: new Set(numbers.possibleLengths()),
    abroadPrefix: new RegExp(`^(?:${numbers.IDDPrefix()})`),
  };
}

let plans: readonly NumberingPlan[] | undefined;

/** The countries whose regular numbers are read here. */
export function numberingPlans(): readonly NumberingPlan[] {
  plans ??= nationalFormCountries.map(planOf);
  return plans;
}

function findPlan(isWanted: (plan: NumberingPlan) => boolean): NumberingPlan | undefined {
  return numberingPlans().find(isWanted);
}

/** What a regular number looks like before its separators are dropped. */
export const regularPhone = /^(?:\+[1-9]|0[1-9])[0-9 -]{5,24}$/;

/** The number that `normalisePhone` gives for the same value and rules, or undefined when only that can tell. */
export function normalisePhoneFast(value: string, rules: PhoneRules): Phone | undefined {
  if (!regularPhone.test(value)) return undefined;
  const dialled = value.replace(/[ -]/g, '');
  return dialled.startsWith('+') ? readInternational(dialled, rules) : readNational(dialled, rules);
}

function readInternational(dialled: string, { defaultCountry }: PhoneRules): Phone | undefined {
  const plan = findPlan(({ plusCode }) => dialled.startsWith(plusCode));
  if (plan === undefined) return undefined;
  const nationalNumber = dialled.slice(plan.plusCode.length);
  if (nationalNumber.startsWith('0') || !plan.lengths.has(nationalNumber.length)) return undefined;
  return { e164: dialled, national: plan.country === defaultCountry ? `0${nationalNumber}` : undefined };
}

function readNational(dialled: string, rules: PhoneRules): Phone | undefined {
  const reading = readingCountry(rules);
  const plan = findPlan(({ country }) => 'country' in reading && country === reading.country);
  if (plan === undefined || plan.abroadPrefix.test(dialled)) return undefined;
  if (!plan.lengths.has(dialled.length - 1)) return undefined;
  return {
    e164: plan.plusCode + dialled.slice(1),
    national: plan.country === rules.defaultCountry ? dialled : undefined,
  };
}
