/** The forms of a phone that can be hashed and sent, in the order of their keys in a record. */
export const phoneFormats = ['e164', 'e164-digits', 'national'] as const;

export type PhoneFormat = (typeof phoneFormats)[number];

/** The configured forms once each, in the order of `phoneFormats`. */
export function formsInOrder(configured: readonly PhoneFormat[]): PhoneFormat[] {
  return phoneFormats.filter((form) => configured.includes(form));
}

/**
 * Countries whose numbers are also sent in national form ("0" and the national number). Numbers of other countries than
 * `defaultCountry` are not: 0912345678 is a number in Taiwan and another one in Thailand.
 */
export const nationalFormCountries: readonly string[] = ['JP', 'TH', 'TW', 'ID'];
