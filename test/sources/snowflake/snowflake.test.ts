import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginsAsSelect } from '../../../src/sources/oneSelect.ts';
import type { SnowflakeSourceConfig } from '../../../src/sources/snowflake/config.ts';
import { openSnowflake } from '../../../src/sources/snowflake/snowflake.ts';
import type { Source, WantedColumns } from '../../../src/sources/source.ts';
import { afterThisTest, all, freeAfterEachTest, wantedOf } from '../serverSetup.ts';
import { allTextOf, readAll, syncErrorOf } from '../sourceSetup.ts';
import {
  failure,
  type SnowflakeAnswer,
  type SnowflakeQuestion,
  type SnowflakeTable,
  startSnowflake,
} from './server.ts';

/*
 * The protocol of Snowflake's drivers, as the driver itself speaks it, against a local server; not the real engine.
 */

freeAfterEachTest();

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const user = { privateKey, oauthToken: 'oauth-token-1' };
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

const people: SnowflakeTable = {
  columns: [
    { name: 'EMAIL', type: 'text' },
    { name: 'PHONE', type: 'text' },
    { name: 'ID', type: 'fixed', scale: 0 },
    { name: 'EMAILS', type: 'array' },
    { name: 'ADDRESS', type: 'object' },
    { name: 'SEEN', type: 'timestamp_tz', scale: 9 },
  ],
};

const email = wantedOf('email');

/** A value that must show in no error. */
const planted = 'jane.planted@example.com';

function configOf({ url }: { url: string }, over: Partial<SnowflakeSourceConfig> = {}): SnowflakeSourceConfig {
  return {
    type: 'snowflake',
    account: 'myorg-account1',
    username: 'reader',
    privateKey: pem,
    accessUrl: url,
    table: 'people',
    statementTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    ...over,
  };
}

async function open(
  config: SnowflakeSourceConfig,
  wanted: WantedColumns,
  signal = new AbortController().signal,
): Promise<Source> {
  const source = await openSnowflake(config, wanted, signal);
  afterThisTest(() => source[Symbol.asyncDispose]());
  return source;
}

async function openTable(table: SnowflakeTable, wanted: WantedColumns, over?: Partial<SnowflakeSourceConfig>) {
  const server = await startSnowflake(table, user);
  return { server, source: await open(configOf(server, over), wanted) };
}

function isReading({ body }: SnowflakeQuestion): boolean {
  const statement = body.sqlText ?? '';
  return statement.includes(' AS v0') && !statement.includes('max(');
}

function whenReading(answer: SnowflakeAnswer): Pick<SnowflakeTable, 'answer'> {
  return { answer: (question) => (isReading(question) ? answer : undefined) };
}

test('reads values of all kinds, with the answer and from files', async () => {
  const values = ['jane@example.com', 'a\tb', 'back\\slash', "it's", '"quoted"', 'two\nlines', '', 'é😀', 'NULL', null];
  const { source } = await openTable({ ...people, rows: values.map((value) => [value]), rowsInAnswer: 3 }, email);
  const { values: read } = await readAll(source);
  expect(source.columns).toEqual(['EMAIL']);
  expect(read[0]).toEqual(values.map((value) => (value ?? '').replace('\n', '\r')));
});

test('two readers get their columns out of one statement, with the key behind them', async () => {
  const rows = [
    ['a@example.com', '090-1', '1'],
    [null, '090-2', '2'],
  ];
  const wanted = { choices: [all('email'), all('phone', 'EMAIL')], key: 'id' };
  const { source, server } = await openTable({ ...people, rows }, wanted);
  const { values, keys } = await readAll(source);
  expect(source.choices).toEqual([{ identifiers: [0] }, { identifiers: [1, 0] }]);
  expect(values).toEqual([
    ['a@example.com', ''],
    ['090-1', '090-2'],
  ]);
  expect(keys).toEqual(['1', '2']);
  expect(server.statements()).toHaveLength(2);
});

test('the country column comes with the identifiers, before the key', async () => {
  const rows = [
    ['090-1', 'JP', '1'],
    ['081-2', null, '2'],
  ];
  const wanted = { choices: [{ ...all('phone'), country: 'land' }], key: 'id' };
  const { source } = await openTable(
    { ...people, rows, columns: [...people.columns!, { name: 'LAND', type: 'text' }] },
    wanted,
  );
  const { values, keys } = await readAll(source);
  expect(source.choices).toEqual([{ identifiers: [0], country: 1 }]);
  expect(values).toEqual([
    ['090-1', '081-2'],
    ['JP', ''],
  ]);
  expect(keys).toEqual(['1', '2']);
});

test('a list is a line for each element', async () => {
  const rows = [['a@example.com\x1eb@example.com'], [null], ['c@example.com']];
  const { source, server } = await openTable({ ...people, rows }, wantedOf('emails'));
  const { values, rows: rowOfLine } = await readAll(source);
  expect(values[0]).toEqual(['a@example.com', 'b@example.com', '', 'c@example.com']);
  expect(rowOfLine[0]).toEqual([0, 0, 1, 2]);
  expect(server.statements().at(-1)).toContain('ARRAY_TO_STRING(TRANSFORM(source_rows."EMAILS", e VARIANT -> ');
});

