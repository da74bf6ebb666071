import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sourceSchema } from '../../../src/sources/config.ts';
import type { PostgresSourceConfig } from '../../../src/sources/postgres/config.ts';
import { openPostgres } from '../../../src/sources/postgres/postgres.ts';
import type { WantedColumns } from '../../../src/sources/source.ts';
import { openFaultyProxy, usePostgres } from '../databases.ts';
import { afterThisTest, freeAfterEachTest, wantedOf } from '../serverSetup.ts';
import { describeServerSource, type Refusal, type Served, type ServerRequest } from '../servers/contract.ts';
import { readAll, syncErrorOf } from '../sourceSetup.ts';

/*
 * Against a real PostgreSQL. Redshift's way, the cursor, runs against it as well; Redshift itself was never asked.
 */

freeAfterEachTest();
const database = usePostgres();
const email = wantedOf('email');
const manyRows = `SELECT i || '@example.com' AS email FROM generate_series(1, 1000000) i`;

function configOf(config: object): PostgresSourceConfig {
  const parsed = sourceSchema.parse({ type: 'postgres', url: database.url, ...config });
  if (parsed.type !== 'postgres') throw new Error('another kind of source');
  return parsed;
}

const never = () => new AbortController().signal;

async function read(config: object, wanted = email) {
  await using source = await openPostgres(configOf(config), wanted, never());
  return { ...(await readAll(source)), cursor: source.cursor };
}

const ways = ['copy', 'cursor'] as const;

beforeAll(async () => {
  await database.run("CREATE TYPE mood AS ENUM ('a@b.c', 'd')");
  await database.run('CREATE DOMAIN address AS text');
});

const times = ['2026-01-01 00:00:00.003', '2026-01-01 00:00:00.004', '2026-01-01 00:00:00.005'] as const;

/** Serves the rows as a table. A fault has rows of its own. */
async function serve(
  transfer: (typeof ways)[number],
  { wanted, rows = [], fault, idleTimeoutMs = 3_600_000, signal = never() }: ServerRequest,
): Promise<Served> {
  if (fault === 'silent') {
    const query = 'WITH slow AS MATERIALIZED (SELECT pg_sleep(60)::text AS email) TABLE slow';
    const cursor = { column: 'email', after: null };
    return { opening: openPostgres(configOf({ query, transfer }), { ...wanted, cursor }, signal), asked: sleep(200) };
  }
  if (fault !== undefined) {
    const proxy = await openFaultyProxy(database.url, 2_000_000, fault);
    afterThisTest(() => proxy[Symbol.asyncDispose]());
    const config = configOf({ url: proxy.url, query: manyRows, transfer, idleTimeoutMs });
    return { opening: openPostgres(config, wanted, signal), asked: proxy.reached };
  }
  await database.run('DROP TABLE IF EXISTS served');
  await database.run(
    'CREATE TABLE served (at serial, email text, phone text, id int, land text, emails text[], seen timestamp, shape point)',
  );
  for (const { email: address, phone, id, land, emails, seen } of rows)
    await database.run('INSERT INTO served (email, phone, id, land, emails, seen) VALUES ($1, $2, $3, $4, $5, $6)', [
      address,
      phone,
      id,
      land,
      emails,
      seen === undefined ? undefined : times[seen],
    ]);
  const query = `SELECT * FROM ${database.name}.served ORDER BY at`;
  return { opening: openPostgres(configOf({ query, transfer }), wanted, signal), asked: Promise.resolve() };
}

