import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBigquery } from '../../../src/sources/bigquery/bigquery.ts';
import type { BigquerySourceConfig } from '../../../src/sources/bigquery/config.ts';
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
import { allTextOf, readAll, syncErrorOf } from '../sourceSetup.ts';
import {
  type BigqueryAnswer,
  type BigqueryQuestion,
  type BigqueryServer,
  type BigqueryTable,
  project,
  refusal,
  startBigquery,
} from './server.ts';

/*
 * BigQuery's wire format, as its REST reference tells it, against a local server; not the real engine.
 */

freeAfterEachTest();

const people: BigqueryTable = {
  fields: [
    { name: 'email', type: 'STRING', mode: 'NULLABLE' },
    { name: 'phone', type: 'STRING' },
    { name: 'id', type: 'INTEGER' },
    { name: 'emails', type: 'STRING', mode: 'REPEATED' },
    { name: 'land', type: 'STRING' },
    { name: 'shape', type: 'RECORD' },
    { name: 'seen', type: 'TIMESTAMP' },
  ],
};

const email = wantedOf('email');

function configOf({ url }: { url: string }, over: Partial<BigquerySourceConfig> = {}): BigquerySourceConfig {
  return {
    type: 'bigquery',
    projectId: project,
    apiEndpoint: url,
    table: '`crm.people`',
    statementTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    ...over,
  };
}

async function open(
  config: BigquerySourceConfig,
  wanted: WantedColumns,
  signal = new AbortController().signal,
): Promise<Source> {
  const source = await openBigquery(config, wanted, signal);
  afterThisTest(() => source[Symbol.asyncDispose]());
  return source;
}

async function openTable(table: BigqueryTable, wanted: WantedColumns, over?: Partial<BigquerySourceConfig>) {
  const server = await startBigquery(table);
  return { server, source: await open(configOf(server, over), wanted) };
}

function isReading({ method, path }: BigqueryQuestion): boolean {
  return method === 'GET' && path.startsWith('/queries/');
}

/** The answer to the nth call for a page; all others are the table's. */
function whenReading(answer: BigqueryAnswer, nth = 1): Pick<BigqueryTable, 'answer'> {
  let calls = 0;
  return { answer: (question) => (isReading(question) && ++calls >= nth ? answer : undefined) };
}

function cancels({ questions }: BigqueryServer): number {
  return questions.filter(({ path }) => path.endsWith('/cancel')).length;
}

function statements({ questions }: BigqueryServer): string[] {
  return questions.flatMap(({ body }) => (body === undefined ? [] : [body.configuration.query.query]));
}

