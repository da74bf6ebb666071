import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialledDigits } from '../../src/identifiers/dialledDigits.ts';
import { normalisePhone, phoneForms } from '../../src/identifiers/phone.ts';
import { formsInOrder } from '../../src/identifiers/phoneFormats.ts';
import { normaliseValue } from '../../src/identifiers/value.ts';

function e164Of(raw: string, defaultCountry?: string): string {
  const phone = normalisePhone(normaliseValue(raw), { defaultCountry });
  return 'e164' in phone ? phone.e164 : phone.reject;
}

function nationalOf(value: string, defaultCountry?: string): string | undefined {
  const phone = normalisePhone(value, { defaultCountry });
  return 'e164' in phone ? phone.national : phone.reject;
}

test('the vector of the doc comment', () => {
  expect(normalisePhone('090-1234-5678', { defaultCountry: 'JP' })).toEqual({
    e164: '+819012345678',
    national: '09012345678',
  });
  expect(hash('sha256', '+819012345678', 'hex')).toBe(
    '3d06a39d40790f11761295e053029378ae28c4b4f6f301693005e079f3d4ca64',
  );
});

describe('one number however it is written', () => {
  test.each([
    '+819012345678',
    '+81 90 1234 5678',
    '+81-90-1234-5678',
    '+81 (0)90-1234-5678',
    '+81(0)90-1234-5678',
    '+81 ( 0 ) 90 1234 5678',
    '+81 (0) 090 1234 5678',
    '+81 090 1234 5678',
    '0081 90 1234 5678',
    '00 81 (0)90 1234 5678',
    '00-81-90-1234-5678',
    '(+81) 90-1234-5678',
    '＋８１　９０　１２３４　５６７８',
    '++81 90 1234 5678',
    '+81 90+1234+5678',
    '090-1234-5678',
    '09012345678',
    '9012345678',
    '(090) 1234-5678',
    '(0)90-1234-5678',
    '090.1234.5678',
    '090/1234/5678',
    '090ー1234ー5678',
    '090ｰ1234ｰ5678',
    '090‐1234‑5678',
    '090–1234—5678',
    '090−1234―5678',
    '090〜1234～5678',
    '090 1234 5678;',
    '#090 1234 5678',
    "'09012345678",
    '☎090_1234_5678',
    '\u202a090\u20111234\u20115678\u202c',
    '٠٩٠١٢٣٤٥٦٧٨',
    '010 81 90 1234 5678',
  ])('%s', (raw) => {
    expect(e164Of(raw, 'JP')).toBe('+819012345678');
  });

  test('digits of every script count', () => {
    expect(e164Of('๐๘๑-๒๓๔-๕๖๗๘', 'TH')).toBe('+66812345678');
    for (let code = 0; code < 0x1fc00; code += 1) {
      const digit = String.fromCodePoint(code).normalize('NFKC');
      if (/^\p{Nd}$/u.test(digit)) expect(dialledDigits(`1${digit}`)).toMatch(/^1\d$/);
    }
  });

  test('the ten digits of each script count from 0 to 9', () => {
    for (const script of ['٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '๐๑๒๓๔๕๖๗๘๙', '០១២៣៤៥៦៧៨៩', '၀၁၂၃၄၅၆၇၈၉'])
      expect(dialledDigits(`1${script}`)).toBe('10123456789');
  });
});

describe('a number that a program printed with a fraction of zeros is that integer', () => {
  test.each([
    ['819012345678.0', 'JP', '+819012345678'],
    ['9012345678.0', 'JP', '+819012345678'],
    ['9012345678.00', 'JP', '+819012345678'],
    ['9012345678.0000000000', 'JP', '+819012345678'],
    ['09012345678.0', 'JP', '+819012345678'],
    ['+819012345678.0', undefined, '+819012345678'],
    ['0081 90 1234 5678', 'JP', '+819012345678'],
    ['００８１９０１２３４５６７８．０', 'JP', '+819012345678'],
    ['66812345678.0', 'TH', '+66812345678'],
    ['๖๖๘๑๒๓๔๕๖๗๘.๐', 'TH', '+66812345678'],
    ['912345678.0', 'TW', '+886912345678'],
    ['81234567890.0', 'ID', '+6281234567890'],
  ])('%s in %s is %s', (raw, country, e164) => {
    expect(e164Of(raw, country)).toBe(e164);
  });
});

describe('a number that is no natural one is not a telephone number', () => {
  test.each([
    '-819012345678',
    '-819012345678.0',
    '-09012345678',
    '\u2212819012345678',
    '－８１９０１２３４５６７８',
    '8190123456.5',
    '819012345678.50',
    '819012345678.05',
    '+819012345678.5',
    '09012345678.5',
    '9.012345678',
    '90123456.78',
    '0.5',
    '8.19012345678e11',
    '8.19E+11',
    '819012345678e0',
    '1e400',
    'inf',
    '-inf',
    'Infinity',
    'nan',
    'NaN',
    '<NA>',
    '0x1F',
  ])('%s', (raw) => {
    expect(e164Of(raw, 'JP')).toBe('phone.not_a_number');
    expect(e164Of(raw)).toBe('phone.not_a_number');
  });
});

describe('a dot or a dash in any other place separates', () => {
  test.each([
    ['090.1234.5678', 'JP', '+819012345678'],
    ['090.12345678', 'JP', '+819012345678'],
    ['90.1234.5678', 'JP', '+819012345678'],
    ['+81.9012345678', undefined, '+819012345678'],
    ['9012345678.', 'JP', '+819012345678'],
    ['.9012345678', 'JP', '+819012345678'],
    ['- 090-1234-5678', 'JP', '+819012345678'],
    ['-090-1234-5678', 'JP', '+819012345678'],
    ['090-1234.5678', 'JP', '+819012345678'],
    ['090.1234.0000', 'JP', '+819012340000'],
  ])('%s in %s is %s', (raw, country, e164) => {
    expect(e164Of(raw, country)).toBe(e164);
  });
});

describe('letters and extensions', () => {
  test.each([
    '03-1234-5678 ext. 12',
    '03-1234-5678x12',
    '03-1234-5678 内線12',
    '03-1234-5678#12',
    '03-1234-5678;12',
    '03-1234-5678,,12',
    'tel:+81312345678',
    '℡03-1234-5678',
    '1-800-FLOWERS',
    '090-1234-567O',
    'abc',
    '不明',
    '090-1234-5678 (home)',
  ])('%s is not a number', (raw) => {
    expect(e164Of(raw, 'JP')).toBe('phone.not_a_number');
    expect(e164Of(raw)).toBe('phone.not_a_number');
  });
});

describe('each reject code, and which wins', () => {
  test.each([
    ['phone.not_a_number', '---', 'JP'],
    ['phone.not_a_number', '+', undefined],
    ['phone.not_a_number', '+ - ()', 'JP'],
    ['phone.not_a_number', 'x', undefined],
    ['phone.no_country', '09012345678', undefined],
    ['phone.no_country', '1', undefined],
    ['phone.no_country', '---', undefined],
    ['phone.too_short', '110', 'JP'],
    ['phone.too_short', '1', 'JP'],
    ['phone.too_short', '+81', undefined],
    ['phone.too_short', '+1 234', undefined],
    ['phone.too_long', '+1 650 555 12123', undefined],
    ['phone.too_long', `+81${'9'.repeat(18)}`, undefined],
    ['phone.too_long', `+81${'9'.repeat(1_000)}`, 'JP'],
    ['phone.not_possible', '+66 81 2345 678901', undefined],
    ['phone.not_possible', '081234567890', 'TH'],
    ['phone.bad_country', '+999 123 456 789', 'JP'],
    ['phone.bad_country', '+0 90 1234 5678', 'JP'],
    ['phone.bad_country', '+0081 90 1234 5678', 'JP'],
    ['phone.bad_country', '00000000000', 'JP'],
  ])('%s: %s', (code, raw, country) => {
    expect(e164Of(raw, country)).toBe(code);
  });
});

describe('possible, not valid', () => {
  test.each([
    ['+818000001234', undefined, '+818000001234'],
    ['090-0123-4567', 'JP', '+819001234567'],
    ['0120-123-456', 'JP', '+81120123456'],
    ['+800 1234 5678', undefined, '+80012345678'],
    ['12345678', 'JP', '+8112345678'],
  ])('%s is taken', (raw, country, e164) => {
    expect(e164Of(raw, country)).toBe(e164);
  });
});

describe('leading zeros and country codes', () => {
  test.each([
    ['an Italian zero belongs to the number', '+39 02 3661 8300', undefined, '+390236618300'],
    ['an Italian zero belongs to the number at home too', '02 3661 8300', 'IT', '+390236618300'],
    ['a (0) after a country code goes in any country', '+39 (0)2 3661 8300', undefined, '+39236618300'],
    ['a (0) after more than a country code stays', '+44 20 (0)1234567', undefined, '+442001234567'],
    ['00 is + before what the country itself dials abroad', '001(706)-767-5127', 'TH', '+17067675127'],
    ['a shared code stands for all of its countries', '+1 876 555 1234', 'US', '+18765551234'],
  ])('%s', (_, raw, country, e164) => {
    expect(e164Of(raw, country)).toBe(e164);
  });
});

describe('the national form', () => {
  test.each([
    ['JP', '+819012345678', '09012345678'],
    ['TH', '+66812345678', '0812345678'],
    ['TW', '+886912345678', '0912345678'],
    ['ID', '+6281234567890', '081234567890'],
    ['JP', '9012345678', '09012345678'],
  ])('in %s, %s has %s', (country, value, national) => {
    expect(nationalOf(value, country)).toBe(national);
  });

  test.each([
    ['TH', '+886912345678'],
    ['TW', '+66912345678'],
    ['JP', '+66812345678'],
    [undefined, '+819012345678'],
    ['US', '+16505551212'],
    ['GB', '07900123456'],
    ['KR', '010-1234-5678'],
  ])('with defaultCountry %s, %s has none', (country, value) => {
    expect(nationalOf(value, country)).toBeUndefined();
  });
});

describe('a reading country other than defaultCountry', () => {
  test.each([
    ['081 234 5678', 'TH', 'JP', '+66812345678', undefined],
    ['+81 90 1234 5678', 'TH', 'JP', '+819012345678', '09012345678'],
    ['912345678', 'TW', 'TH', '+886912345678', undefined],
    ['07900 123456', 'GB', 'JP', '+447900123456', undefined],
    ['090-1234-5678', 'JP', 'JP', '+819012345678', '09012345678'],
    ['090-1234-5678', 'JP', undefined, '+819012345678', undefined],
  ])(
    '%s read in %s with defaultCountry %s is %s, national form %s',
    (value, country, defaultCountry, e164, national) => {
      expect(normalisePhone(value, { country, defaultCountry })).toEqual({ e164, national });
    },
  );

  test('a country that libphonenumber has no plan for rejects numbers without a calling code and no others', () => {
    const rules = { country: 'AQ', defaultCountry: 'JP' };
    expect(normalisePhone('090-1234-5678', rules)).toEqual({ reject: 'phone.bad_country' });
    expect(normalisePhone('819012345678', rules)).toEqual({ reject: 'phone.bad_country' });
    expect(normalisePhone('+81 90 1234 5678', rules)).toEqual({ e164: '+819012345678', national: '09012345678' });
  });

  test('an unknown reading country rejects numbers without a calling code and no others', () => {
    const rules = { country: null, defaultCountry: 'JP' };
    expect(normalisePhone('090-1234-5678', rules)).toEqual({ reject: 'phone.unknown_country' });
    expect(normalisePhone('819012345678', rules)).toEqual({ reject: 'phone.unknown_country' });
    expect(normalisePhone('+81 90 1234 5678', rules)).toEqual({ e164: '+819012345678', national: '09012345678' });
    expect(normalisePhone('0066 81 234 5678', rules)).toEqual({ e164: '+66812345678', national: undefined });
    expect(normalisePhone('x', rules)).toEqual({ reject: 'phone.not_a_number' });
  });
});

test('forms come once each in the order of the slots, however they are configured', () => {
  expect(formsInOrder(['national', 'e164', 'national', 'e164-digits'])).toEqual(['e164', 'e164-digits', 'national']);
  expect(formsInOrder(['national'])).toEqual(['national']);
});

test('the forms of a number', () => {
  const phone = { e164: '+819012345678', national: '09012345678' };
  expect(phoneForms(phone, ['e164', 'e164-digits', 'national'])).toEqual([
    '+819012345678',
    '819012345678',
    '09012345678',
  ]);
  expect(phoneForms({ ...phone, national: undefined }, ['e164-digits', 'national'])).toEqual([
    '819012345678',
    undefined,
  ]);
});

// A zero straight after the country code is left out: libphonenumber takes off one such zero at a time.
test('normalising twice is normalising once', () => {
  const country = fc.constantFrom('JP', 'TH', 'TW', 'ID', 'US', 'IT');
  const value = fc.stringMatching(/^(\+(81|66|886|62|1|44)[1-9]|0[1-9]|[1-9])[0-9 -]{4,14}$/);
  fc.assert(
    fc.property(value, country, (raw, defaultCountry) => {
      const once = normalisePhone(normaliseValue(raw), { defaultCountry });
      if ('e164' in once) expect(normalisePhone(once.e164, { defaultCountry })).toEqual(once);
    }),
    { numRuns: 1_000 },
  );
});
