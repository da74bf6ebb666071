/**
 * The reasons for refusing a value. A closed list: a code is added to the LINE Ads API reference and the README first.
 */
export const rejectCodes = [
  'value.line_break',
  'value.needs_connector',
  'hash.of_empty_string',
  'hash.wrong_length',
  'hash.not_hex',
  'email.too_long',
  'email.not_ascii',
  'email.inner_space',
  'email.no_at',
  'email.several_at',
  'email.empty_local',
  'email.empty_domain',
  'email.bad_local',
  'email.bad_domain',
  'phone.not_a_number',
  'phone.no_country',
  'phone.unknown_country',
  'phone.too_short',
  'phone.too_long',
  'phone.not_possible',
  'phone.bad_country',
  'ifa.not_a_uuid',
  'ifa.all_zero',
] as const;

export type RejectCode = (typeof rejectCodes)[number];

/** One sentence for each code, for `explain` and the README. */
export const rejectReasons: Record<RejectCode, string> = {
  'value.line_break': 'There is a line break inside the value; a file for LINE holds one identifier a line.',
  'value.needs_connector':
    "Hashing is the warehouse's, and its SQL was not sure of this value, which is left where it is.",
  'hash.of_empty_string': 'It is the SHA-256 of nothing: somebody hashed an empty cell.',
  'hash.wrong_length': 'It is hexadecimal but not 64 characters long, so it is no SHA-256 (MD5 has 32, SHA-1 has 40).',
  'hash.not_hex': 'A SHA-256 hash in hexadecimal is expected (hashed: always), and this is something else.',
  'email.too_long': 'It has more than 120 characters.',
  'email.not_ascii': 'It has a character outside ASCII that does not normalise to one inside.',
  'email.inner_space': 'There is a space or control character inside it.',
  'email.no_at': 'There is no @ in it.',
  'email.several_at': 'There is more than one @ in it.',
  'email.empty_local': 'Nothing stands before the @.',
  'email.empty_domain': 'Nothing stands after the @.',
  'email.bad_local':
    'The part before the @ has a character other than letters, digits, dots and !#$%&\'*+/=?^_`{|}~-, such as < : ; or ".',
  'email.bad_domain':
    'The domain has a character other than letters, digits, hyphens and dots; or it has no dot, begins or ends with one, or has two in a row.',
  'phone.not_a_number':
    'It has letters, an extension, a minus sign or a decimal fraction, or too few digits to be a telephone number.',
  'phone.no_country': 'It has no country code, and no defaultCountry is configured.',
  'phone.unknown_country': 'It has no country code, and the country of its row is no ISO 3166 code.',
  'phone.too_short': 'It has too few digits for its country.',
  'phone.too_long': 'It has too many digits for its country.',
  'phone.not_possible': 'No number of its country has that many digits.',
  'phone.bad_country':
    'Its country code does not exist, or only the national form is configured and the number has none.',
  'ifa.not_a_uuid': 'It is not of the form 8-4-4-4-12 hexadecimal characters.',
  'ifa.all_zero': 'It is all zeros: its owner has opted out of advertising.',
};
