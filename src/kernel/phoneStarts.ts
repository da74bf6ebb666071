import type { CountryCode } from 'libphonenumber-js/max';
import { countryNumbers, isKnownCountry, libphonenumber } from '../identifiers/libphonenumber.ts';
import { startDigits, startsWithOwnCode } from '../identifiers/ownCode.ts';
import { type PhoneRules, readingCountry } from '../identifiers/phone.ts';
import { numberingPlans } from '../identifiers/phoneFast.ts';
import { nationalFormCountries } from '../identifiers/phoneFormats.ts';

/*
 * The possible lengths of phone numbers by their first four digits. These hold the calling code, of one to three
 * digits, and at least one more digit. libphonenumber changes a number only if its first digits match the country's
 * prefixes of national numbers. Only starts that it leaves as they are have lengths here: then the length alone decides
 * whether a number is possible.
 */

const starts = 10 ** startDigits;

/**
 * An entry for each four digits. Bit n of it is set where a number of n digits, these first, is a phone; bit 31 where
 * such numbers have a national form; bit 30 where they begin with their calling code although no "+" is before it.
 */
export interface PhoneStarts {
  /** The entries for digits behind a "+". */
  international: Uint32Array;
  /** The entries for digits of numbers without "+". */
  dialled: Uint32Array;
  /** The calling code of numbers without "+". Empty if these are not read. */
  readingCode: string;
  /** The calling code of numbers that have a national form. Empty if none have. */
  nationalCode: string;
}

const hasNationalForm = 2 ** 31;
const hasCode = 2 ** 30;

const digits = [...'0123456789'];

/** Matches the first character or class of characters in a part of a pattern, inside of groups. */
const head = /^(?:\((?:\?:)?)*(\d|\[[\d-]+\])(?![?*{])/;

/** Returns the possible first digits of texts that match a pattern, or all digits if this is not easy to decide. */
function firstDigits(pattern: string | undefined): readonly string[] {
  if (!pattern) return [];
  const hasOptionalGroup = /\)[?*{]/.test(pattern);
  return pattern.split('|').flatMap((part) => {
    const first = head.exec(part)?.[1];
    if (first === undefined || (hasOptionalGroup && part.startsWith('('))) return digits;
    return first.length === 1 ? first : digits.filter((digit) => new RegExp(first).test(digit));
  });
}

/** Returns the lengths of national numbers that are possible in each country of a calling code. */
function commonLengths(countries: readonly string[]): number[] {
  const [first = [], ...others] = countries.map((country) => countryNumbers(country).possibleLengths());
  return first.filter((length) => others.every((lengths) => lengths.includes(length)));
}

function countriesByCode(): Map<string, string[]> {
  const { getCountries, getCountryCallingCode } = libphonenumber();
  return Map.groupBy(getCountries(), (country) => getCountryCallingCode(country));
}

/** Returns an entry for national numbers of some lengths, with `digitsBefore` digits in front of them. */
function entryOf(lengths: Iterable<number>, digitsBefore: number, isNational: boolean): number {
  let entry = isNational ? hasNationalForm : 0;
  for (const length of lengths) entry += 2 ** (length + digitsBefore);
  return entry;
}

/** The first and the last of the starts that begin with some digits. */
function startsWith(digits: string): [number, number] {
  return [Number(digits.padEnd(startDigits, '0')), Number(digits.padEnd(startDigits, '9'))];
}

/** The entries of this thread by the calling code of national forms. They do not depend on the reading country. */
const internationalByCode = new Map<string, Uint32Array>();

function internationalStarts(countries: ReadonlyMap<string, string[]>, nationalCode: string): Uint32Array {
  const known = internationalByCode.get(nationalCode);
  if (known !== undefined) return known;
  const entries = new Uint32Array(starts);
  internationalByCode.set(nationalCode, entries);
  for (const [code, sharing] of countries) {
    const changed = firstDigits(countryNumbers(code).nationalPrefixForParsing());
    const entry = entryOf(commonLengths(sharing), code.length, code === nationalCode);
    for (const digit of digits.filter((digit) => !changed.includes(digit))) {
      const [first, last] = startsWith(code + digit);
      entries.fill(entry, first, last + 1);
    }
  }
  return entries;
}

/** A reading country, its calling code, the countries that share this, and whether its numbers have a national form. */
type CountryReading = { country: string; code: string; sharing: readonly string[]; isNational: boolean };

function dialledStarts({ country, code, sharing, isNational }: CountryReading): Uint32Array {
  const entries = new Uint32Array(starts);
  const numbers = countryNumbers(country);
  const entry = entryOf(commonLengths(sharing), 0, isNational);
  const changed = ['0', ...firstDigits(numbers.nationalPrefixForParsing()), ...firstDigits(numbers.IDDPrefix())];
  const unchanged = digits.filter((digit) => !changed.includes(digit));
  for (const digit of unchanged) {
    const [first, last] = startsWith(digit);
    entries.fill(entry, first, last + 1);
  }
  const [first, last] = startsWith(code);
  entries.fill(0, first, last + 1);
  for (const [start, lengths] of startsWithOwnCode(country, unchanged))
    entries[Number(start)] = entryOf(lengths, 0, isNational) + hasCode;
  addTrunkZeros(entries, country, isNational);
  return entries;
}

/** Adds entries for numbers that begin with one zero, in the countries of `phoneFast.ts`. */
function addTrunkZeros(entries: Uint32Array, country: string, isNational: boolean): void {
  const plan = numberingPlans().find((plan) => plan.country === country);
  if (plan === undefined) return;
  const entry = entryOf(plan.lengths, 1, isNational);
  const [first, last] = [starts / 100, starts / 10 - 1];
  for (let start = first; start <= last; start++)
    if (!plan.abroadPrefix.test(String(start).padStart(startDigits, '0'))) entries[start] = entry;
}

function callingCode(country: string): string {
  return libphonenumber().getCountryCallingCode(country as CountryCode);
}

/** Returns the entries for phones under these rules. Loads libphonenumber. */
export function phoneStarts(rules: PhoneRules): PhoneStarts {
  const { defaultCountry } = rules;
  const countries = countriesByCode();
  const hasNational = defaultCountry !== undefined && nationalFormCountries.includes(defaultCountry);
  const nationalCode = hasNational ? callingCode(defaultCountry) : '';
  const international = internationalStarts(countries, nationalCode);
  const reading = readingCountry(rules);
  const isRead = 'country' in reading && isKnownCountry(reading.country);
  if (!isRead) return { international, dialled: new Uint32Array(starts), readingCode: '', nationalCode };
  const code = callingCode(reading.country);
  const sharing = countries.get(code) ?? [];
  const dialled = dialledStarts({ country: reading.country, code, sharing, isNational: code === nationalCode });
  return { international, dialled, readingCode: code, nationalCode };
}
