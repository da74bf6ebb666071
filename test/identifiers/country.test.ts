import { getCountries } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { readCountry } from '../../src/identifiers/country.ts';

test.each([
  ['JP', 'JP'],
  ['jp', 'JP'],
  ['Tw', 'TW'],
  ['JPN', 'JP'],
  ['tha', 'TH'],
  ['Idn', 'ID'],
  ['TWN', 'TW'],
  ['GBR', 'GB'],
  ['DEU', 'DE'],
  [' JP\u3000', 'JP'],
  ['JP\r', 'JP'],
  ['ＪＰ', 'JP'],
  ['ｊｐｎ', 'JP'],
])('%j is %s', (cell, country) => {
  expect(readCountry(cell)).toBe(country);
});

test.each(['', ' ', '\t', '\u3000', '\u200b'])('%j is blank', (cell) => {
  expect(readCountry(cell)).toBeUndefined();
});

test.each([
  ['a name', 'Japan'],
  ['a name in Japanese', '日本'],
  ['a calling code', '81'],
  ['a numeric code', '392'],
  ['a code of a region', 'JP-13'],
  ['a code that ISO 3166 has not given out', 'ZZ'],
  ['the code of the United Kingdom outside ISO 3166', 'UK'],
  ['the code of Greece outside ISO 3166', 'EL'],
  ['an unknown code of three letters', 'JAP'],
  ['a code of a place without telephone numbers', 'AQ'],
  ['the same in three letters', 'ATA'],
  ['one letter', 'J'],
  ['a letter that becomes two in upper case', 'ß'],
  ['a dotless letter', 'ıd'],
  ['a property of every object', 'constructor'],
  ['two codes', 'JP TH'],
  ['a code with NUL before it', '\0JP'],
])('%s is unknown: %s', (_, cell) => {
  expect(readCountry(cell)).toBeNull();
});

test('every country that a default country may be is known by its own code', () => {
  expect(getCountries().map((country) => readCountry(country.toLowerCase()))).toEqual(getCountries());
});

test('the codes of three letters lead to the countries that carry these names', () => {
  const names = new Intl.DisplayNames('en', { type: 'region' });
  const known: [string, string][] = [
    ['AUS', 'Australia'],
    ['AUT', 'Austria'],
    ['CHE', 'Switzerland'],
    ['CHN', 'China'],
    ['COD', 'Congo - Kinshasa'],
    ['COG', 'Congo - Brazzaville'],
    ['DNK', 'Denmark'],
    ['HKG', 'Hong Kong SAR China'],
    ['KHM', 'Cambodia'],
    ['KOR', 'South Korea'],
    ['MAC', 'Macao SAR China'],
    ['MMR', 'Myanmar (Burma)'],
    ['MYS', 'Malaysia'],
    ['NLD', 'Netherlands'],
    ['PHL', 'Philippines'],
    ['PRK', 'North Korea'],
    ['SGP', 'Singapore'],
    ['SVK', 'Slovakia'],
    ['SVN', 'Slovenia'],
    ['USA', 'United States'],
    ['VNM', 'Vietnam'],
  ];
  expect(known.map(([code]) => [code, names.of(readCountry(code)!)])).toEqual(known);
});
