import { expect, test } from 'vitest';
import { openClickhouse } from '../../../src/sources/clickhouse/clickhouse.ts';
import type { ClickhouseSourceConfig } from '../../../src/sources/clickhouse/config.ts';
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
import { type ClickhouseAnswer, type ClickhouseTable, escapeTsv, exceptionAnswer, startClickhouse } from './server.ts';

/*
 * ClickHouse's wire format, as its manual and source tell it, against a local server; not the real engine.
 */

freeAfterEachTest();

const people: ClickhouseTable = {
  columns: [
    ['email', 'Nullable(String)'],
    ['phone', 'LowCardinality(String)'],
    ['id', 'UInt64'],
    ['emails', 'Array(String)'],
    ['land', 'LowCardinality(Nullable(FixedString(3)))'],
    ['shape', 'Map(String, String)'],
    ['seen', "DateTime('UTC')"],
  ],
};

const email = wantedOf('email');

function configOf(url: string, over: Partial<ClickhouseSourceConfig> = {}): ClickhouseSourceConfig {
  return {
    type: 'clickhouse',
    url: `${url.replace('://', '://reader:MARKED%40%C3%A9t@')}/crm`,
    table: 'people',
    statementTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    ...over,
  };
}

async function open(
  config: ClickhouseSourceConfig,
  wanted: WantedColumns,
  signal = new AbortController().signal,
): Promise<Source> {
  const source = await openClickhouse(config, wanted, signal);
  afterThisTest(() => source[Symbol.asyncDispose]());
  return source;
}

async function openTable(table: ClickhouseTable, wanted: WantedColumns, over?: Partial<ClickhouseSourceConfig>) {
  const server = await startClickhouse(table);
  return { server, source: await open(configOf(server.url, over), wanted) };
}

/** The answer to the statement that reads the wanted columns; all others are the table's. */
function whenReading(answer: ClickhouseAnswer): Pick<ClickhouseTable, 'answer'> {
  return { answer: ({ statement }) => (isReading(statement) ? answer : undefined) };
}

function isReading(statement: string): boolean {
  return statement.includes(' AS v0') && !statement.includes('max(');
}

function bytes(...parts: string[]): Uint8Array[] {
  return parts.map((part) => Buffer.from(part));
}

const times = ['2026-01-01 00:00:00', '2026-01-02 00:00:00', '2026-01-03 00:00:00'] as const;

const rowsBefore = 'a@example.com\nb@example.com\njane.pl';

/** The server's answers to a fault of the contract. Calls `asked` for an answer that is held back. */
function answering(fault: Fault | undefined, asked: () => void): Pick<ClickhouseTable, 'answer'> {
  if (fault === undefined) return {};
  if (fault === 'break') return whenReading({ parts: bytes(rowsBefore), ending: 'break' });
  return {
    answer({ statement }) {
      if (fault === 'stall' && !isReading(statement)) return undefined;
      asked();
      return { parts: bytes('a@example.com\n'), ending: 'stall' };
    },
  };
}

async function serve(request: ServerRequest): Promise<Served> {
  const { wanted, fault, idleTimeoutMs = 60_000, signal = new AbortController().signal } = request;
  const asked = Promise.withResolvers<void>();
  const server = await startClickhouse({
    ...people,
    rows: answeredRows(request, times),
    greatest: greatestTime(request, times),
    ...answering(fault, asked.resolve),
  });
  return {
    opening: openClickhouse(configOf(server.url, { idleTimeoutMs }), wanted, signal),
    readings: () => server.questions.map(({ statement }) => statement).filter(isReading),
    asked: asked.promise,
    ...(fault !== 'break' && { leftByClient: server.leftByClient }),
  };
}

async function openRefused(answer: ClickhouseAnswer): Promise<Source> {
  const server = await startClickhouse({ ...people, answer: () => answer });
  return open(configOf(server.url), email);
}

