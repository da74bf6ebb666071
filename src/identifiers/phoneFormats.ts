/** The forms of a phone that can be hashed and sent, in the order of their slots in a record. */
export const phoneFormats = ['e164', 'e164-digits', 'national'] as const;

export type PhoneFormat = (typeof phoneFormats)[number];

/**
 * Where a number is also sent in national form ("0" and the national number). Elsewhere, and for numbers of another
 * country than defaultCountry, it would be somebody else's: 0912345678 is a number in Taiwan and one in Thailand.
 */
export const nationalFormCountries: readonly string[] = ['JP', 'TH', 'TW', 'ID'];
