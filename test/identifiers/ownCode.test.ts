import fc from 'fast-check';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, test } from 'vitest';
import { countryNumbers, libphonenumber } from '../../src/identifiers/libphonenumber.ts';
import { beginsWithOwnCode, startsWithOwnCode } from '../../src/identifiers/ownCode.ts';
import { normalisePhone } from '../../src/identifiers/phone.ts';
import { normalisePhoneFast } from '../../src/identifiers/phoneFast.ts';
import { nationalFormCountries } from '../../src/identifiers/phoneFormats.ts';

const countries: readonly CountryCode[] = libphonenumber().getCountries();

function e164Of(digits: string, defaultCountry: string): string {
  const phone = normalisePhone(digits, { defaultCountry });
  return 'e164' in phone ? phone.e164 : phone.reject;
}

describe('digits that begin with the calling code are read with it', () => {
  test.each([
    ['JP', '819012345678', '+819012345678', '09012345678'],
    ['JP', '81312345678', '+81312345678', '0312345678'],
    ['TH', '66812345678', '+66812345678', '0812345678'],
    ['TH', '6621234567', '+6621234567', '021234567'],
    ['TW', '886912345678', '+886912345678', '0912345678'],
    ['TW', '886-2-2345-6789', '+886223456789', '0223456789'],
    ['ID', '6281234567890', '+6281234567890', '081234567890'],
    ['ID', '62(0)812345678', '+62812345678', '0812345678'],
    ['ID', '62812345678', '+62812345678', '0812345678'],
    ['ID', '62215551234', '+62215551234', '0215551234'],
    ['ID', '62 21 555 1234', '+62215551234', '0215551234'],
    ['ID', '62215551234.0', '+62215551234', '0215551234'],
    ['KR', '821012345678', '+821012345678', undefined],
    ['MY', '60123456789', '+60123456789', undefined],
    ['DE', '4915123456789', '+4915123456789', undefined],
  ])('in %s, %s without + is %s', (country, digits, e164, national) => {
    expect(normalisePhone(digits, { defaultCountry: country })).toEqual({ e164, national });
  });
});

describe('the national reading counts where it alone is valid, or alone possible', () => {
  test.each([
    ['a mobile number of Thailand without its zero', 'TH', '661234567', '+66661234567'],
    ['a landline of Medan without its zero', 'ID', '622012345', '+62622012345'],
    ['a landline of Kaohsiung without its zero', 'TW', '88612345', '+88688612345'],
    ['eight digits of Japan, of which six are behind the code', 'JP', '81234567', '+8181234567'],
  ])('%s: in %s, %s is %s', (_, country, digits, e164) => {
    expect(e164Of(digits, country)).toBe(e164);
  });
});

test('digits of which neither reading is possible are rejected as a number with the code', () => {
  expect(e164Of('8112345', 'JP')).toBe('phone.too_short');
  expect(e164Of('66123', 'TH')).toBe('phone.too_short');
});

describe('nothing else is changed', () => {
  test.each([
    ['a leading zero', 'ID', '062215551234', '+6262215551234'],
    ['a leading zero', 'JP', '0819012345678', '+81819012345678'],
    ['the code of another country', 'JP', '66812345678', '+8166812345678'],
    ['a country without a national prefix', 'IT', '3912345678', '+393912345678'],
    ['a country with the national prefix 1', 'US', '14155552671', '+14155552671'],
    ['a country with the national prefix 8', 'RU', '79123456789', '+79123456789'],
  ])('%s: in %s, %s is %s', (_, country, digits, e164) => {
    expect(e164Of(digits, country)).toBe(e164);
  });

  test('where the national prefix is not 0, no number has precedence by its calling code', () => {
    for (const country of countries)
      if (countryNumbers(country).nationalPrefix() !== '0')
        expect(beginsWithOwnCode(`${countryNumbers(country).callingCode()}123456789`, country)).toBe(false);
  });
});

/** The rule once more, with the national reading parsed behind the code. */
function readByHand(digits: string, country: CountryCode): string | undefined {
  const international = parsePhoneNumberFromString(`+${digits}`);
  const national = parsePhoneNumberFromString(`+${countryNumbers(country).callingCode()}${digits}`);
  if (!international?.isPossible()) return national?.isPossible() ? national.number : undefined;
  return national?.isValid() && !international.isValid() ? national.number : international.number;
}

