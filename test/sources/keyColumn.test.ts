import { describe, expect, test } from 'vitest';
import type { SourceConfig } from '../../src/sources/config.ts';
import { openWith, syncErrorOf, useSources } from './sourceSetup.ts';

const sources = useSources();
const wanted = { names: ['email'], required: 'all' as const, key: 'ID' };

function query(select: string): SourceConfig {
  return { type: 'duckdb', query: select };
}

function files(path: string): SourceConfig {
  return { type: 'files', path };
}

/** The source's columns, and in each chunk the lines of the columns and of the key. */
async function read(config: SourceConfig, key: string | undefined = wanted.key) {
  const source = await openWith(sources.engine, config, { ...wanted, key });
  const linesOf = (bytes: Uint8Array) => Buffer.from(bytes).toString().split('\n').slice(0, -1);
  const values: string[] = [];
  const keys: string[] = [];
  for await (const chunk of source.chunks(new AbortController().signal)) {
    expect(chunk.columns).toHaveLength(1);
    values.push(...linesOf(chunk.columns[0]!.lines));
    if (chunk.key !== undefined) keys.push(...linesOf(chunk.key));
  }
  return { columns: source.columns, values, keys };
}

const people = { columns: ['email'], values: ['a@b.c', '', 'x'], keys: ['007', 'C-2', ''] };

describe('the key column goes along, in any case, and is no column of identifiers', () => {
  test('from CSV', async () => {
    const path = sources.write('people.csv', 'id,email\n007,a@b.c\nC-2,\n,x\n');
    expect(await read(files(path))).toEqual(people);
  });

  test('from JSON lines', async () => {
    const path = sources.write(
      'people.jsonl',
      '{"id":"007","email":"a@b.c"}\n{"id":"C-2","email":null}\n{"email":"x"}\n',
    );
    expect(await read(files(path))).toEqual(people);
  });

  test('from Parquet', async () => {
    const path = `${sources.folder}/people.parquet`;
    await sources.maker.run(
      `COPY (FROM (VALUES ('007', 'a@b.c'), ('C-2', NULL), (NULL, 'x')) t("Id", email)) TO '${path}'`,
    );
    expect(await read(files(path))).toEqual(people);
  });

  test('from a query', async () => {
    const select = "FROM (VALUES ('a@b.c', '007'), (NULL, 'C-2'), ('x', NULL)) t(email, id)";
    expect(await read(query(select))).toEqual(people);
  });

  test('from several files that place it differently', async () => {
    sources.write('several/1.csv', 'id,email\n1,a\n');
    sources.write('several/2.csv', 'email,x,ID\nb,0,2\n');
    expect(await read(files(`${sources.folder}/several/*.csv`))).toEqual({
      columns: ['email'],
      values: ['a', 'b'],
      keys: ['1', '2'],
    });
  });

  test('from JSON lines where it first appears far down', async () => {
    const path = sources.write('late.jsonl', `${'{"email":"a"}\n'.repeat(30_000)}{"email":"b","id":"K"}\n`);
    const { keys } = await read(files(path));
    expect(keys).toHaveLength(30_001);
    expect(keys.at(-1)).toBe('K');
  });
});

test.each([
  ['a number', '12345678901', '12345678901'],
  ['a whole number of floating type', '12::DOUBLE', '12'],
  ['a date', "DATE '2024-01-02'", '2024-01-02'],
  ['a UUID', "'6d92078a-8246-4ba4-ae5b-76104861e7dc'::UUID", '6d92078a-8246-4ba4-ae5b-76104861e7dc'],
  ['an ENUM', "'a'::ENUM('a]', 'a')", 'a'],
  ['a JSON text', `'"C-1"'::JSON`, 'C-1'],
  ['a text with a line break, as CR', "'a' || chr(10) || 'b'", 'a\rb'],
  ['a text with separators and quotes', `chr(31) || '"' || chr(30)`, '\x1f"\x1e'],
])('a key may be %s', async (_, sql, key) => {
  expect((await read(query(`SELECT 'x' AS email, ${sql} AS id`))).keys).toEqual([key]);
});

test('elements of lists leave the key one line a row', async () => {
  const { values, keys } = await read(query("FROM (VALUES (['a', 'b'], 1), (['c'], 2)) t(email, id)"));
  expect(values).toEqual(['a', 'b', 'c']);
  expect(keys).toEqual(['1', '2']);
});

test('a key column that nobody wants is not read', async () => {
  const source = await openWith(sources.engine, query("SELECT 'x' AS email, error('read') AS id"), {
    ...wanted,
    key: undefined,
  });
  for await (const chunk of source.chunks(new AbortController().signal)) expect(chunk).not.toHaveProperty('key');
});

test.each<[string, string]>([
  ['is missing', "SELECT 'x' AS email, 1 AS customer"],
  ['holds lists', "SELECT 'x' AS email, ['a'] AS id"],
  ['holds lists of JSON', `SELECT 'x' AS email, ['1'::JSON] AS id`],
  ['holds structures', "SELECT 'x' AS email, {a: 1} AS id"],
  ['holds maps', "SELECT 'x' AS email, MAP {'a': 1} AS id"],
])('a key column that %s is an error that names it and the setting', async (_, select) => {
  const error = await syncErrorOf(openWith(sources.engine, query(select), wanted));
  expect(error.code).toBe('source.column_missing');
  expect(error.message).toMatch(/\bid\b/i);
  expect(error.hint).toContain('rejects.keyColumn');
});

test('a file that lacks the key column among several is named', async () => {
  sources.write('lacking/1.csv', 'id,email\n1,a\n');
  const path = sources.write('lacking/2.csv', 'email\nb\n');
  const error = await syncErrorOf(openWith(sources.engine, files(`${sources.folder}/lacking/*.csv`), wanted));
  expect(error.message).toBe(`Found no column ID in the file ${path}; it has: email.`);
});
