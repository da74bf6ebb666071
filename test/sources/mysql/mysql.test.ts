import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourceSchema } from '../../../src/sources/config.ts';
import type { MysqlSourceConfig } from '../../../src/sources/mysql/config.ts';
import { openMysql } from '../../../src/sources/mysql/mysql.ts';
import type { WantedColumns } from '../../../src/sources/source.ts';
import { openFaultyProxy, useMariadb } from '../databases.ts';
import { afterThisTest, freeAfterEachTest, wantedOf } from '../serverSetup.ts';
import { describeServerSource, type Served, type ServerRequest } from '../servers/contract.ts';
import { readAll, syncErrorOf } from '../sourceSetup.ts';

/*
 * Against a real MariaDB; MySQL itself was never asked.
 */

freeAfterEachTest();
const database = useMariadb();
const email = wantedOf('email');
const manyRows = "SELECT concat(seq, '@example.com') AS email FROM seq_1_to_1000000";
const never = () => new AbortController().signal;

function configOf(config: object): MysqlSourceConfig {
  const parsed = sourceSchema.parse({ type: 'mysql', url: database.url, ...config });
  if (parsed.type !== 'mysql') throw new Error('another kind of source');
  return parsed;
}

async function read(config: object, wanted = email) {
  await using source = await openMysql(configOf(config), wanted, never());
  return { ...(await readAll(source)), cursor: source.cursor };
}

/** A query of some rows of one column. */
function rows(...values: string[]): string {
  return values.map((value, index) => `SELECT ${value} AS email, ${index} AS at`).join(' UNION ALL ');
}

const times = ['2026-01-01 00:00:03', '2026-01-01 00:00:04', '2026-01-01 00:00:05'] as const;

/** Serves the rows as a table. A fault has rows of its own. */
async function serve({
  wanted,
  rows: served = [],
  fault,
  idleTimeoutMs = 3_600_000,
  signal = never(),
}: ServerRequest): Promise<Served> {
  if (fault === 'silent') {
    const query = 'SELECT sleep(60) AS email FROM seq_1_to_2 WHERE sleep(60) = 0';
    const cursor = { column: 'email', after: null };
    return { opening: openMysql(configOf({ query }), { ...wanted, cursor }, signal), asked: sleep(200) };
  }
  if (fault !== undefined) {
    const proxy = await openFaultyProxy(database.url, 400_000, fault);
    afterThisTest(() => proxy[Symbol.asyncDispose]());
    const config = configOf({ url: proxy.url, query: manyRows, idleTimeoutMs });
    return { opening: openMysql(config, wanted, signal), asked: proxy.reached };
  }
  await database.run(
    'CREATE OR REPLACE TABLE served (at int AUTO_INCREMENT PRIMARY KEY, email text, phone text, id int, land text, seen datetime, shape point)',
  );
  for (const { email: address, phone, id, land, seen } of served)
    await database.run('INSERT INTO served (email, phone, id, land, seen) VALUES (?, ?, ?, ?, ?)', [
      address,
      phone,
      id,
      land,
      seen === undefined ? undefined : times[seen],
    ]);
  return {
    opening: openMysql(configOf({ query: 'SELECT * FROM served ORDER BY at' }), wanted, signal),
    asked: Promise.resolve(),
  };
}