const refused: [status: number, exception: number, code: string, told?: RegExp][] = [
  [401, 516, 'source.login_failed'],
  [403, 195, 'source.login_failed', /accepts no login from this machine/],
  [403, 497, 'source.not_permitted'],
  [404, 60, 'source.not_found', /^The table people does not exist in ClickHouse at .* \(code 60\)\.$/],
  [404, 81, 'source.not_found', /^The requested database does not exist in ClickHouse at .* \(code 81\)\.$/],
  [404, 47, 'source.column_missing'],
  [408, 159, 'source.timeout'],
  [503, 202, 'source.unreachable', /accepts no further connections or queries at present/],
  [400, 62, 'source.query_failed'],
  [500, 164, 'source.query_failed'],
];

describeServerSource({
  name: 'ClickHouse',
  serve,
  times,
  spelling: (name) => name,
  listSql: 'arrayStringConcat(arrayMap(e -> ',
  openNowhere: () => open(configOf('http://127.0.0.1:1'), email),
  refusals: [
    ...refused.map(([status, exception, code, told = new RegExp(`code ${exception}`)]) => ({
      what: `status ${status} with the exception ${exception}`,
      code,
      told,
      open: () =>
        openRefused(exceptionAnswer(status, exception, `failed at position 35 ('${planted}'): in SELECT '${planted}'`)),
    })),
    {
      what: 'a page of a proxy',
      code: 'source.unreachable',
      told: /HTTP 502/,
      open: () => openRefused({ status: 502, parts: bytes('<html>bad gateway'), ending: 'none' }),
    },
  ],
});

test('The position of a syntax error, which the server counts in bytes, is told in the text of the query.', async () => {
  const query = "SELECT 'é😀' AS email,\n  FROMM people";
  const server = await startClickhouse({
    ...people,
    answer({ statement }) {
      const bytes = Buffer.from(statement.slice(0, statement.indexOf('FROMM'))).length;
      return exceptionAnswer(400, 62, `Syntax error: failed at position ${bytes + 1} ('FROMM') (line 3, col 3): FROMM`);
    },
  });
  const error = await syncErrorOf(open(configOf(server.url, { table: undefined, query }), email));
  expect(error.message).toMatch(
    /^ClickHouse at .* refused the query \(code 62, line 2, column 3 of source\.query\)\.$/,
  );
});

test.each(['gzip', 'zstd'] as const)('reads values of all kinds out of an answer in %s', async (encoding) => {
  const values = ['jane@example.com', 'a\tb', 'back\\slash', "it's", '"quoted"', 'two\nlines', 'cr\rhere', '', 'é😀'];
  const rows = [...values.map((value) => [value]), [null]];
  const { source } = await openTable({ ...people, rows, encoding }, email);
  const { values: read } = await readAll(source);
  expect(source.columns).toEqual(['email']);
  expect(read[0]).toEqual([...values.map((value) => value.replace('\n', '\r')), '']);
});

test('rows come whole, wherever the parts of the body are cut', async () => {
  const addresses = Array.from({ length: 500 }, (_, index) => `user'${index}@example.com`);
  const body = addresses.map((address) => `${escapeTsv(address)}\n`).join('');
  const parts = body.match(/[\s\S]{1,7}/g)!;
  const { source } = await openTable(
    { ...people, ...whenReading({ parts: bytes(...parts), ending: 'marker' }) },
    email,
  );
  expect((await readAll(source)).values[0]).toEqual(addresses);
});

test('the server is told who reads, by headers, and what it may do, by settings', async () => {
  const { server } = await openTable(people, email, { statementTimeoutMs: 1_500 });
  const { statement, headers, parameters } = server.questions[0]!;
  expect(statement).toBe(
    'SELECT * FROM (\nSELECT * FROM people\n) AS source_rows LIMIT 0\nFORMAT CustomSeparatedWithNamesAndTypes',
  );
  expect(headers['x-clickhouse-user']).toBe('reader');
  expect(Buffer.from(headers['x-clickhouse-key'] as string, 'latin1').toString()).toBe('MARKED@ét');
  expect(Object.fromEntries(parameters)).toMatchObject({
    database: 'crm',
    readonly: '2',
    max_execution_time: '2',
    result_overflow_mode: 'throw',
    timeout_overflow_mode: 'throw',
    cancel_http_readonly_queries_on_client_close: '1',
  });
  expect(String(parameters)).not.toContain('MARKED');
});