const refused: [what: string, config: object, code: string, told: RegExp][] = [
  [
    'a host that nobody knows',
    { url: 'postgres://u:MARKED@nobody.invalid/test', table: 't', tls: 'off' },
    'source.unreachable',
    /ENOTFOUND|EAI_AGAIN/,
  ],
  [
    'a port where nobody listens',
    { url: 'postgres://u:MARKED@127.0.0.1:1/test', table: 't' },
    'source.unreachable',
    /ECONNREFUSED/,
  ],
  [
    'a database that is not there',
    { url: 'postgres://postgres:MARKED@127.0.0.1/nowhere', table: 't' },
    'source.not_found',
    /^The requested database does not exist in PostgreSQL at .* \(3D000\)\.$/,
  ],
  [
    'a user that is not there',
    { url: 'postgres://MARKED:MARKED@127.0.0.1/test', table: 't' },
    'source.login_failed',
    /28\d{3}/,
  ],
  ['a server without TLS', { tls: 'verify', table: 't' }, 'source.unreachable', /TLS/],
  [
    'a table that is not there',
    { table: 'missing_table' },
    'source.not_found',
    /^The table missing_table does not exist in PostgreSQL at .* \(42P01\)\.$/,
  ],
  [
    'a table that the query names',
    { query: 'SELECT email\n  FROM missing_table' },
    'source.not_found',
    /^An object named in the query does not exist in .* \(42P01, line 2, column 8 of source\.query\)\.$/,
  ],
  [
    'a function of a schema that is not there',
    { query: 'SELECT missing.f() AS email' },
    'source.not_found',
    /^A schema named in source\.query does not exist in .* \(3F000, line 1, column 8 of source\.query\)\.$/,
  ],
  ['a schema that is not there', { table: 'missing.people' }, 'source.not_found', /42P01/],
  [
    'a column that the query names',
    { query: 'SELECT missing AS email FROM pg_class' },
    'source.column_missing',
    /42703/,
  ],
  [
    'a column in where',
    { table: 'pg_class', where: "relname <> '😀' AND\n missing = 1" },
    'source.column_missing',
    /42703, line 2, column 2 of source\.where/,
  ],
  [
    'a column that is wanted',
    { query: 'SELECT 1 AS mail' },
    'source.column_missing',
    /no column email in the query; it has: mail/,
  ],
  ['a column of records', { query: 'SELECT ROW(1, 2) AS email' }, 'source.column_missing', /type record/],
  ['a query that is wrong', { query: 'SELEC 1' }, 'source.query_failed', /42601, line 1, column 7 of source\.query/],
  ['a query that ends too early', { query: 'SELECT (1' }, 'source.query_failed', /42601, the end of source\.query/],
  [
    'several statements',
    { query: 'SELECT 1 AS email) AS x; DROP TABLE people; SELECT * FROM (SELECT 1 AS email' },
    'source.query_failed',
    /42601/,
  ],
  [
    'a statement that writes',
    { query: `WITH gone AS (DELETE FROM pg_class RETURNING 1 AS email) TABLE gone` },
    'source.query_failed',
    /0A000|42601/,
  ],
  [
    'a function that writes',
    { query: `SELECT nextval('${database.name}.counting')::text AS email` },
    'source.query_failed',
    /25006/,
  ],
  [
    'a value that cannot be read',
    { query: `SELECT 'MARKED-person@example.com'::int::text AS email` },
    'source.query_failed',
    /22P02/,
  ],
  [
    'a statement that takes too long',
    { query: 'SELECT pg_sleep(9)::text AS email', statementTimeoutMs: 200 },
    'source.timeout',
    /57014/,
  ],
];

const refusals: Refusal[] = refused.map(([what, config, code, told]) => ({
  what,
  code,
  told,
  async open() {
    await database.run('CREATE SEQUENCE IF NOT EXISTS counting');
    return read(config);
  },
}));

for (const transfer of ways)
  describeServerSource({
    name: `PostgreSQL by ${transfer}`,
    serve: (request) => serve(transfer, request),
    times,
    spelling: (name) => name,
    listSql: '',
    openNowhere: () => openPostgres(configOf({ url: 'postgres://u@127.0.0.1:1/test', table: 't' }), email, never()),
    refusals: transfer === 'copy' ? refusals : [],
  });

