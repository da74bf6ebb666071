import type { CountryCode } from 'libphonenumber-js/max';
import { createInterpret } from './interpret.ts';
import { libphonenumber } from './libphonenumber.ts';
import { validity } from './ownCode.ts';
import { readingCountry } from './phone.ts';
import type { IdentifyRules } from './rules.ts';
import { normaliseValue } from './value.ts';

/** Whether a phone number is valid in the country in which it was read, and not only possible. */
export type Validity = 'valid' | 'doubtful';

/**
 * Returns a function that judges an accepted phone number without a calling code by libphonenumber's `isValid`. It
 * returns undefined for every other value: rejects, hashes, and numbers that name their country themselves.
 */
export function createReadNational(rules: IdentifyRules): (raw: string) => Validity | undefined {
  const readWithoutCountry = createInterpret({ ...rules, country: null });
  const read = createInterpret({ ...rules, phoneFormats: ['e164', ...rules.phoneFormats] });
  const isValid = validityOf(rules);
  const isNationalOnly = rules.phoneFormats.every((form) => form === 'national');
  return (raw) => {
    const alone = readWithoutCountry(raw);
    if (alone.kind !== 'reject' || alone.code !== 'phone.unknown_country') return undefined;
    const meaning = read(raw);
    if (meaning.kind !== 'texts') return undefined;
    const [e164, national] = meaning.texts;
    if (e164 === undefined || (isNationalOnly && national === undefined) || holdsCallingCode(raw, e164))
      return undefined;
    return isValid(e164) ? 'valid' : 'doubtful';
  };
}

/** Returns true if a value without "+" was read with the calling code at its start. */
function holdsCallingCode(raw: string, e164: string): boolean {
  return normaliseValue(raw).replace(/\D/g, '').startsWith(e164.slice(1));
}

type IsValid = (e164: string) => boolean;

/** The tests of this thread, by country. */
const validities = new Map<string, IsValid>();

function validityOf(rules: IdentifyRules): IsValid {
  const reading = readingCountry(rules);
  if ('reject' in reading) return isValidNumber;
  const { country } = reading;
  const known = validities.get(country) ?? createIsValid(country);
  validities.set(country, known);
  return known;
}

const isValidNumber: IsValid = (e164) => libphonenumber().parsePhoneNumberFromString(e164)?.isValid() === true;

/**
 * Creates the same test as `isValidNumber` for numbers of one country. If no other country shares the calling code, the
 * patterns are compiled once: libphonenumber compiles them for every number, which takes several times longer.
 */
function createIsValid(country: string): IsValid {
  const { getCountries, getCountryCallingCode } = libphonenumber();
  const code = getCountryCallingCode(country as CountryCode);
  if (getCountries().filter((other) => getCountryCallingCode(other) === code).length > 1) return isValidNumber;
  const isValid = validity(country, (pattern) => new RegExp(`^(?:${pattern})$`));
  return (e164) => (e164.startsWith(`+${code}`) ? isValid(e164.slice(code.length + 1)) : isValidNumber(e164));
}
