import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCountry } from '../../src/identifiers/country.ts';
import { createIdentify } from '../../src/identifiers/identify.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { identifyChunk } from '../../src/members/identifyChunk.ts';
import { divideByCountry, readRowCountries } from '../../src/members/rowCountries.ts';
import { linesOf, listColumn } from '../setup/memberSetup.ts';

const phone: IdentifyRules = {
  identifierType: 'phone',
  hashed: 'auto',
  defaultCountry: 'JP',
  phoneFormats: ['e164', 'e164-digits', 'national'],
};

/** The country of each row. */
function countriesOf(cells: readonly string[], defaultCountry?: string) {
  const { countries, positions } = readRowCountries(linesOf(cells), defaultCountry);
  return Array.from(positions, (position) => countries[position]);
}

describe('the countries of rows', () => {
  test('countries are read cell by cell, each country once however it is written', () => {
    const cells = ['JP', 'th', 'JPN', '', 'ＴＷ', ' jp ', 'Japan', '日本', 'UK', 'TH', '\u3000'];
    const wanted = ['JP', 'TH', 'JP', 'ID', 'TW', 'JP', null, null, null, 'TH', 'ID'];
    expect(countriesOf(cells, 'ID')).toEqual(wanted);
    expect(readRowCountries(linesOf(cells), 'ID').countries).toEqual(['JP', 'TH', 'ID', 'TW', null]);
  });

  test('countries are undefined for blank cells without a default country', () => {
    expect(countriesOf(['', 'JP', ' '])).toEqual([undefined, 'JP', undefined]);
  });

  test('countries of cells that differ by a NUL are told apart', () => {
    expect(countriesOf(['JP', '\0JP', 'JP\0', '\0\0\0', '\0', 'JP'])).toEqual(['JP', null, null, null, null, 'JP']);
  });
});

test('a column is divided into the lines of each country, which keep their rows', () => {
  const countries = readRowCountries(linesOf(['JP', 'TH', 'JP', 'XX']), undefined);
  const column = { lines: linesOf(['1', '22', '', '4444']) };
  const divided = divideByCountry(column, countries).map(({ country, lines, rowIndex }) => [
    country,
    Buffer.from(lines).toString(),
    Array.from(rowIndex!),
  ]);
  expect(divided).toEqual([
    ['JP', '1\n\n', [0, 2]],
    ['TH', '22\n', [1]],
    [null, '4444\n', [3]],
  ]);
});

test('elements of lists have the country of their row', () => {
  const countries = readRowCountries(linesOf(['JP', 'TH', 'JP']), undefined);
  const divided = divideByCountry(listColumn([['1', '2'], ['3'], ['4', '', '5']]), countries);
  expect(divided.map(({ lines, rowIndex }) => [Buffer.from(lines).toString(), Array.from(rowIndex!)])).toEqual([
    ['1\n2\n4\n\n5\n', [0, 0, 2, 2, 2]],
    ['3\n', [1]],
  ]);
});

const number = fc.constantFrom(
  ...['', ' ', '090-1234-5678', '0812345678', '081 234 5678', '0912345678', '+81 90 1234 5678', '0081 90 1234 5678'],
  ...[
    '62215551234',
    '021 555 1234',
    '212 555 0100',
    '+1 212 555 0100',
    '12',
    '０９０１２３４５６７８',
    'x',
    '1'.repeat(30),
  ],
  ...['3d06a39d40790f11761295e053029378ae28c4b4f6f301693005e079f3d4ca64', '0812345678\r9'],
);
const country = fc.constantFrom('', 'JP', 'TH', 'tha', 'TW', 'ID', 'US', 'usa', 'GB', 'ＪＰ', 'UK', 'Japan', ' ');
const rowsOfLists = fc.array(fc.tuple(country, fc.array(number, { minLength: 1, maxLength: 3 })), { maxLength: 60 });

interface Expected {
  records: string[];
  rejects: Record<string, number>;
  listed: string[];
  empty: number;
}

