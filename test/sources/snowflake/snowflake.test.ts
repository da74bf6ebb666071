import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { beginsAsSelect } from '../../../src/sources/oneSelect.ts';
import type { SnowflakeSourceConfig } from '../../../src/sources/snowflake/config.ts';
import { openSnowflake } from '../../../src/sources/snowflake/snowflake.ts';
import type { Source, WantedColumns } from '../../../src/sources/source.ts';
import { afterThisTest, all, freeAfterEachTest, wantedOf } from '../serverSetup.ts';
import {
  answeredRows,
  describeServerSource,
  type Fault,
  greatestTime,
  planted,
  type Served,
  type ServerRequest,
} from '../servers/contract.ts';
import { readAll, syncErrorOf } from '../sourceSetup.ts';
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
    { name: 'LAND', type: 'text' },
    { name: 'SHAPE', type: 'object' },
    { name: 'SEEN', type: 'timestamp_tz', scale: 9 },
  ],
};

const email = wantedOf('email');

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

const times = [
  '2026-01-01 00:00:00.000000000 +0900',
  '2026-01-02 00:00:00.000000000 +0900',
  '2026-01-03 00:00:00.000000000 +0900',
] as const;

/** The server's answers to a fault of the contract. Calls `asked` for an answer that is held back. */
function answering(fault: Fault | undefined, asked: () => void): Partial<SnowflakeTable> {
  if (fault === undefined) return {};
  if (fault === 'break') return whenReading('break');
  return {
    rows: [['a@example.com'], ['b@example.com'], ['c@example.com']],
    rowsInAnswer: 1,
    answer({ path }) {
      if (fault === 'stall' && !path.startsWith('/files/')) return undefined;
      asked();
      return 'stall';
    },
  };
}

async function serve(request: ServerRequest): Promise<Served> {
  const { wanted, fault, idleTimeoutMs = 60_000, signal = new AbortController().signal } = request;
  const asked = Promise.withResolvers<void>();
  const table = { ...people, rows: answeredRows(request, times), greatest: greatestTime(request, times) };
  const server = await startSnowflake({ ...table, ...answering(fault, asked.resolve) }, user);
  return {
    opening: openSnowflake(configOf(server, { idleTimeoutMs }), wanted, signal),
    readings: () => server.questions.filter(isReading).map(({ body }) => body.sqlText!),
    asked: asked.promise,
  };
}

async function openRefused(
  answer: SnowflakeTable['answer'],
  over: Partial<SnowflakeSourceConfig> = {},
): Promise<Source> {
  const server = await startSnowflake(answer === undefined ? people : { ...people, answer }, user);
  return open(configOf(server, over), email);
}

const refused: [number: string, code: string, told: RegExp, start?: string][] = [
  ['002003', 'source.not_found', /^An object named in the query does not exist in .* \(code 2003, line/],
  [
    '002003',
    'source.not_found',
    /^The requested database does not exist in Snowflake account/,
    "Database 'X' does not",
  ],
  ['002003', 'source.not_found', /^A schema named in source\.query does not exist/, "Schema 'X.Y' does not"],
  ['090105', 'source.not_found', /because no database is selected \(code 90105/],
  ['000606', 'source.query_failed', /because no warehouse is selected \(code 606/],
  ['390422', 'source.login_failed', /accepts no login from this machine \(code 390422/],
  ['003001', 'source.not_permitted', /code 3001/],
  ['000904', 'source.column_missing', /code 904/],
  ['000630', 'source.timeout', /code 630/],
  ['001003', 'source.query_failed', /code 1003, line 2, column 15 of source\.query/],
];

describeServerSource({
  name: 'Snowflake',
  serve,
  times,
  spelling: (name) => name.toUpperCase(),
  listSql: 'ARRAY_TO_STRING(TRANSFORM(source_rows."EMAILS", e VARIANT -> ',
  openNowhere: () => open(configOf({ url: 'http://127.0.0.1:1' }), email),
  refusals: [
    ...refused.map(([number, code, told, start = 'syntax error']) => ({
      what: `the code ${number} with ${start}`,
      code,
      told,
      open: () =>
        openRefused(
          ({ body }) =>
            body.sqlText === undefined
              ? undefined
              : failure(number, `SQL compilation error:\n${start} line 3 at position 14 unexpected '${planted}'.`),
          { table: undefined, query: 'SELECT email\nFROM people p' },
        ),
    })),
    {
      what: 'another status',
      code: 'source.unreachable',
      told: /HTTP 404/,
      open: () => openRefused(() => ({ status: 404 })),
    },
    {
      what: 'a key of another user',
      code: 'source.login_failed',
      told: /code 390144/,
      open: () => openRefused(undefined, { privateKey: otherKey() }),
    },
    {
      what: 'a token that has expired',
      code: 'source.login_failed',
      told: /code 390144/,
      open: () => openRefused(undefined, { privateKey: undefined, oauthToken: planted }),
    },
    {
      what: 'a private key that is none',
      code: 'source.login_failed',
      told: /source\.privateKey is not a private key/,
      open: () => openRefused(undefined, { privateKey: planted }),
    },
  ],
});

function otherKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
}

test('reads values of all kinds, with the answer and from files', async () => {
  const values = ['jane@example.com', 'a\tb', 'back\\slash', "it's", '"quoted"', 'two\nlines', '', 'é😀', 'NULL', null];
  const { source } = await openTable({ ...people, rows: values.map((value) => [value]), rowsInAnswer: 3 }, email);
  const { values: read } = await readAll(source);
  expect(source.columns).toEqual(['EMAIL']);
  expect(read[0]).toEqual(values.map((value) => (value ?? '').replace('\n', '\r')));
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

test('the driver leaves nothing behind, neither in the home directory nor in the temporary one', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const temporary = mkdtempSync(join(tmpdir(), 'temporary-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('TMPDIR', temporary);
  afterThisTest(() => {
    vi.unstubAllEnvs();
    for (const folder of [home, temporary]) rmSync(folder, { recursive: true });
  });
  const server = await startSnowflake({ ...people, rows: [['a@example.com']] }, user);
  const source = await openSnowflake(configOf(server), email, new AbortController().signal);
  await readAll(source);
  await source[Symbol.asyncDispose]();
  expect(readdirSync(home)).toEqual([]);
  expect(existsSync('snowflake.log')).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
  expect(server.count(/^\/session$/)).toBe(1);
});

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

test('a file of the result that breaks off fails the read', async () => {
  const rows = [['a@example.com'], ['b@example.com'], ['c@example.com']];
  const answer = ({ path }: SnowflakeQuestion) => (path.startsWith('/files/') ? 'break' : undefined);
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

test('an abort ends what is being read, and cancels the statement', async () => {
  const stop = new AbortController();
  const { source, server } = await openTable({ ...people, ...whenReading('stall') }, email);
  setTimeout(() => stop.abort('stop'), 200);
  await expect(readAll(source, stop.signal)).rejects.toBe('stop');
  await source[Symbol.asyncDispose]();
  expect(server.count(/abort-request/)).toBe(1);
});