const refused: [what: string, config: object, code: string, told: RegExp][] = [
  [
    'a host that nobody knows',
    { url: 'mysql://u:MARKED@nobody.invalid/test', tls: 'off' },
    'source.unreachable',
    /ENOTFOUND|EAI_AGAIN/,
  ],
  ['a port where nobody listens', { url: 'mysql://u:MARKED@127.0.0.1:1/test' }, 'source.unreachable', /ECONNREFUSED/],
  [
    'a wrong password',
    { url: 'mysql://root:MARKED@127.0.0.1/test' },
    'source.login_failed',
    /ER_ACCESS_DENIED_ERROR 1045/,
  ],
  ['a user that is not there', { url: 'mysql://MARKED:MARKED@127.0.0.1/test' }, 'source.login_failed', /1045/],
  [
    'a database that is not there',
    { url: new URL('/nowhere', 'mysql://root@127.0.0.1').href },
    'source.not_found',
    /^The requested database does not exist in MySQL at .* \(ER_BAD_DB_ERROR 1049\)\.$/,
  ],
  ['a server without TLS', { tls: 'verify' }, 'source.unreachable', /TLS/],
  [
    'a table without a database',
    { url: 'mysql://root@127.0.0.1/', table: 'people' },
    'source.not_found',
    /^MySQL at .* cannot look up the table people, because no database is selected \(ER_NO_DB_ERROR 1046\)\.$/,
  ],
  ['a table that is not there', { table: 'missing_table' }, 'source.not_found', /ER_NO_SUCH_TABLE 1146/],
  [
    'a column that the query names',
    { query: 'SELECT missing AS email FROM seq_1_to_2' },
    'source.column_missing',
    /ER_BAD_FIELD_ERROR/,
  ],
  ['a column in where', { table: 'seq_1_to_2', where: 'missing = 1' }, 'source.column_missing', /1054/],
  [
    'a column that is wanted',
    { query: 'SELECT 1 AS mail' },
    'source.column_missing',
    /no column email in the query; it has: mail/,
  ],
  ['a column of shapes', { query: 'SELECT POINT(1, 2) AS email' }, 'source.column_missing', /type geometry/],
  [
    'a query that is wrong',
    { query: 'SELEC 1' },
    'source.query_failed',
    /ER_PARSE_ERROR 1064, line 1 of source\.query/,
  ],
  [
    'a condition that is wrong',
    { table: 'seq_1_to_2', where: 'seq = 1\nAND AND seq = 2' },
    'source.query_failed',
    /ER_PARSE_ERROR 1064, line 2 of source\.where/,
  ],
  [
    'several statements',
    { query: 'SELECT 1 AS email) AS x; DROP TABLE people; SELECT * FROM (SELECT 1 AS email' },
    'source.query_failed',
    /ER_PARSE_ERROR/,
  ],
  ['a statement that writes', { query: 'DELETE FROM people' }, 'source.query_failed', /ER_PARSE_ERROR/],
  [
    'a file that is written',
    { query: "SELECT 'a' AS email INTO OUTFILE '/tmp/MARKED'" },
    'source.query_failed',
    /1064/,
  ],
  [
    'a sequence that goes on',
    { query: `SELECT NEXTVAL(${database.name}.counting) AS email` },
    'source.query_failed',
    /ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION/,
  ],
  [
    'a statement that takes too long',
    { query: 'SELECT sleep(9) AS email FROM seq_1_to_2 WHERE sleep(9) = 0', statementTimeoutMs: 200 },
    'source.timeout',
    /1969/,
  ],
];

describeServerSource({
  name: 'MySQL',
  serve,
  times,
  spelling: (name) => name,
  openNowhere: () => openMysql(configOf({ url: 'mysql://u@127.0.0.1:1/test', table: 't' }), email, never()),
  refusals: refused.map(([what, config, code, told]) => ({
    what,
    code,
    told,
    async open() {
      await database.run('CREATE SEQUENCE IF NOT EXISTS counting');
      const isWhole = 'query' in config || 'table' in config;
      return read({ ...(isWhole ? {} : { table: 'people' }), ...config });
    },
  })),
});

test.each<[string, string[], string[]]>([
  ['text, nothing and blanks', ["'a@b.c'", 'NULL', "''", "' x '"], ['a@b.c', '', '', ' x ']],
  ['separators, quotes and backslashes', [String.raw`'a"b\\c\td,f'`, "'\x1f'"], ['a"b\\c\td,f', '\x1f']],
  ['line breaks inside, as CR', [String.raw`'a\nb'`, String.raw`'c\r\nd'`], ['a\rb', 'c\r\rd']],
  ['letters of other scripts', ["'ラインＡ😀'"], ['ラインＡ😀']],
  ['whole numbers', ['819012345678'], ['819012345678']],
  ['whole numbers as doubles', ['819012345678e0', '1.5e0'], ['819012345678', '1.5']],
  ['whole numbers as decimals', ['CAST(819012345678 AS DECIMAL(20, 2))'], ['819012345678']],
  ['nothing but null', ['NULL'], ['']],
  [
    'what functions give as text',
    ["sha2('a', 256)", "lower(hex('a'))"],
    ['ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb', '61'],
  ],
  ['JSON text as it is', [`json_unquote(json_extract('["a"]', '$[0]'))`], ['a']],
])('reads %s', async (_, values, lines) => {
  expect((await read({ query: `SELECT email FROM (${rows(...values)}) t ORDER BY at;` })).values).toEqual([lines]);
});

