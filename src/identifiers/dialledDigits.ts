import { libphonenumber } from './libphonenumber.ts';

/** The prolonged sound mark is a letter to Unicode, but people in Japan type it as a dash: "090ー1234ー5678". */
const letter = /(?!ー)\p{L}/u;

/** libphonenumber's signs of an extension other than letters: "03-1234-5678#12", "…;12", "…,12". */
const extension = /\d[#,;]+\d/;

let trunkZeroAfterCode: RegExp | undefined;

function trunkZero(): RegExp {
  const { getCountries, getCountryCallingCode } = libphonenumber();
  const callingCodes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))].join('|');
  return new RegExp(`^([^\\d+]*(?:\\+\\D*|00\\D*)(?:${callingCodes})\\D*)\\(\\s*0\\s*\\)`);
}

function dropTrunkZero(text: string): string {
  trunkZeroAfterCode ??= trunkZero();
  return text.replace(trunkZeroAfterCode, '$1');
}

const foreignDigit = /(?![0-9])\p{Nd}/gu;
const decimalDigit = /\p{Nd}/u;

/** Converts a digit of any script: Unicode keeps the ten digits of a script together, zero first. */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && decimalDigit.test(String.fromCodePoint(codePoint - value - 1))) value += 1;
  return String(value);
}

/** An integer with a fraction of zeros, as pandas prints it: "819012345678.0". */
const zeroFraction = /^(\+?\d+)\.0+$/;

/**
 * A negative number, or one with a fraction: "-819012345678", "8190123456.5". Behind a leading "0" or "+" one dot
 * separates ("090.12345678", "+81.9012345678"), unless a single digit follows it.
 */
const noInteger = /^(?:[-\u2212]\d+(?:\.\d*)?|[1-9]\d*\.\d+|[+0]\d*\.\d)$/;

/**
 * Returns the digits of a telephone number as they are dialled, with "+" if a country code leads: "+81
 * (0)90-1234-5678", "0081 90 1234 5678" and "+819012345678.0" give "+819012345678". Digits of any script count; a "+"
 * counts only before the first digit; all other signs are separators. Returns undefined for values with letters or an
 * extension, and for negative and fractional numbers.
 */
export function dialledDigits(value: string): string | undefined {
  if (letter.test(value)) return undefined;
  const text = value.replace(foreignDigit, asciiDigit).replace(zeroFraction, '$1');
  if (noInteger.test(text)) return undefined;
  if (extension.test(text.replace(/[^\d#,;]/g, ''))) return undefined;
  const withoutTrunkZero = text.includes('(') ? dropTrunkZero(text) : text;
  const digits = withoutTrunkZero.replace(/\D/g, '');
  if (/^[^\d+]*\+/.test(withoutTrunkZero)) return `+${digits}`;
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
}
