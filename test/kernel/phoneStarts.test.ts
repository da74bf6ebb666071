import type { CountryCode } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { expect, test } from 'vitest';
import { libphonenumber } from '../../src/identifiers/libphonenumber.ts';
import { normalisePhone } from '../../src/identifiers/phone.ts';
import { nationalFormCountries } from '../../src/identifiers/phoneFormats.ts';
import { phoneStarts } from '../../src/kernel/phoneStarts.ts';

const countries: readonly string[] = libphonenumber().getCountries();

/** Digits that differ from number to number but not from run to run. */
function createDigits(): (count: number) => string {
  let state = 1;
  return (count) => {
    let text = '';
    while (text.length < count) {
      state = (state * 48271) % 2147483647;
      text += String(state % 10);
    }
    return text;
  };
}

const nextDigits = createDigits();

/** For each start and each length that its entry has, numbers of that length; of every `step`th start. */
function* numbersOf(
  entries: Uint32Array,
  step: number,
): Generator<{ number: string; isOwn: boolean; hasCode: boolean }> {
  for (let start = 0; start < entries.length; start += step) {
    const entry = entries[start] ?? 0;
    const digits = String(start).padStart(4, '0');
    for (let length = 4; length < 30; length++)
      if ((entry >>> length) & 1)
        yield {
          number: digits + nextDigits(length - 4),
          isOwn: entry >>> 31 === 1,
          hasCode: ((entry >>> 30) & 1) === 1,
        };
  }
}

/** What the reference makes of the number, where that is not what the entry says. */
function disagreement(value: string, e164: string, isOwn: boolean, defaultCountry: string | undefined) {
  const phone = normalisePhone(value, { defaultCountry });
  const isAsSaid = 'e164' in phone && phone.e164 === e164 && (phone.national !== undefined) === isOwn;
  return isAsSaid ? [] : [{ value, defaultCountry, phone }];
}

function internationalDisagreements(country: string | undefined, step: number) {
  return [...numbersOf(phoneStarts({ defaultCountry: country }).international, step)].flatMap(({ number, isOwn }) =>
    disagreement(`+${number}`, `+${number}`, isOwn, country),
  );
}

function dialledDisagreements(country: string, step: number) {
  const { dialled, readingCode } = phoneStarts({ defaultCountry: country });
  return [...numbersOf(dialled, step)].flatMap(({ number, isOwn, hasCode }) =>
    disagreement(number, hasCode ? `+${number}` : `+${readingCode}${number.replace(/^0/, '')}`, isOwn, country),
  );
}

test('after "+", every start and length is a phone as it stands, whatever the default country', () => {
  expect(internationalDisagreements(undefined, 1)).toEqual([]);
  for (const country of [...nationalFormCountries, 'US', 'GB'])
    expect(internationalDisagreements(country, 13)).toEqual([]);
});

test('without "+", every start and length is a phone behind the code of the default country', () => {
  for (const country of countries)
    expect(dialledDisagreements(country, nationalFormCountries.includes(country) ? 1 : 199)).toEqual([]);
});

test.each([
  ['JP', '819012345678'],
  ['TH', '66812345678'],
  ['TW', '886912345678'],
  ['ID', '62812345678'],
  ['KR', '821012345678'],
  ['VN', '84912345678'],
])('a mobile number of %s that begins with its calling code, without "+", is among the starts', (country, number) => {
  const entry = phoneStarts({ defaultCountry: country }).dialled[Number(number.slice(0, 4))] ?? 0;
  expect({ hasLength: (entry >>> number.length) & 1, hasCode: (entry >>> 30) & 1 }).toEqual({
    hasLength: 1,
    hasCode: 1,
  });
});

test('without a default country no number is read that has no "+"', () => {
  expect(phoneStarts({}).dialled.some((entry) => entry !== 0)).toBe(false);
});

test('of the mobile numbers of all countries, the starts lack those of eight', () => {
  const { international } = phoneStarts({});
  const lacking = countries.filter((country) => {
    const digits = `${libphonenumber().getCountryCallingCode(country as CountryCode)}${examples[country as CountryCode]}`;
    return (((international[Number(digits.slice(0, 4))] ?? 0) >>> digits.length) & 1) === 0;
  });
  expect(lacking).toEqual(['AR', 'BR', 'CN', 'CW', 'FO', 'GA', 'LU', 'SH']);
});