function writeKeyFile(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'bigquery-'));
  afterThisTest(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'key.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const times = ['2026-01-01 00:00:00+00', '2026-01-02 00:00:00+00', '2026-01-03 00:00:00+00'] as const;

/** The server's answers to a fault of the contract. Calls `asked` for an answer that is held back. */
function answering(fault: Fault | undefined, asked: () => void): Partial<BigqueryTable> {
  if (fault === undefined) return {};
  const twoPages = { rows: [['a@example.com'], ['b@example.com']], rowsInPage: 1 };
  if (fault === 'break') {
    const broken = { status: 200, json: { jobComplete: true, rows: [] }, ending: 'break' } as const;
    return { ...twoPages, ...whenReading(broken, 2) };
  }
  let pages = 0;
  return {
    ...twoPages,
    answer(question) {
      if (fault === 'stall' && (!isReading(question) || ++pages < 2)) return undefined;
      asked();
      return 'stall';
    },
  };
}

async function serve(request: ServerRequest): Promise<Served> {
  const { wanted, fault, idleTimeoutMs = 60_000, signal = new AbortController().signal } = request;
  const asked = Promise.withResolvers<void>();
  const server = await startBigquery({
    ...people,
    rows: answeredRows(request, times),
    greatest: greatestTime(request, times),
    ...answering(fault, asked.resolve),
  });
  return {
    opening: openBigquery(configOf(server, { idleTimeoutMs }), wanted, signal),
    readings: () =>
      statements(server).filter((statement) => statement.includes(' AS v0') && !statement.includes('max(')),
    asked: asked.promise,
    ...(fault !== 'break' && { leftByClient: server.leftByClient }),
  };
}

async function openRefused(status: number, reason: string, message: string): Promise<Source> {
  const server = await startBigquery({ ...people, answer: () => refusal(status, reason, message) });
  return open(configOf(server, { table: undefined, query: 'SELECT email\nFROM crm.people' }), email);
}

const refused: [status: number, reason: string, code: string][] = [
  [401, 'authError', 'source.login_failed'],
  [403, 'accessDenied', 'source.not_permitted'],
  [404, 'notFound', 'source.not_found'],
  [400, 'invalidQuery', 'source.query_failed'],
  [403, 'bytesBilledLimitExceeded', 'source.query_failed'],
  [400, 'timeout', 'source.timeout'],
];

describeServerSource({
  name: 'BigQuery',
  serve,
  times,
  spelling: (name) => name,
  listSql: 'UNNEST(source_rows.`emails`) AS e WITH OFFSET AS position ORDER BY position), CHR(30))',
  openNowhere: () => open(configOf({ url: 'http://127.0.0.1:1' }), email),
  refusals: [
    ...refused.map(([status, reason, code]) => ({
      what: `status ${status} with the reason ${reason}`,
      code,
      told: new RegExp(`${reason}, line 1, column 8 of source\\.query`),
      open: () => openRefused(status, reason, `Unrecognized name: ${planted} at [1:8]`),
    })),
    {
      what: 'a dataset that is not there',
      code: 'source.not_found',
      told: /^A dataset named in source\.query does not exist in BigQuery, project .* \(notFound\)\.$/,
      open: () => openRefused(404, 'notFound', `Not found: Dataset crm:${planted} was not found in location US`),
    },
    {
      what: 'a table that is not there',
      code: 'source.not_found',
      told: /^An object named in the query does not exist in BigQuery, project .* \(notFound\)\.$/,
      open: () => openRefused(404, 'notFound', `Not found: Table crm:people.${planted} was not found in location US`),
    },
    {
      what: 'a reason that is no code',
      code: 'source.query_failed',
      told: /HTTP 400/,
      open: () => openRefused(400, `reason ${planted}`, planted),
    },
  ],
});

test('reads values of all kinds, page by page, once the query is done', async () => {
  const values = ['jane@example.com', 'a\tb', 'back\\slash', "it's", '"quoted"', 'two\nlines', '', 'é😀', null];
  const { source, server } = await openTable(
    { ...people, rows: values.map((value) => [value]), rowsInPage: 2, unfinished: 2 },
    email,
  );
  const { values: read } = await readAll(source);
  expect(source.columns).toEqual(['email']);
  expect(read[0]).toEqual(values.map((value) => (value ?? '').replace('\n', '\r')));
  expect(server.questions.filter(isReading)).toHaveLength(2 + 5);
  expect(cancels(server)).toBe(0);
});

test('a dry run comes first, and the job has the limits of the configuration', async () => {
  const { source, server } = await openTable({ ...people, rows: [['a@example.com']] }, email, {
    location: 'asia-northeast1',
    maximumBytesBilled: '1000000',
    statementTimeoutMs: 1_500,
    where: 'active',
  });
  await readAll(source);
  const [dryRun, job, page] = server.questions;
  const jobReference = { projectId: project, location: 'asia-northeast1' };
  const limits = { useLegacySql: false, maximumBytesBilled: '1000000' };
  expect(dryRun!.body).toEqual({
    jobReference,
    configuration: { dryRun: true, query: { query: 'SELECT * FROM `crm.people` WHERE (\nactive\n)', ...limits } },
  });
  expect(job!.body).toEqual({
    jobReference: { ...jobReference, jobId: expect.stringMatching(/^[\w-]{36}$/) },
    configuration: {
      jobTimeoutMs: '1500',
      query: {
        query:
          "SELECT NULLIF(source_rows.`email`, '') AS v0 FROM (\nSELECT * FROM `crm.people` WHERE (\nactive\n)\n) AS source_rows",
        ...limits,
      },
    },
  });
  expect(page!.parameters.get('location')).toBe('asia-northeast1');
});

test('cells are hashed where they are, when that is asked for', async () => {
  const hashing = { identifierType: 'email', hashed: 'auto', phoneFormats: ['e164'], otherwise: 'marker' } as const;
  const wanted = { choices: [{ ...all('email'), hashing }, all('email')] };
  const { source, server } = await openTable({ ...people, rows: [['28aa', 'jane@example.com']] }, wanted);
  expect((await readAll(source)).values).toEqual([['28aa'], ['jane@example.com']]);
  expect(statements(server).at(-1)).toContain('to_hex(sha256(');
});

test('of a cursor the greatest is told, and only later rows are asked for', async () => {
  const wanted = { ...email, cursor: { column: 'seen', after: '2026-01-01 00:00:00+00' } };
  const { source, server } = await openTable({ ...people, greatest: '2026-01-02 03:04:05.6+00' }, wanted);
  await readAll(source);
  expect(source.cursor).toBe('2026-01-02 03:04:05.6+00');
  expect(statements(server).at(-1)).toContain("WHERE source_rows.`seen` > CAST('2026-01-01 00:00:00+00' AS TIMESTAMP)");
});

test.each(['emial', 'shape'])('the column %s is refused by the dry run alone', async (column) => {
  const server = await startBigquery(people);
  const error = await syncErrorOf(open(configOf(server), wantedOf(column)));
  expect(error.code).toBe('source.column_missing');
  expect(server.questions).toHaveLength(1);
});

test.each(['DELETE', 'SCRIPT', 'CREATE_TABLE_AS_SELECT'])(
  'a statement of type %s is not run',
  async (statementType) => {
    const server = await startBigquery({ ...people, statementType });
    const error = await syncErrorOf(open(configOf(server), email));
    expect(error.code).toBe('source.not_select');
    expect(server.questions).toHaveLength(1);
  },
);

test('a job that fails at once fails the read', async () => {
  const { source } = await openTable(
    {
      ...people,
      answer: ({ body }) =>
        body?.configuration.dryRun === undefined
          ? {
              status: 200,
              json: { status: { state: 'DONE', errorResult: { reason: 'resourcesExceeded', message: planted } } },
            }
          : undefined,
    },
    email,
  );
  const error = await syncErrorOf(readAll(source));
  expect(error.code).toBe('source.query_failed');
  expect(error.message).toContain('resourcesExceeded');
});

test.each([
  [1, 'source.timeout'],
  [60_000, 'source.interrupted'],
])('a job that was stopped, with %i ms to run, is %s', async (statementTimeoutMs, code) => {
  const stopped = refusal(400, 'stopped', 'Job execution was cancelled');
  const answer = (question: BigqueryQuestion) => (isReading(question) ? stopped : undefined);
  const { source } = await openTable({ ...people, answer }, email, { statementTimeoutMs });
  expect((await syncErrorOf(readAll(source))).code).toBe(code);
});

test('a busy server is asked again', async () => {
  let calls = 0;
  const { source } = await openTable(
    {
      ...people,
      rows: [['a@example.com']],
      answer: (question) =>
        isReading(question) && ++calls === 1 ? refusal(503, 'backendError', 'try again') : undefined,
    },
    email,
  );
  expect((await readAll(source)).values).toEqual([['a@example.com']]);
});

test('a job that has been inserted by an attempt that was not answered is read', async () => {
  let calls = 0;
  const { source } = await openTable(
    {
      ...people,
      rows: [['a@example.com']],
      answer: ({ path, body }) => {
        if (path !== '/jobs' || body?.configuration.dryRun === true) return undefined;
        return ++calls === 1 ? refusal(503, 'backendError', 'try again') : refusal(409, 'duplicate', 'Already Exists');
      },
    },
    email,
  );
  expect((await readAll(source)).values).toEqual([['a@example.com']]);
  expect(calls).toBe(2);
});

test.each<[string, BigqueryAnswer, string]>([
  [
    'a broken connection',
    { status: 200, json: { jobComplete: true, rows: [] }, ending: 'break' },
    'source.interrupted',
  ],
  [
    'a last page that comes too early',
    { status: 200, json: { jobComplete: true, totalRows: '9', rows: [{ f: [{ v: 'a@example.com' }] }] } },
    'source.interrupted',
  ],
])('%s fails the read', async (_what, answer, code) => {
  const rows = Array.from({ length: 9 }, (_, index) => [`user${index}@example.com`]);
  const { source } = await openTable({ ...people, rows, rowsInPage: 3, ...whenReading(answer, 2) }, email);
  expect((await syncErrorOf(readAll(source))).code).toBe(code);
});

test('an abort ends what is being read, and cancels a query that still runs', async () => {
  const stop = new AbortController();
  const { source, server } = await openTable({ ...people, ...whenReading('stall') }, email);
  setTimeout(() => stop.abort('stop'), 50);
  await expect(readAll(source, stop.signal)).rejects.toBe('stop');
  await server.leftByClient;
  expect(cancels(server)).toBe(1);
});

test('a service account gets one token by a signed assertion', async () => {
  const server = await startBigquery({ ...people, rows: [['a@example.com']] });
  const keyFile = writeKeyFile(server.keyFile);
  const source = await open(configOf(server, { keyFile, projectId: undefined }), email);
  await readAll(source);
  expect(server.tokensGiven()).toBe(1);
  expect(server.questions.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer token-1'));
});

test('a key that the account does not have is a failed login', async () => {
  const server = await startBigquery(people);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wrong = { ...server.keyFile, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  const error = await syncErrorOf(open(configOf(server, { keyFile: writeKeyFile(wrong) }), email));
  expect(error.code).toBe('source.login_failed');
  expect(error.message).toContain('invalid_grant');
});

const page = '<!DOCTYPE html><title>planted</title>';

test.each<[string, Exclude<BigqueryTable['tokenAnswer'], 'stall' | undefined>, string, string]>([
  ['a refusal with a code', { status: 400, body: '{"error":"invalid_grant"}' }, 'source.login_failed', 'invalid_grant'],
  [
    'a refusal whose error is no code',
    { status: 400, body: '{"error":"is planted"}' },
    'source.login_failed',
    'HTTP 400',
  ],
  ['a refusal without a body', { status: 401, body: '' }, 'source.login_failed', 'HTTP 401'],
  ['no token', { status: 200, body: '{"token":"planted"}' }, 'source.login_failed', 'HTTP 200'],
  ['a failure of the server', { status: 503, body: 'planted' }, 'source.unreachable', 'HTTP 503'],
  ['a page', { status: 200, body: page }, 'source.unreachable', 'Something other than BigQuery'],
  ['a page that forbids', { status: 403, body: page }, 'source.unreachable', 'Something other than BigQuery'],
  [
    'a redirect',
    { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
    'source.unreachable',
    'HTTP 302',
  ],
])('a token endpoint that answers with %s is told by code, and asked once', async (_what, tokenAnswer, code, told) => {
  const server = await startBigquery({ ...people, tokenAnswer });
  const error = await syncErrorOf(open(configOf(server, { keyFile: writeKeyFile(server.keyFile) }), email));
  expect(error.code).toBe(code);
  expect(error.message).toContain(told);
  expect(allTextOf(error)).not.toContain('planted');
  expect(server.tokensGiven()).toBe(1);
});

test('a token endpoint that is not reached is told by the code of the network', async () => {
  const server = await startBigquery(people);
  const keyFile = writeKeyFile({ ...server.keyFile, token_uri: 'http://127.0.0.1:2/token' });
  const error = await syncErrorOf(open(configOf(server, { keyFile }), email));
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toContain('ECONNREFUSED');
});

test('an abort ends the wait for a token', async () => {
  const stop = new AbortController();
  const server = await startBigquery({ ...people, tokenAnswer: 'stall' });
  setTimeout(() => stop.abort('stop'), 50);
  const config = configOf(server, { keyFile: writeKeyFile(server.keyFile) });
  await expect(open(config, email, stop.signal)).rejects.toBe('stop');
  await server.leftByClient;
});

test.each<[string, (key: Record<string, string>) => unknown]>([
  ['no JSON', () => '{"private_key": "secret-key"'],
  ['another kind of credentials', (key) => ({ ...key, type: 'authorized_user' })],
  ['no private key', (key) => ({ ...key, private_key: 'secret-key' })],
  ['a key that is not RSA', (key) => ({ ...key, private_key: pemOfCurve() })],
  ['a token endpoint in the clear', (key) => ({ ...key, token_uri: 'http://tokens.example/' })],
])('a key file with %s is a failed login, which does not quote it', async (_what, content) => {
  const server = await startBigquery(people);
  const keyFile = writeKeyFile(content(server.keyFile));
  const error = await syncErrorOf(open(configOf(server, { keyFile }), email));
  expect(error.code).toBe('source.login_failed');
  expect(allTextOf(error)).not.toMatch(/secret-key|BEGIN PRIVATE KEY/);
  expect(server.tokensGiven()).toBe(0);
});

function pemOfCurve(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

test('a key file that is not there is told by its path', async () => {
  const server = await startBigquery(people);
  const error = await syncErrorOf(open(configOf(server, { keyFile: '/nowhere/key.json' }), email));
  expect(error.code).toBe('source.unreadable');
  expect(error.message).toContain('/nowhere/key.json');
});
