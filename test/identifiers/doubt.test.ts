import fc from 'fast-check';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { createReadNational } from '../../src/identifiers/doubt.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';

const japan: IdentifyRules = { identifierType: 'phone', hashed: 'auto', defaultCountry: 'JP', phoneFormats: ['e164'] };

test.each<[string, string, IdentifyRules['country'], 'valid' | 'doubtful' | undefined]>([
  ['a mobile number of the country', '090-1234-5678', undefined, 'valid'],
  ['a landline of the country', '03-1234-5678', undefined, 'valid'],
  ['a full-width number', '０９０－１２３４－５６７８', undefined, 'valid'],
  ['a number without the leading zero', '9012345678', undefined, 'valid'],
  ['a Thai mobile number that is possible in Japan', '081 234 5678', undefined, 'doubtful'],
  ['the same number read in Thailand', '081 234 5678', 'TH', 'valid'],
  ['a number of Japan read in Thailand', '090-1234-5678', 'TH', 'doubtful'],
  ['a number of an unassigned range', '090-0000-0001', undefined, 'doubtful'],
  ['a number with "+"', '+81 90 1234 5678', undefined, undefined],
  ['a number with "+" that is not valid', '+81 90 0000 0001', undefined, undefined],
  ['a number with "00"', '0081 90 1234 5678', undefined, undefined],
  ['a number that begins with the calling code', '819012345678', undefined, undefined],
  ['a number of an unknown country', '090-1234-5678', null, undefined],
  ['a number that is too short', '0901', undefined, undefined],
  ['no number', 'none', undefined, undefined],
  ['nothing', ' ', undefined, undefined],
  ['a hash', '3d06a39d40790f11761295e053029378ae28c4b4f6f301693005e079f3d4ca64', undefined, undefined],
  ['two lines', '090-1234\r5678', undefined, undefined],
])('%s: %s, read in %s, is %s', (_, value, country, validity) => {
  expect(createReadNational({ ...japan, country })(value)).toBe(validity);
});

test('no value is judged where none has a country', () => {
  const read = createReadNational({ ...japan, defaultCountry: undefined });
  expect(['090-1234-5678', '+819012345678'].map(read)).toEqual([undefined, undefined]);
});

test('a number of another country is not accepted where only the national form is sent', () => {
  const rules: IdentifyRules = { ...japan, phoneFormats: ['national'] };
  expect(createReadNational({ ...rules, country: 'TH' })('081 234 5678')).toBeUndefined();
  expect(createReadNational({ ...rules, country: 'JP' })('090-1234-5678')).toBe('valid');
});

test.each(['JP', 'TH', 'TW', 'ID', 'KR', 'DE', 'BR', 'US', 'GB', 'RU'])(
  'numbers of %s are judged as libphonenumber judges them',
  (country) => {
    const read = createReadNational({ ...japan, country });
    const digits = fc.stringMatching(/^0?[1-9][0-9]{6,11}$/);
    const seen = new Set<string | undefined>();
    fc.assert(
      fc.property(digits, (value) => {
        const number = parsePhoneNumberFromString(value, { defaultCountry: country as CountryCode, extract: false });
        const validity = read(value);
        seen.add(validity);
        if (validity !== undefined) expect(validity).toBe(number?.isValid() ? 'valid' : 'doubtful');
      }),
      { numRuns: 1_000 },
    );
    expect(seen).toContain('doubtful');
    expect(seen).toContain('valid');
  },
);