describe.each(ways)('by %s', (transfer) => {
  test.each<[string, string, string[]]>([
    ['text, nothing and blanks', "VALUES ('a@b.c'), (NULL), (''), (' x ')", ['a@b.c', '', '', ' x ']],
    [
      'separators, quotes and backslashes',
      String.raw`VALUES (E'a"b\\c\td\x1fe,f'), ('\.')`,
      ['a"b\\c\td\x1fe,f', '\\.'],
    ],
    ['line breaks inside, as CR', String.raw`VALUES (E'a\nb'), (E'c\r\nd')`, ['a\rb', 'c\r\rd']],
    ['letters of other scripts', "VALUES ('ラインＡ😀')", ['ラインＡ😀']],
    ['whole numbers', 'VALUES (819012345678::bigint)', ['819012345678']],
    [
      'whole numbers as doubles',
      "VALUES (819012345678::float8), ('NaN'), (1.5), (123456789012345678)",
      ['819012345678', '', '1.5', '123456789012345680'],
    ],
    ['whole numbers as numerics', 'VALUES (819012345678.00::numeric), (10)', ['819012345678', '10']],
    ['enums as text', `SELECT x::${database.name}.mood FROM (VALUES ('a@b.c'), (NULL)) t(x)`, ['a@b.c', '']],
    ['lists of enums', `SELECT '{a@b.c,d}'::${database.name}.mood[]`, ['a@b.c', 'd']],
    ['domains as what they are of', `SELECT 'a@b.c'::${database.name}.address`, ['a@b.c']],
    ['names', "VALUES ('a@b.c'::name)", ['a@b.c']],
    ['nothing but null', 'VALUES (NULL)', ['']],
    ['NaN of numerics as nothing', "VALUES ('NaN'::numeric), (1.5)", ['', '1.5']],
    [
      'numbers of JSON by the same rule',
      "VALUES ('819012345670.0'::jsonb), ('[1.0, 8.19e11]'), ('\"1.0\"')",
      ['819012345670', '1', '819000000000', '1.0'],
    ],
    [
      'objects of JSON, which hold no value of the column',
      `VALUES ('{"a": "a@b.c"}'::json), ('[["a@b.c"]]')`,
      ['{}', '[]'],
    ],
    ['lists of JSON', `VALUES (ARRAY['"a"'::jsonb, '1.0'])`, ['a', '1']],
    ['UUIDs', "VALUES ('6D92078A-8246-4BA4-AE5B-76104861E7DC'::uuid)", ['6d92078a-8246-4ba4-ae5b-76104861e7dc']],
    ['padded text without its padding', "VALUES ('a'::char(5))", ['a']],
    ['lists, element by element', "VALUES (ARRAY['a', NULL, 'b']), (NULL), ('{}')", ['a', '', 'b', '', '']],
    ['lists of numbers', 'VALUES (ARRAY[1, 2]::bigint[])', ['1', '2']],
    [
      'JSON, scalars and lists',
      `VALUES ('"a"'::jsonb), ('["b", 3, null]'), ('4'), (NULL), ('null')`,
      ['a', 'b', '3', '', '4', '', ''],
    ],
  ])('reads %s', async (_, values, lines) => {
    const { values: found } = await read({ query: `SELECT * FROM (${values}) t(email)`, transfer });
    expect(found).toEqual([lines]);
  });

  test('rows of a table come in order, with a key column, for several who read together', async () => {
    await database.run('DROP TABLE IF EXISTS people');
    await database.run('CREATE TABLE people (id int, "Email" text, phone text, ifa text)');
    await database.run(
      `INSERT INTO people SELECT i, 'p' || i || '@example.com', '+8190' || (10000000 + i), NULL FROM generate_series(1, 50000) i`,
    );
    const wanted: WantedColumns = {
      choices: [
        { names: ['email'], required: 'all' },
        { names: ['ifa', 'idfa'], required: 'any' },
        { names: ['email', 'phone'], required: 'all' },
      ],
      key: 'ID',
    };
    const found = await read({ table: `${database.name}.people`, where: 'id > 10 -- not the first', transfer }, wanted);
    expect(found.columns).toEqual(['Email', 'ifa', 'phone']);
    expect(found.choices).toEqual([{ identifiers: [0] }, { identifiers: [1] }, { identifiers: [0, 2] }]);
    expect(found.values[0]?.length).toBe(49_990);
    expect(found.values.map((lines) => lines[0])).toEqual(['p11@example.com', '', '+819010000011']);
    expect(found.values.map((lines) => lines.at(-1))).toEqual(['p50000@example.com', '', '+819010050000']);
    expect(found.keys.slice(0, 2)).toEqual(['11', '12']);
  });

  test('each reader gets the country column that it wants, one line a row, also of lists', async () => {
    const query = `SELECT ARRAY[i::text, 'x'] AS phone, CASE WHEN i < 3 THEN 'jp'::char(3) END AS land, 'TH' AS home, i AS id FROM generate_series(1, 3) i`;
    const wanted: WantedColumns = {
      choices: ['LAND', 'home'].map((country) => ({ names: ['phone'], required: 'all', country })),
      key: 'id',
    };
    const found = await read({ query, transfer }, wanted);
    expect(found.choices).toEqual([
      { identifiers: [0], country: 1 },
      { identifiers: [0], country: 2 },
    ]);
    expect(found.values).toEqual([
      ['1', 'x', '2', 'x', '3', 'x'],
      ['jp', 'jp', ''],
      ['TH', 'TH', 'TH'],
    ]);
    expect(found.keys).toEqual(['1', '2', '3']);
  });

  test('any text comes through as it is', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), async (texts) => {
        await database.run('DROP TABLE IF EXISTS anything');
        await database.run('CREATE TABLE anything (at serial, email text)');
        const isStorable = texts.filter((value) => value.isWellFormed());
        await database.run('INSERT INTO anything (email) SELECT unnest($1::text[])', [isStorable]);
        const { values } = await read({ query: `SELECT email FROM ${database.name}.anything ORDER BY at`, transfer });
        expect(values[0]).toEqual(isStorable.map((value) => value.replaceAll('\n', '\r')));
      }),
      { numRuns: 30 },
    );
  });

  test('a query that fails in the middle fails the read', async () => {
    const query = `SELECT i || '@b.c' || 1 / (100000 - i) AS email FROM generate_series(1, 200000) i`;
    const error = await syncErrorOf(read({ query, transfer }));
    expect(error.code).toBe('source.query_failed');
    expect(error.message).toContain('22012');
  });

  test('a connection that ends in the middle is not waited for', async () => {
    await using proxy = await openFaultyProxy(database.url, 2_000_000, 'end');
    const error = await syncErrorOf(read({ url: proxy.url, query: manyRows, transfer, idleTimeoutMs: 3_600_000 }));
    expect(error.code).toBe('source.interrupted');
  });

  test('an abort ends it with the reason', async () => {
    const controller = new AbortController();
    // In the list of columns, unlike in FROM, the series is not gathered before its first row.
    const query = 'SELECT generate_series(1, 100000000) AS email';
    await using source = await openPostgres(configOf({ query, transfer }), email, never());
    const reason = new Error('stopped by the test');
    const reading = (async () => {
      for await (const _ of source.chunks(controller.signal)) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
  });
});