test('many rows come in parts, all of them', async () => {
  const rows = Array.from({ length: 12_345 }, (_, index) => [`user${index}@example.com`]);
  const { source } = await openTable({ ...people, rows, rowsInAnswer: 4_000 }, email);
  expect((await readAll(source)).values[0]).toEqual(rows.map(([value]) => value));
});

test('the server is told role, warehouse and time limit, and little of this machine', async () => {
  const { server } = await openTable(people, email, {
    warehouse: 'WH',
    database: 'CRM',
    schema: 'PUBLIC',
    role: 'READER',
    statementTimeoutMs: 1_500,
  });
  const [login, description] = server.questions;
  expect(Object.fromEntries(login!.parameters)).toMatchObject({
    warehouse: 'WH',
    databaseName: 'CRM',
    schemaName: 'PUBLIC',
    roleName: 'READER',
  });
  expect(login!.body.data!.CLIENT_ENVIRONMENT!.PLATFORM).toEqual(['disabled']);
  expect(description!.body.sqlText).toBe('SELECT * FROM (\nSELECT * FROM people\n) AS source_rows LIMIT 0');
  expect(description!.body.parameters).toEqual({ STATEMENT_TIMEOUT_IN_SECONDS: 2 });
  expect(server.count(/telemetry/)).toBe(0);
});

test('the driver leaves nothing behind, neither in the home directory nor elsewhere', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const before = { home: process.env.HOME, folders: foldersOfDriver() };
  process.env.HOME = home;
  afterThisTest(() => {
    process.env.HOME = before.home;
    rmSync(home, { recursive: true });
  });
  const server = await startSnowflake({ ...people, rows: [['a@example.com']] }, user);
  const source = await openSnowflake(configOf(server), email, new AbortController().signal);
  await readAll(source);
  await source[Symbol.asyncDispose]();
  expect(readdirSync(home)).toEqual([]);
  expect(existsSync('snowflake.log')).toBe(false);
  expect(foldersOfDriver()).toEqual(before.folders);
  expect(server.count(/^\/session$/)).toBe(1);
});

function foldersOfDriver(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('line-ads-sync-snowflake-'));
}

test('cells are hashed where they are, when that is asked for', async () => {
  const hashing = { identifierType: 'email', hashed: 'auto', phoneFormats: ['e164'], otherwise: 'marker' } as const;
  const wanted = { choices: [{ ...all('email'), hashing }, all('email')] };
  const { source, server } = await openTable({ ...people, rows: [['28aa', 'jane@example.com']] }, wanted);
  expect((await readAll(source)).values).toEqual([['28aa'], ['jane@example.com']]);
  expect(server.statements().at(-1)).toContain('sha2(lower(');
});

test('of a cursor the greatest is told, and only later rows are asked for', async () => {
  const wanted = { ...email, cursor: { column: 'seen', after: '2026-01-01 00:00:00.000000000 +0900' } };
  const { source, server } = await openTable({ ...people, greatest: '2026-01-02 03:04:05.600000000 +0900' }, wanted);
  await readAll(source);
  expect(source.cursor).toBe('2026-01-02 03:04:05.600000000 +0900');
  expect(server.statements().at(-1)).toContain(
    `WHERE source_rows."SEEN" > TO_TIMESTAMP_TZ('2026-01-01 00:00:00.000000000 +0900', 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM')`,
  );
});

test('a cursor of no rows is none', async () => {
  const { source } = await openTable(people, { ...email, cursor: { column: 'id', after: null } });
  expect(source.cursor).toBeNull();
});

test.each(['emial', 'address'])('the column %s is refused before anything is read', async (column) => {
  const server = await startSnowflake(people, user);
  const error = await syncErrorOf(open(configOf(server), wantedOf(column)));
  expect(error.code).toBe('source.column_missing');
  expect(server.questions.some(isReading)).toBe(false);
});

test.each([
  ['SELECT 1', true],
  ['  with x as (select 1) select * from x', true],
  ['-- note\n/* more */ (SELECT 1) UNION (SELECT 2)', true],
  ['DELETE FROM people', false],
  ['/* SELECT */ DROP TABLE people', false],
  ['CALL f()', false],
  ['selection', false],
])('%j is a SELECT: %s', (statement, expected) => {
  expect(beginsAsSelect(statement)).toBe(expected);
});

test('what is no SELECT is not sent', async () => {
  const server = await startSnowflake(people, user);
  const config = configOf(server, { table: undefined, query: 'DELETE FROM people' });
  expect((await syncErrorOf(open(config, email))).code).toBe('source.not_select');
  expect(server.questions).toEqual([]);
});