/** What the reference makes of each value under the country of its row. */
function expectedOf(rows: readonly [string, string[]][], rules: IdentifyRules): Expected {
  const expected: Expected = { records: [], rejects: {}, listed: [], empty: 0 };
  rows.forEach(([cell, values], row) => {
    const { identify, recordBytes } = createIdentify({ ...rules, country: readCountry(cell) });
    for (const value of values) {
      const record = Buffer.alloc(recordBytes);
      const outcome = identify(value, record, 0);
      if (outcome === 'member') expected.records.push(record.toString('hex'));
      else if (outcome === 'empty') expected.empty++;
      else {
        expected.rejects[outcome] = (expected.rejects[outcome] ?? 0) + 1;
        expected.listed.push(`${row} ${outcome}`);
      }
    }
  });
  return expected;
}

test.each<[string, IdentifyRules]>([
  ['with a default country', phone],
  ['without a default country', { ...phone, defaultCountry: undefined }],
  ['with one form', { ...phone, phoneFormats: ['e164-digits'] }],
  ['with hashes alone', { ...phone, hashed: 'always' }],
])('a chunk gives what its values give one by one in the country of their row, %s', (_, rules) => {
  const { recordBytes } = createIdentify(rules);
  fc.assert(
    fc.property(rowsOfLists, (rows) => {
      const chunk = {
        columns: [listColumn(rows.map(([, values]) => values))],
        country: linesOf(rows.map(([cell]) => cell)),
        key: linesOf(rows.map((_row, row) => `K${row}`)),
      };
      const { records, ...found } = identifyChunk(chunk, rules, { listsAll: true });
      const hex = Buffer.from(records).toString('hex');
      const expected = expectedOf(rows, rules);
      expect(hex.match(new RegExp(`.{${2 * recordBytes}}`, 'g')) ?? []).toHaveLength(expected.records.length);
      expect((hex.match(new RegExp(`.{${2 * recordBytes}}`, 'g')) ?? []).sort()).toEqual(expected.records.sort());
      const values = rows.flatMap(([, elements]) => elements).length - expected.empty;
      expect(found).toMatchObject({ rows: rows.length, values, empty: expected.empty, rejects: expected.rejects });
      expect(found.listed.map(({ row, code }) => `${row} ${code}`).sort()).toEqual(expected.listed.sort());
      expect(found.listed.map(({ row }) => row)).toEqual(found.listed.map(({ row }) => row).sort((a, b) => a - b));
      expect(found.listed.every(({ row, key }) => key === `K${row}`)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('several columns of phones are read by the country of the row', () => {
  const chunk = {
    columns: [{ lines: linesOf(['0901234567x', '081 234 5678']) }, { lines: linesOf(['09012345678', '']) }],
    country: linesOf(['JP', 'TH']),
  };
  expect(identifyChunk(chunk, phone)).toMatchObject({
    ...{ rows: 2, values: 3, empty: 1, rejects: { 'phone.not_a_number': 1 } },
    listed: [{ code: 'phone.not_a_number', row: 0, column: 0 }],
  });
});

test('a chunk of many rows and countries is divided without losing one', () => {
  const rows = 70_000;
  const cells = Array.from({ length: rows }, (_, row) => ['JP', 'TH', 'TW', 'ID', '', 'US', 'XX'][row % 7]!);
  const values = cells.map((_, row) => `0${81_000_000 + row}`);
  const chunk = { columns: [{ lines: linesOf(values) }], country: linesOf(cells) };
  const { records, ...found } = identifyChunk(chunk, phone);
  const rejected = Object.values(found.rejects).reduce((sum, count) => sum + count, 0);
  expect(found).toMatchObject({ rows, values: rows, empty: 0 });
  expect(records.length / (3 * 32) + rejected).toBe(rows);
  expect(found.rejects['phone.unknown_country']).toBe(rows / 7);
});
