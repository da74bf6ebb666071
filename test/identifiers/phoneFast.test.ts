import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalisePhone, type PhoneRules } from '../../src/identifiers/phone.ts';
import { normalisePhoneFast } from '../../src/identifiers/phoneFast.ts';

const countries = ['JP', 'TH', 'TW', 'ID', 'US', undefined];
/** Each default country, alone and with each reading country, the unknown one included. */
const anyRules = fc.record({
  defaultCountry: fc.constantFrom(...countries),
  country: fc.constantFrom(...countries, ...countries.map(() => undefined), null),
});

function expectAgreement(value: string, rules: PhoneRules) {
  const fast = normalisePhoneFast(value, rules);
  if (fast !== undefined)
    expect({ value, ...rules, ...fast }).toEqual({ value, ...rules, ...normalisePhone(value, rules) });
  return fast !== undefined;
}

describe('never disagrees with the reference function', () => {
  test('on any prefix, regular or not, with digits of every length', () => {
    const prefix = fc.constantFrom(
      ...['', '0', '00', '000', '+', '+0', '++', '81', '66', '886', '62', '+1', '+44', '+39', '+8', '+6', '+88'],
      ...['+81', '+66', '+886', '+62', '+810', '+660', '+8860', '+620', '0081', '0066', '+81 (0)', '+62(0)'],
      ...['010', '019', '016', '017', '008', '009', '001', '002', '0120', '0800', '090', '08', '09', '02', '+81-', ' '],
    );
    const rest = fc.oneof(fc.stringMatching(/^\d{0,20}$/), fc.stringMatching(/^[\d -]{0,20}$/));
    let decided = 0;
    fc.assert(
      fc.property(prefix, rest, anyRules, (start, end, rules) => {
        if (expectAgreement(start + end, rules)) decided += 1;
      }),
      { numRuns: 6_000 },
    );
    expect(decided).toBeGreaterThan(100);
  });

  test('on regular numbers with one character changed, put in or left out', () => {
    const shapes = fc.constantFrom(
      '09012345678',
      '0812345678',
      '0912-345-678',
      '081234567890',
      '+81 90-1234-5678',
      '+66812345678',
      '+886912345678',
      '+6281234567890',
    );
    const stray = fc.constantFrom(...'0123456789+-() .x#,;ー０'.split(''), '');
    fc.assert(
      fc.property(shapes, fc.nat(16), fc.nat(1), stray, anyRules, (shape, at, cut, put, rules) => {
        expectAgreement(shape.slice(0, at) + put + shape.slice(at + cut), rules);
      }),
      { numRuns: 3_000 },
    );
  });

  test('on every first three digits and every length, in each of its countries', () => {
    for (const country of ['JP', 'TH', 'TW', 'ID'])
      for (let start = 0; start < 100; start += 1)
        for (const length of [5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 18])
          expectAgreement(`0${String(start).padStart(2, '0')}`.padEnd(length + 1, '5'), { defaultCountry: country });
  });
});

test('agrees with the reference on every start with the calling code and no "+", at every length', () => {
  for (const [country, code] of Object.entries({ JP: '81', TH: '66', TW: '886', ID: '62' })) {
    let decided = 0;
    for (let start = 10; start < 100; start += 1)
      for (const rest of ['12345678901234', '555555555', '98765432', '0000000', '314159', '27182', '1618'])
        if (expectAgreement(`${code}${start}${rest}`, { defaultCountry: country })) decided += 1;
    expect(decided).toBeGreaterThan(200);
  }
});

test.each([
  ['819012345678', 'JP'],
  ['66 81 234 5678', 'TH'],
  ['886-912-345-678', 'TW'],
  ['62812345678', 'ID'],
  ['090-1234-5678', 'JP'],
  ['03 1234 5678', 'JP'],
  ['081-234-5678', 'TH'],
  ['0912345678', 'TW'],
  ['0812-3456-7890', 'ID'],
  ['+81 90 1234 5678', undefined],
  ['+66812345678', 'JP'],
])('decides the regular number %s itself', (value, country) => {
  expect(normalisePhoneFast(value, { defaultCountry: country })).toBeDefined();
});

test.each([
  ['a number without + or 0', '9012345678', 'JP'],
  ['a national number of another country', '07900123456', 'GB'],
  ['a national number without a country', '09012345678', undefined],
  ['a prefix for calls abroad', '01012025550123', 'JP'],
  ['a length that its country does not have', '0812345678901', 'TH'],
  ['a zero after the country code', '+8109012345678', 'JP'],
])('leaves %s to the reference function', (_, value, country) => {
  expect(normalisePhoneFast(value, { defaultCountry: country })).toBeUndefined();
});