test('a query is asked in the place of a table, whatever it ends with', async () => {
  const query = 'SELECT email FROM people -- all of them ;\n;';
  const { source, server } = await openTable({ ...people, rows: [['a@example.com']] }, email, {
    table: undefined,
    query,
  });
  await readAll(source);
  expect(server.questions.at(-1)!.statement).toBe(
    `SELECT nullIf(source_rows.\`email\`, '') AS v0 FROM (\nSELECT email FROM people -- all of them\n) AS source_rows\nFORMAT CustomSeparated`,
  );
});

test('cells are hashed where they are, when that is asked for', async () => {
  const hashing = { identifierType: 'email', hashed: 'auto', phoneFormats: ['e164'], otherwise: 'marker' } as const;
  const wanted = { choices: [{ ...all('email'), hashing }, all('email')] };
  const { source, server } = await openTable({ ...people, rows: [['28aa', 'jane@example.com']] }, wanted);
  expect(source.choices).toEqual([{ identifiers: [0] }, { identifiers: [1] }]);
  expect((await readAll(source)).values).toEqual([['28aa'], ['jane@example.com']]);
  expect(server.questions.at(-1)!.statement).toContain('lower(hex(SHA256(');
});

test('of a cursor the greatest is told, and only later rows are asked for', async () => {
  const table: ClickhouseTable = { ...people, greatest: '2026-01-02 03:04:05' };
  const wanted = { ...email, cursor: { column: 'seen', after: '2026-01-01 00:00:00' } };
  const { source, server } = await openTable(table, wanted);
  await readAll(source);
  expect(source.cursor).toBe('2026-01-02 03:04:05');
  expect(server.questions[1]!.statement).toContain('HAVING count() > 0');
  expect(server.questions[2]!.statement).toContain(
    " WHERE source_rows.`seen` > CAST('2026-01-01 00:00:00' AS DateTime('UTC'))",
  );
});

test.each<[string, ClickhouseAnswer, string, string]>([
  [
    'an exception in the middle of the rows',
    {
      parts: bytes(rowsBefore, `Code: 159. DB::Exception: Timeout exceeded: '${planted}'. (TIMEOUT_EXCEEDED)\n`),
      ending: 'none',
    },
    'source.timeout',
    'code 159',
  ],
  [
    'an exception behind whole rows',
    { parts: bytes('a@example.com\n', 'Code: 241. DB::Exception: Memory limit exceeded\n'), ending: 'none' },
    'source.query_failed',
    'code 241',
  ],
  [
    'an exception as newer servers mark it, with the connection broken',
    {
      headers: { 'x-clickhouse-exception-tag': 'dmrdfnujjqvszhav' },
      parts: bytes(
        rowsBefore,
        `\r\n__exception__\r\ndmrdfnujjqvszhav\r\nCode: 395. DB::Exception: ${planted}\n37 dmrdfnujjqvszhav\r\n__exception__\r\n`,
      ),
      ending: 'break',
    },
    'source.query_failed',
    'code 395',
  ],
  ['a broken connection', { parts: bytes(rowsBefore), ending: 'break' }, 'source.interrupted', ''],
  ['an end between two rows', { parts: bytes('a@example.com\n'), ending: 'none' }, 'source.interrupted', ''],
  ['nothing at all', { parts: [], ending: 'none' }, 'source.interrupted', ''],
])('%s fails the read', async (_what, answer, code, told) => {
  const { source } = await openTable({ ...people, ...whenReading(answer) }, email);
  const error = await syncErrorOf(readAll(source));
  expect(error.code).toBe(code);
  expect(error.message).toContain(told);
  expect(allTextOf(error)).not.toContain('planted');
});

test('a compressed result that is cut off fails the read', async () => {
  const { source } = await openTable(
    { ...people, encoding: 'zstd', ...whenReading({ parts: bytes('a@example.com\n'), ending: 'none' }) },
    email,
  );
  expect((await syncErrorOf(readAll(source))).code).toBe('source.interrupted');
});

test('a consumer that stops ends the request', async () => {
  const { source, server } = await openTable(
    { ...people, ...whenReading({ parts: bytes('a@example.com\n'.repeat(200_000)), ending: 'stall' }) },
    email,
  );
  for await (const _chunk of source.chunks(new AbortController().signal)) break;
  await server.leftByClient;
});
