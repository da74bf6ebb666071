import { expect, test } from 'vitest';
import { doubtWarnings } from '../../src/reading/phoneCountry.ts';

const warningsOf = (sampled: number, doubtful: number) => doubtWarnings({ sampled, doubtful }, 'phone');

test.each([
  [0, 0, false],
  [100, 0, false],
  [100, 5, false],
  [100, 6, true],
  [20, 1, false],
  [19, 1, true],
  [1, 1, true],
  [10_000, 500, false],
  [10_000, 501, true],
])('of %i sampled numbers %i that are not valid give a warning: %s', (sampled, doubtful, isWarned) => {
  expect(warningsOf(sampled, doubtful).map(({ code }) => code)).toEqual(isWarned ? ['phone_country_doubtful'] : []);
});

test('the warning tells the numbers, the share and the setting', () => {
  expect(warningsOf(3, 1)[0]?.message).toBe(
    "1 of 3 sampled phone numbers without a country code in phone (33.3 %) are not valid in their assumed country. They may be numbers of another country. Set countryColumn to the column that holds each row's country, or correct defaultCountry.",
  );
});