test.each<[string, string]>([
  ['real', "'819012345670'::real"],
  ['real[]', 'ARRAY[1]::real[]'],
  ['date', "date '2024-01-02'"],
  ['timestamp without time zone', "timestamp '2024-01-02'"],
  ['timestamp with time zone', 'now()'],
  ['time without time zone', "time '09:01:23'"],
  ['interval', "interval '3 days'"],
  ['boolean', 'true'],
  ['inet', "inet '192.168.10.20'"],
  ['cidr', "cidr '10.0.0.0/8'"],
  ['macaddr', "macaddr '08:00:2b:01:02:03'"],
  ['money', "'12.34'::money"],
  ['bit', "B'1'"],
  ['bit varying', "B'1'::varbit"],
  ['xml', "'<a/>'::xml"],
  ['point', "point '(1,2)'"],
  ['int4range', "int4range '[1,2)'"],
  ['tsvector', "to_tsvector('a')"],
  ['oid', "'1'::oid"],
])('a column of type %s is refused, as its text could pass for an identifier', async (type, value) => {
  const error = await syncErrorOf(read({ query: `SELECT ${value} AS email` }));
  expect(error.code).toBe('source.column_missing');
  expect(error.message).toContain(`is of type ${type}, which cannot hold identifiers.`);
});

test.each<[string, string]>([
  ['bytea', String.raw`'\x61'::bytea`],
  ['bytea[]', String.raw`ARRAY['\x61'::bytea]`],
])('a column of type %s is refused with the SQL that writes text', async (type, value) => {
  const error = await syncErrorOf(read({ query: `SELECT ${value} AS email` }));
  expect(error.code).toBe('source.column_missing');
  expect(error.message).toContain(`is of type ${type}, which holds bytes, not text.`);
  expect(error.hint).toContain("encode(email, 'hex')");
  expect(error.hint).toContain("convert_from(email, 'UTF8')");
});

test('a column of UUIDs is for advertising IDs alone', async () => {
  const query = `SELECT '6D92078A-8246-4BA4-AE5B-76104861E7DC'::uuid AS id, ARRAY[gen_random_uuid()] AS ids`;
  const wanted = (name: string, identifierType: 'phone' | 'ifa'): WantedColumns => ({
    choices: [{ names: [name], required: 'all', identifierType }],
  });
  expect((await read({ query }, wanted('id', 'ifa'))).values).toEqual([['6d92078a-8246-4ba4-ae5b-76104861e7dc']]);
  for (const name of ['id', 'ids']) {
    const error = await syncErrorOf(read({ query }, wanted(name, 'phone')));
    expect(error.message).toMatch(/is of type uuid(\[\])?, which holds advertising IDs only/);
  }
});

test('a connection that the server ends in the middle fails the read', async () => {
  const query = `SELECT i || '@example.com' AS email FROM generate_series(1, 3000000) i`;
  await using source = await openPostgres(configOf({ query }), email, never());
  const reading = (async () => {
    for await (const _ of source.chunks(never()))
      await database.run(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'line-ads-sync' AND query LIKE '%generate_series(1, 3000000)%'`,
      );
  })();
  const error = await syncErrorOf(reading);
  expect(error.code).toBe('source.interrupted');
});

test('a table that the user may not read', async () => {
  const user = `${database.name}_reader`;
  await database.run('CREATE TABLE IF NOT EXISTS secrets (email text)');
  await database.run(`CREATE ROLE ${user} LOGIN PASSWORD 'MARKED'`);
  await database.run(`GRANT USAGE ON SCHEMA ${database.name} TO ${user}`);
  try {
    const url = new URL(database.url);
    url.username = user;
    url.password = 'MARKED';
    const error = await syncErrorOf(read({ url: url.href, table: `${database.name}.secrets` }));
    expect(error.code).toBe('source.not_permitted');
    expect(error.message).toContain(`the table ${database.name}.secrets`);
  } finally {
    await database.run(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  }
});