test('JSON columns and what JSON functions give are read as JSON', async () => {
  await database.run('CREATE OR REPLACE TABLE documents (id int AUTO_INCREMENT PRIMARY KEY, email json)');
  await database.run(
    `INSERT INTO documents (email) VALUES ('"a@b.c"'), ('819012345670.0'), ('8.1901234567e11'), ('null'), (NULL), ('{"a":"a@b.c"}'), ('["a@b.c"]'), ('true'), ('"1.0"')`,
  );
  expect((await read({ query: 'SELECT email FROM documents ORDER BY id' })).values).toEqual([
    ['a@b.c', '819012345670', '819012345670', '', '', '{}', '[]', 'true', '1.0'],
  ]);
  const extracted = `SELECT json_extract('{"p":819012345670.0}', '$.p') AS email`;
  expect((await read({ query: extracted })).values).toEqual([['819012345670']]);
});

test('enums, sets and text of a binary collation are text', async () => {
  await database.run(
    "CREATE OR REPLACE TABLE texts (email varchar(9) COLLATE utf8mb4_bin, phone enum('a', '0901'), ifa set('x'), notes mediumtext COLLATE utf8mb4_bin)",
  );
  await database.run("INSERT INTO texts VALUES ('a@b.c', '0901', 'x', 'n')");
  const wanted = { choices: [{ names: ['email', 'phone', 'ifa', 'notes'], required: 'all' as const }] };
  expect((await read({ table: 'texts' }, wanted)).values).toEqual([['a@b.c'], ['0901'], ['x'], ['n']]);
});

describe('a column that cannot hold the identifier is refused by the name of its type', () => {
  const refused: [string, string, string][] = [
    ['float', 'float', '819012345670'],
    ['date', 'date', "'2024-01-02'"],
    ['datetime', 'datetime', "'2024-01-02 03:04:05'"],
    ['timestamp', 'timestamp', "'2024-01-02 03:04:05'"],
    ['time', 'time', "'09:01:23'"],
    ['year', 'year', '2024'],
    ['bit', 'bit(40)', '1'],
    ['inet4', 'inet4', "'192.168.10.20'"],
    ['inet6', 'inet6', "'::1'"],
  ];

  test.each(refused)('%s', async (name, type, value) => {
    await database.run(`CREATE OR REPLACE TABLE typed (email ${type})`);
    await database.run(`INSERT INTO typed VALUES (${value})`);
    const error = await syncErrorOf(read({ table: 'typed' }));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain(`is of type ${name}, which cannot hold identifiers.`);
  });

  test.each(['binary(3)', 'varbinary(3)', 'blob', 'mediumblob', 'varchar(3) CHARACTER SET binary'])(
    '%s, with the SQL that writes text',
    async (type) => {
      await database.run(`CREATE OR REPLACE TABLE typed (email ${type})`);
      const error = await syncErrorOf(read({ table: 'typed' }));
      expect(error.code).toBe('source.column_missing');
      expect(error.message).toMatch(/is of type (var)?(binary|blob), which holds bytes, not text\./);
      expect(error.hint).toContain('lower(hex(email))');
      expect(error.hint).toContain('CONVERT(email USING utf8mb4)');
    },
  );

  test('uuid, but for advertising IDs', async () => {
    const query = 'SELECT uuid() AS email';
    const of = (identifierType: 'email' | 'ifa') =>
      read({ query }, { choices: [{ names: ['email'], required: 'all', identifierType }] });
    expect((await of('ifa')).values[0]?.[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect((await syncErrorOf(of('email'))).message).toContain('is of type uuid');
  });
});

test('columns of other character sets come as UTF-8', async () => {
  await database.run('CREATE OR REPLACE TABLE latin (email varchar(20) CHARACTER SET latin1)');
  await database.run("INSERT INTO latin VALUES ('é@b.c')");
  expect((await read({ table: 'latin' })).values).toEqual([['é@b.c']]);
});

test('rows of a table come in order, with a key column, for several who read together', async () => {
  await database.run('CREATE OR REPLACE TABLE people (id int PRIMARY KEY, `Email` text, phone text, ifa text)');
  await database.run(
    "INSERT INTO people SELECT seq, concat('p', seq, '@example.com'), concat('+8190', 10000000 + seq), NULL FROM seq_1_to_50000",
  );
  const wanted: WantedColumns = {
    choices: [
      { names: ['email'], required: 'all' },
      { names: ['ifa', 'idfa'], required: 'any' },
      { names: ['email', 'phone'], required: 'all' },
    ],
    key: 'ID',
  };
  const found = await read({ table: 'people', where: 'id > 10 -- not the first' }, wanted);
  expect(found.columns).toEqual(['Email', 'ifa', 'phone']);
  expect(found.choices).toEqual([{ identifiers: [0] }, { identifiers: [1] }, { identifiers: [0, 2] }]);
  expect(found.values[0]?.length).toBe(49_990);
  expect(found.values.map((lines) => lines[0])).toEqual(['p11@example.com', '', '+819010000011']);
  expect(found.values.map((lines) => lines.at(-1))).toEqual(['p50000@example.com', '', '+819010050000']);
  expect(found.keys.slice(0, 2)).toEqual(['11', '12']);
});

test('each reader gets the country column that it wants', async () => {
  await database.run(
    "CREATE OR REPLACE TABLE lands (id int PRIMARY KEY, phone text, land enum('JP', 'TH'), home char(3))",
  );
  await database.run("INSERT INTO lands VALUES (1, '1', 'JP', 'tha'), (2, '2', NULL, 'ID'), (3, NULL, 'TH', '')");
  const wanted: WantedColumns = {
    choices: ['LAND', 'home'].map((country) => ({ names: ['phone'], required: 'all', country })),
    key: 'id',
  };
  const found = await read({ table: 'lands' }, wanted);
  expect(found.choices).toEqual([
    { identifiers: [0], country: 1 },
    { identifiers: [0], country: 2 },
  ]);
  expect(found.values).toEqual([
    ['1', '2', ''],
    ['JP', '', 'TH'],
    ['tha', 'ID', ''],
  ]);
  expect(found.keys).toEqual(['1', '2', '3']);
});

test('any text comes through as it is', async () => {
  await database.run('CREATE TABLE anything (at int AUTO_INCREMENT PRIMARY KEY, email text)');
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1 }), async (texts) => {
      await database.run('TRUNCATE anything');
      await database.run('INSERT INTO anything (email) VALUES ?', [texts.map((value) => [value])]);
      const { values } = await read({ query: 'SELECT email FROM anything ORDER BY at' });
      expect(values[0]).toEqual(texts.map((value) => value.replaceAll('\n', '\r')));
    }),
    { numRuns: 30 },
  );
});

