import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { SourceConfig } from '../../src/sources/config.ts';
import { openQuery } from '../../src/sources/duckdb/duckdb.ts';
import { keepStdin, openStdin } from '../../src/sources/files/stdin.ts';
import type { Source, WantedColumns } from '../../src/sources/source.ts';
import { openWith, readAll, syncErrorOf, useSources } from './sourceSetup.ts';

const sources = useSources();
const wanted = { names: ['phone'], required: 'all' as const, country: 'COUNTRY' };

function query(select: string): SourceConfig {
  return { type: 'duckdb', query: select };
}

function files(path: string): SourceConfig {
  return { type: 'files', path };
}

/** The lines of the identifiers and those of the country column, as the first choice has them. */
async function chosen(source: Source) {
  const { values, choices } = await readAll(source);
  const [{ identifiers, country } = { identifiers: [], country: undefined }] = choices;
  return { phones: identifiers.map((position) => values[position]), countries: values[country!] };
}

async function read(config: SourceConfig) {
  return chosen(await openWith(sources.engine, config, wanted));
}

const people = { phones: [['0901', '', '0812']], countries: ['JP', 'tha', ''] };
const csv = 'country,phone\nJP,0901\ntha,\n,0812\n';

describe('the country column goes along, in any case, and is no column of identifiers', () => {
  test('from CSV', async () => {
    expect(await read(files(sources.write('people.csv', csv)))).toEqual(people);
  });

  test('from standard input', async () => {
    const stdin = keepStdin(Readable.from([Buffer.from(csv)]), sources.folder, new AbortController().signal);
    const choices = { choices: [wanted] };
    expect(await chosen(await openStdin({ type: 'stdin', format: 'csv' }, choices, sources.openEngine, stdin))).toEqual(
      people,
    );
  });

  test('from JSON lines, in which it may be missing', async () => {
    const path = sources.write(
      'people.jsonl',
      '{"country":"JP","phone":"0901"}\n{"country":"tha","phone":null}\n{"phone":"0812"}\n',
    );
    expect(await read(files(path))).toEqual(people);
  });

  test('from JSON lines in which it first appears far down', async () => {
    const path = sources.write('late.jsonl', `${'{"phone":"1"}\n'.repeat(30_000)}{"phone":"2","country":"TH"}\n`);
    const { countries } = await read(files(path));
    expect(countries).toHaveLength(30_001);
    expect(countries!.at(-1)).toBe('TH');
  });

  test('from Parquet', async () => {
    const path = `${sources.folder}/people.parquet`;
    await sources.maker.run(
      `COPY (FROM (VALUES ('JP', '0901'), ('tha', NULL), (NULL, '0812')) t("Country", phone)) TO '${path}'`,
    );
    expect(await read(files(path))).toEqual(people);
  });

  test('from a query, also as an ENUM', async () => {
    const select = "FROM (VALUES ('0901', 'JP'), (NULL, 'tha'), ('0812', NULL)) t(phone, country)";
    expect(await read(query(select))).toEqual(people);
    expect(await read(query(`SELECT phone, country::ENUM('JP', 'tha') AS country ${select}`))).toEqual(people);
  });

  test('from several files that place it differently', async () => {
    sources.write('several/1.csv', 'country,phone\nJP,1\n');
    sources.write('several/2.csv', 'phone,x,COUNTRY\n2,0,TH\n');
    expect(await read(files(`${sources.folder}/several/*.csv`))).toEqual({
      phones: [['1', '2']],
      countries: ['JP', 'TH'],
    });
  });

  test('one line a row, where phones are lists', async () => {
    const select = "FROM (VALUES (['1', '2'], 'JP'), ([], 'TH'), (['3'], 'ID')) t(phone, country)";
    expect(await read(query(select))).toEqual({ phones: [['1', '2', '', '3']], countries: ['JP', 'TH', 'ID'] });
  });
});

test('readers of one source each have their own country column, and a key column besides', async () => {
  const select = "SELECT '1' AS phone, '2' AS phone2, 'JP' AS home, 'TH' AS work, 7 AS id";
  const choice = (names: string[], country?: string) => ({ names, required: 'all' as const, country });
  const choices = [choice(['phone'], 'home'), choice(['phone', 'phone2'], 'WORK'), choice(['phone2'], 'home')];
  const both: WantedColumns = { choices: [...choices, choice(['phone'])], key: 'id' };
  const source = await openQuery({ type: 'duckdb', query: select }, both, sources.engine);
  const { values, keys } = await readAll(source);
  const linesOf = source.choices.map(({ identifiers, country }) => [
    identifiers.flatMap((position) => values[position]!),
    country === undefined ? undefined : values[country],
  ]);
  expect(linesOf).toEqual([
    [['1'], ['JP']],
    [['1', '2'], ['TH']],
    [['2'], ['JP']],
    [['1'], undefined],
  ]);
  expect(source.columns).toHaveLength(4);
  expect(keys).toEqual(['7']);
});

test.each<[string, string]>([
  ['is missing', "SELECT '1' AS phone, 'JP' AS land"],
  ['holds lists', "SELECT '1' AS phone, ['JP'] AS country"],
  ['holds structures', "SELECT '1' AS phone, {a: 'JP'} AS country"],
])('a country column that %s is an error that names it and the setting', async (_, select) => {
  const error = await syncErrorOf(openWith(sources.engine, query(select), wanted));
  expect(error.code).toBe('source.column_missing');
  expect(error.message).toMatch(/\bcountry\b/i);
  expect(error.hint).toContain('syncs[].countryColumn');
});

test('a file that lacks the country column among several is named', async () => {
  sources.write('lacking/1.csv', 'country,phone\nJP,1\n');
  const path = sources.write('lacking/2.csv', 'phone\n2\n');
  const error = await syncErrorOf(openWith(sources.engine, files(`${sources.folder}/lacking/*.csv`), wanted));
  expect(error.message).toBe(`Found no column COUNTRY in the file ${path}; it has: phone.`);
});

test('values are counted in the columns of identifiers alone', async () => {
  const path = `${sources.folder}/counted.parquet`;
  await sources.maker.run(`COPY (SELECT i::VARCHAR AS phone, 'JP' AS country FROM range(5) t(i)) TO '${path}'`);
  expect(await (await openWith(sources.engine, files(path), wanted)).expectedValues?.()).toEqual([5]);
});
