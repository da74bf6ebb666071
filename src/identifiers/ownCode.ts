import { countryNumbers, isKnownCountry, libphonenumber } from './libphonenumber.ts';

/*
 * Digits without "+" that begin with the calling code of the country they are read in: "819012345678" in Japan. Where
 * national numbers are dialled behind a "0", a number of that country begins with its "0" or with its code. So these
 * digits are read with the code, unless only the national reading is valid (`normalisePhone`). Which of the readings
 * are valid is known for most numbers by their first four digits and their length, without libphonenumber.
 */

/** The calling code of each country with the national prefix "0", and undefined for the others. */
const codes = new Map<string, string | undefined>();

/**
 * The calling code that digits of a country may begin with, without "+". Undefined where the national prefix is not
 * "0".
 */
function codeWithoutPlus(country: string): string | undefined {
  if (!codes.has(country)) codes.set(country, isKnownCountry(country) ? codeBesideZero(country) : undefined);
  return codes.get(country);
}

function codeBesideZero(country: string): string | undefined {
  const numbers = countryNumbers(country);
  return numbers.nationalPrefix() === '0' ? numbers.callingCode() : undefined;
}

/** Decides for digits without "+" whether the reading with the calling code comes before the national one. */
export function beginsWithOwnCode(digits: string, country: string): boolean {
  const code = codeWithoutPlus(country);
  return code !== undefined && digits.startsWith(code);
}

/** Digits of a start. They hold the calling code, of one to three digits, and at least one more. */
export const startDigits = 4;

/** Stands for any digit in a text that is tested by a pattern. */
const anyDigit = '*';

/** A part of a pattern: a quantifier, or the class of one digit. */
const patternPart = /\{[^}]*\}|\\d|\[[^\]]*\]|\d/g;

/** Returns true if a pattern has only groups, alternatives, quantifiers, digits and classes of digits. */
function isSimple(pattern: string): boolean {
  return !/\[\^|\(\?[^:]|\\[^d]/.test(pattern);
}

/**
 * Returns a pattern for texts of digits and `anyDigit`. It matches if some digits in place of `anyDigit` match the
 * given one.
 */
function matchesSome(pattern: string): RegExp {
  if (!isSimple(pattern)) return /^/;
  const source = pattern.replace(patternPart, (part) => {
    if (part.startsWith('{')) return part;
    return part.startsWith('[') ? `${part.slice(0, -1)}${anyDigit}]` : `[${part}${anyDigit}]`;
  });
  return new RegExp(`^(?:${source})$`);
}

/**
 * Returns a pattern for texts of digits and `anyDigit`. It matches only if all digits in place of `anyDigit` match the
 * given one.
 */
function matchesAll(pattern: string): RegExp {
  if (!isSimple(pattern)) return /(?!)/;
  const source = pattern.replace(patternPart, (part) => (part === '\\d' ? `[\\d${anyDigit}]` : part));
  return new RegExp(`^(?:${source})$`);
}

/** The types of numbers by which libphonenumber decides whether a number is valid. */
const numberTypes = [
  ...['FIXED_LINE', 'MOBILE', 'PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP', 'PERSONAL_NUMBER', 'PAGER', 'UAN'],
  'VOICEMAIL',
];

/** Creates a test of national numbers by the patterns of valid numbers of a country, each compiled by `toRegExp`. */
export function validity(country: string, toRegExp: (pattern: string) => RegExp): (nationalNumber: string) => boolean {
  const numbers = countryNumbers(country);
  const general = toRegExp(numbers.nationalNumberPattern());
  const types = numberTypes.flatMap((name) => {
    const type = numbers.type(name);
    return type?.pattern() ? [{ lengths: type.possibleLengths(), pattern: toRegExp(type.pattern()) }] : [];
  });
  return (nationalNumber) =>
    general.test(nationalNumber) &&
    types.some(({ lengths, pattern }) => lengths.includes(nationalNumber.length) && pattern.test(nationalNumber));
}

/**
 * Returns the starts of digits that are always read with the calling code, with the lengths for which this is certain.
 * `firsts` are the first digits of national numbers that libphonenumber does not change. Empty for countries that share
 * their calling code, because the code alone does not decide which patterns apply.
 */
export function startsWithOwnCode(country: string, firsts: readonly string[]): Map<string, number[]> {
  const { getCountries, getCountryCallingCode } = libphonenumber();
  const found = new Map<string, number[]>();
  const code = codeWithoutPlus(country);
  const isShared = getCountries().filter((other) => getCountryCallingCode(other) === code).length > 1;
  if (code === undefined || isShared || !firsts.includes(code.charAt(0))) return found;
  const mayBeValid = validity(country, matchesSome);
  const isValid = validity(country, matchesAll);
  const lengths = countryNumbers(country).possibleLengths();
  const tails = 10 ** (startDigits - code.length);
  for (let tail = 0; tail < tails; tail++) {
    const start = code + String(tail).padStart(startDigits - code.length, '0');
    if (!firsts.includes(start.charAt(code.length))) continue;
    const isCertain = (length: number) => {
      const digits = start.padEnd(code.length + length, anyDigit);
      return !mayBeValid(digits) || isValid(digits.slice(code.length));
    };
    found.set(
      start,
      lengths.filter(isCertain).map((length) => code.length + length),
    );
  }
  return found;
}