test('a query that fails in the middle fails the read', async () => {
  const query =
    "SELECT concat(seq, '@b.c', json_extract(if(seq = 100000, (SELECT seq FROM seq_1_to_2), '1'), '$')) AS email FROM seq_1_to_200000";
  const error = await syncErrorOf(read({ query }));
  expect(error.code).toBe('source.query_failed');
  expect(error.message).toContain('1242');
});

test('a connection that ends in the middle is not waited for', async () => {
  await using proxy = await openFaultyProxy(database.url, 400_000, 'end');
  const error = await syncErrorOf(read({ url: proxy.url, query: manyRows, idleTimeoutMs: 3_600_000 }));
  expect(error.code).toBe('source.interrupted');
});

test('an abort ends it with the reason', async () => {
  const controller = new AbortController();
  const query = 'SELECT seq AS email FROM seq_1_to_100000000';
  await using source = await openMysql(configOf({ query }), email, never());
  const reason = new Error('stopped by the test');
  const reading = (async () => {
    for await (const _ of source.chunks(controller.signal)) controller.abort(reason);
  })();
  await expect(reading).rejects.toBe(reason);
});

test('a table, and a column, that the user may not read', async () => {
  const user = `${database.name}_r`;
  await database.run('CREATE OR REPLACE TABLE secrets (email text, open text)');
  await database.run(`CREATE USER ${user}@'%' IDENTIFIED BY 'MARKED'`);
  await database.run(`GRANT SELECT (open) ON ${database.name}.secrets TO ${user}@'%'`);
  try {
    const url = new URL(database.url);
    url.username = user;
    url.password = 'MARKED';
    const column = await syncErrorOf(read({ url: url.href, query: 'SELECT email FROM secrets' }));
    expect([column.code, column.message]).toEqual(['source.not_permitted', expect.stringContaining('1143')]);
    const table = await syncErrorOf(read({ url: url.href, table: 'mysql.user' }));
    expect([table.code, table.message]).toEqual(['source.not_permitted', expect.stringContaining('1142')]);
    url.pathname = '/mysql';
    const login = await syncErrorOf(read({ url: url.href, table: 'user' }));
    expect([login.code, login.message]).toEqual([
      'source.login_failed',
      expect.stringMatching(/denied the user access to the database \(ER_DBACCESS_DENIED_ERROR 1044\)/),
    ]);
  } finally {
    await database.run(`DROP USER ${user}@'%'`);
  }
});