test.each([
  ['002003', 'source.not_found', 'code 2003, which stands for missing and for not permitted'],
  ['003001', 'source.not_permitted', 'code 3001'],
  ['000904', 'source.column_missing', 'code 904'],
  ['000630', 'source.timeout', 'code 630'],
  ['001003', 'source.query_failed', 'code 1003, position 3:14'],
])('the code %s is %s', async (code, expected, told) => {
  const message = `SQL compilation error:\nsyntax error line 3 at position 14 unexpected '${planted}'.`;
  const answer = ({ body }: SnowflakeQuestion) => (body.sqlText === undefined ? undefined : failure(code, message));
  const server = await startSnowflake({ ...people, answer }, user);
  const error = await syncErrorOf(open(configOf(server), email));
  expect(error.code).toBe(expected);
  expect(error.message).toContain(told);
  expect(allTextOf(error)).not.toContain(planted);
});

test('an encrypted key is opened with its passphrase', async () => {
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  });
  const over = { privateKey: encrypted as string, privateKeyPassphrase: 'open sesame' };
  const { source } = await openTable({ ...people, rows: [['a@example.com']] }, email, over);
  expect((await readAll(source)).values).toEqual([['a@example.com']]);
});

test('an OAuth token stands in for a key', async () => {
  const over = { username: undefined, privateKey: undefined, oauthToken: 'oauth-token-1' };
  const { source } = await openTable({ ...people, rows: [['a@example.com']] }, email, over);
  expect((await readAll(source)).values).toEqual([['a@example.com']]);
});

test.each<[string, Partial<SnowflakeSourceConfig>]>([
  ['a key of another user', { privateKey: otherKey() }],
  ['a token that has expired', { privateKey: undefined, oauthToken: 'secret-token' }],
])('%s is a failed login', async (_what, over) => {
  const server = await startSnowflake(people, user);
  const error = await syncErrorOf(open(configOf(server, over), email));
  expect(error.code).toBe('source.login_failed');
  expect(error.message).toContain('code 390144');
  expect(allTextOf(error)).not.toContain('secret-token');
});

function otherKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
}

test('what is no key is a failed login, which does not quote it', async () => {
  const server = await startSnowflake(people, user);
  const error = await syncErrorOf(open(configOf(server, { privateKey: 'secret-key' }), email));
  expect(error.code).toBe('source.login_failed');
  expect(allTextOf(error)).not.toContain('secret-key');
});

test.each<[string, NonNullable<SnowflakeTable['answer']>]>([
  ['a file of the result', ({ path }) => (path.startsWith('/files/') ? 'stall' : undefined)],
  ['a file that breaks off', ({ path }) => (path.startsWith('/files/') ? 'break' : undefined)],
])('a server that goes silent in the middle is given up: %s', async (_what, answer) => {
  const rows = [['a@example.com'], ['b@example.com'], ['c@example.com']];
  const { source } = await openTable({ ...people, rows, rowsInAnswer: 1, answer }, email, { idleTimeoutMs: 200 });
  const error = await syncErrorOf(readAll(source));
  expect(error.code).toBe('source.interrupted');
});

test('a file with fewer rows than were promised fails the read', async () => {
  const rows = [['a@example.com'], ['b@example.com'], ['c@example.com'], ['d@example.com']];
  const answer = ({ path }: SnowflakeQuestion) =>
    path.startsWith('/files/') ? { rows: '["c@example.com"]' } : undefined;
  const { source } = await openTable({ ...people, rows, rowsInAnswer: 2, answer }, email);
  const error = await syncErrorOf(readAll(source));
  expect(error.code).toBe('source.interrupted');
  expect(error.message).toContain('rows are missing');
});

test('an answer that breaks off fails the read', async () => {
  const { source } = await openTable({ ...people, ...whenReading('break') }, email);
  expect((await syncErrorOf(readAll(source))).code).toBe('source.interrupted');
});

test('a server that nobody listens on is unreachable', async () => {
  const error = await syncErrorOf(open(configOf({ url: 'http://127.0.0.1:1' }), email));
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toContain('ECONNREFUSED');
});

test('a server that answers with another status is unreachable', async () => {
  const server = await startSnowflake({ ...people, answer: () => ({ status: 404 }) }, user);
  const error = await syncErrorOf(open(configOf(server), email));
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toContain('HTTP 404');
});

test('an abort ends what is being opened', async () => {
  const stop = new AbortController();
  const server = await startSnowflake({ ...people, answer: () => 'stall' }, user);
  setTimeout(() => stop.abort('stop'), 500);
  await expect(open(configOf(server), email, stop.signal)).rejects.toBe('stop');
});

test('an abort ends what is being read, and cancels the statement', async () => {
  const stop = new AbortController();
  const { source, server } = await openTable({ ...people, ...whenReading('stall') }, email);
  setTimeout(() => stop.abort('stop'), 200);
  await expect(readAll(source, stop.signal)).rejects.toBe('stop');
  await source[Symbol.asyncDispose]();
  expect(server.count(/abort-request/)).toBe(1);
});