test('agrees with the rule spelled out, whatever follows the calling code', () => {
  const country = fc.constantFrom<CountryCode>(
    'JP',
    'TH',
    'TW',
    'ID',
    'ID',
    'ID',
    'KR',
    'VN',
    'MY',
    'PH',
    'IN',
    'AU',
    'FR',
  );
  fc.assert(
    fc.property(country, fc.stringMatching(/^[1-9]\d{3,12}$/), (reading, subscriber) => {
      const digits = countryNumbers(reading).callingCode() + subscriber;
      const phone = normalisePhone(digits, { defaultCountry: reading });
      expect({ digits, reading, e164: 'e164' in phone ? phone.e164 : undefined }).toEqual({
        digits,
        reading,
        e164: readByHand(digits, reading),
      });
    }),
    { numRuns: 3_000 },
  );
});

/** Digits that differ from call to call but not from run to run. */
function createDigits(): (count: number) => string {
  let state = 1;
  return (count) =>
    Array.from({ length: count }, () => {
      state = (state * 48271) % 2147483647;
      return state % 10;
    }).join('');
}

/** Valid national numbers of a type, of each of its lengths alike. */
function generateNumbers(country: string, type: string, count: number): string[] {
  const found = countryNumbers(country).type(type);
  const nextDigits = createDigits();
  const isValid = new RegExp(`^(?:${found?.pattern()})$`);
  const numbers: string[] = [];
  for (const length of found?.possibleLengths() ?? []) {
    const before = numbers.length;
    while (numbers.length < before + count) {
      const number = nextDigits(length);
      if (!number.startsWith('0') && isValid.test(number)) numbers.push(number);
    }
  }
  return numbers;
}

describe('how often the two readings of valid numbers compete', () => {
  const types = ['MOBILE', 'FIXED_LINE'];

  function hasValidNationalReading(country: string, number: string): boolean {
    const code = countryNumbers(country).callingCode();
    return parsePhoneNumberFromString(`0${code}${number}`, country as CountryCode)?.isValid() ?? false;
  }

  test.each(['JP', 'TH', 'TW'])('in %s no number with its calling code is also a valid national number', (country) => {
    const numbers = types.flatMap((type) => generateNumbers(country, type, 200));
    expect(numbers.length).toBeGreaterThan(300);
    expect(numbers.filter((number) => hasValidNationalReading(country, number))).toEqual([]);
  });

  test('in Indonesia exactly the numbers of up to nine digits are, and they are read with the code', () => {
    const numbers = types.flatMap((type) => generateNumbers('ID', type, 100));
    for (const number of numbers) {
      expect({ number, competes: hasValidNationalReading('ID', number) }).toEqual({
        number,
        competes: number.length <= 9,
      });
      expect(e164Of(`62${number}`, 'ID')).toBe(`+62${number}`);
    }
  });
});

describe('the starts whose reading is certain', () => {
  test('are read with the code by the reference, in every country', () => {
    const nextDigits = createDigits();
    const wrong: string[] = [];
    for (const country of countries) {
      const step = nationalFormCountries.includes(country) ? 1 : 17;
      const starts = [...startsWithOwnCode(country, [...'123456789'])].filter((_, index) => index % step === 0);
      for (const [start, lengths] of starts)
        for (const length of lengths) {
          const digits = start + nextDigits(length - start.length);
          // Parsing changes some numbers of these countries; the caller leaves out their first digits.
          const isChanged = parsePhoneNumberFromString(`+${digits}`)?.number !== `+${digits}`;
          if (!isChanged && e164Of(digits, country) !== `+${digits}`) wrong.push(`${country} ${digits}`);
        }
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ['JP', '819012345678'],
    ['JP', '81312345678'],
    ['TH', '66812345678'],
    ['TH', '66-2-123-4567'],
    ['TW', '886912345678'],
    ['TW', '88672345678'],
    ['ID', '6281234567890'],
    ['ID', '62812345678'],
    ['ID', '62215551234'],
  ])('are the usual ones: in %s, %s is read without libphonenumber', (country, digits) => {
    expect(normalisePhoneFast(digits, { defaultCountry: country })?.e164).toBe(`+${digits.replaceAll('-', '')}`);
  });

  test('do not hold a start that completes to a valid national number only', () => {
    const starts = startsWithOwnCode('ID', [...'123456789']);
    expect(starts.get('6220')).not.toContain(9);
    expect(starts.get('6221')).toContain(11);
    expect(normalisePhoneFast('622012345', { defaultCountry: 'ID' })).toBeUndefined();
  });
});
