/** The reasons for refusing a value. A closed list; `npm run docs` copies it into docs/identifiers.md. */
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

/** One sentence for each code, for `explain` and docs/identifiers.md. */
export const rejectReasons: Record<RejectCode, string> = {
  'value.line_break': 'It contains a line break, and a file for LINE holds one identifier per line.',
  'value.needs_connector':
    'The warehouse hashes the values, its SQL could not decide this one, and raw values must not leave the warehouse.',
  'hash.of_empty_string': 'It is the SHA-256 of an empty text: an empty cell was hashed.',
  'hash.wrong_length':
    'It is hexadecimal but not 64 characters long, so it is not a SHA-256 hash (MD5 has 32 characters, SHA-1 has 40).',
  'hash.not_hex': 'It is not hexadecimal, and only SHA-256 hashes are accepted (hashed: always).',
  'email.too_long': 'It has more than 120 characters.',
  'email.not_ascii': 'It contains a character outside ASCII that has no ASCII equivalent.',
  'email.inner_space': 'It contains a space or a control character.',
  'email.no_at': 'It contains no @.',
  'email.several_at': 'It contains more than one @.',
  'email.empty_local': 'The part before the @ is empty.',
  'email.empty_domain': 'The part after the @ is empty.',
  'email.bad_local':
    'The part before the @ contains a character other than letters, digits, dots and !#$%&\'*+/=?^_`{|}~-, such as < : ; or ".',
  'email.bad_domain':
    'The domain contains a character other than letters, digits, hyphens and dots; or it contains no dot, begins or ends with a dot, or contains two dots in a row.',
  'phone.not_a_number':
    'It contains letters, an extension, a minus sign or a decimal fraction, or too few digits for a telephone number.',
  'phone.no_country': 'It has no country code, and no defaultCountry is configured.',
  'phone.unknown_country':
    'It has no country code, and the country of its row is not an ISO 3166 code of a country with telephone numbers.',
  'phone.too_short': 'It has too few digits for its country.',
  'phone.too_long': 'It has too many digits for its country.',
  'phone.not_possible': 'Its country has no numbers with this many digits.',
  'phone.bad_country':
    'Its country code does not exist; or phoneFormats lists the national form only, and the number has no such form.',
  'ifa.not_a_uuid': 'It does not consist of hexadecimal characters in groups of 8-4-4-4-12.',
  'ifa.all_zero': 'It consists of zeros only: its owner has opted out of advertising.',
};
