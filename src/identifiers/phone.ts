import type { CountryCode, PhoneNumber, ValidatePhoneNumberLengthResult } from 'libphonenumber-js/max';
import { dialledDigits } from './dialledDigits.ts';
import { libphonenumber } from './libphonenumber.ts';
import { beginsWithOwnCode } from './ownCode.ts';
import { nationalFormCountries, type PhoneFormat } from './phoneFormats.ts';
import type { RejectCode } from './rejects.ts';

/** A telephone number, as the texts of its forms. */
export type Phone = {
  /** The number with "+": "+819012345678". */
  e164: string;
  /** "09012345678". Present for numbers of `defaultCountry` if that is JP, TH, TW or ID. */
  national: string | undefined;
};

export type PhoneRules = {
  /** The country whose numbers get the national form. */
  defaultCountry?: string | undefined;
  /**
   * The country in which numbers without a calling code are read. Undefined: `defaultCountry`. Null: the country is
   * unknown, and these numbers are rejected (`phone.unknown_country`).
   */
  country?: string | null | undefined;
};

/** The country in which a number without a calling code is read, or the code of its reject. */
export function readingCountry({ country, defaultCountry }: PhoneRules): { country: string } | { reject: RejectCode } {
  if (country === null) return { reject: 'phone.unknown_country' };
  const reading = country ?? defaultCountry;
  return reading === undefined ? { reject: 'phone.no_country' } : { country: reading };
}

const rejectByReason: Record<ValidatePhoneNumberLengthResult, RejectCode> = {
  NOT_A_NUMBER: 'phone.not_a_number',
  INVALID_COUNTRY: 'phone.bad_country',
  TOO_SHORT: 'phone.too_short',
  TOO_LONG: 'phone.too_long',
  INVALID_LENGTH: 'phone.not_possible',
};

/** Returns "0" and the national number, or undefined if that could be another number in another country. */
function nationalForm(
  callingCode: string,
  nationalNumber: string,
  defaultCountry: string | undefined,
): string | undefined {
  if (defaultCountry === undefined || !nationalFormCountries.includes(defaultCountry)) return undefined;
  // None of these countries shares its calling code, so the code alone decides the country of the number.
  return libphonenumber().getCountryCallingCode(defaultCountry as CountryCode) === callingCode
    ? `0${nationalNumber}`
    : undefined;
}

/** A possible number, or the code of its reject. */
type ParsedNumber = PhoneNumber | RejectCode;

/** Parses a number. `country` is that of a number without "+". */
function read(dialled: string, country?: string): ParsedNumber {
  const options = { extract: false, ...(country && { defaultCountry: country as CountryCode }) };
  const { parsePhoneNumberFromString, validatePhoneNumberLength } = libphonenumber();
  const number = parsePhoneNumberFromString(dialled, options);
  if (number?.isPossible()) return number;
  return rejectByReason[validatePhoneNumberLength(dialled, options) ?? 'INVALID_LENGTH'];
}

/**
 * Reads a number without "+". If it begins with the country's own calling code, the reading with that code counts,
 * unless only the national reading is valid. A reading that is not possible is none: "81234567" in Japan has six digits
 * behind the code, so it stays the national number that it is with its "0".
 */
function readWithoutPlus(dialled: string, country: string): ParsedNumber {
  const national = read(dialled, country);
  if (!beginsWithOwnCode(dialled, country)) return national;
  const international = read(`+${dialled}`);
  if (typeof national === 'string') return international;
  if (typeof international === 'string') return national;
  return national.isValid() && !international.isValid() ? national : international;
}

/**
 * Reads a telephone number (docs/identifiers.md, "Phone"). Separators are dropped; then libphonenumber parses the
 * number and decides by its length whether it is possible, not whether it is valid. Takes a value that is already NFKC
 * and trimmed. This is the reference for `normalisePhoneFast`.
 *
 * Vector: "090-1234-5678" with defaultCountry JP gives e164 "+819012345678", whose SHA-256 is
 * 3d06a39d40790f11761295e053029378ae28c4b4f6f301693005e079f3d4ca64, and national "09012345678".
 */
export function normalisePhone(value: string, rules: PhoneRules): Phone | { reject: RejectCode } {
  const dialled = dialledDigits(value);
  if (dialled === undefined) return { reject: 'phone.not_a_number' };
  if (dialled.startsWith('+')) return phoneOf(read(dialled), rules);
  const reading = readingCountry(rules);
  return 'reject' in reading ? reading : phoneOf(readWithoutPlus(dialled, reading.country), rules);
}

function phoneOf(number: ParsedNumber, { defaultCountry }: PhoneRules): Phone | { reject: RejectCode } {
  if (typeof number === 'string') return { reject: number };
  return {
    e164: number.number,
    national: nationalForm(number.countryCallingCode, number.nationalNumber, defaultCountry),
  };
}

/** Returns the text of each form in the given order, or undefined for a form that the number does not have. */
export function phoneForms(phone: Phone, forms: readonly PhoneFormat[]): (string | undefined)[] {
  return forms.map((form) => phoneForm(phone, form));
}

function phoneForm(phone: Phone, form: PhoneFormat): string | undefined {
  switch (form) {
    case 'e164':
      return phone.e164;
    case 'e164-digits':
      return phone.e164.slice(1);
    case 'national':
      return phone.national;
  }
}
