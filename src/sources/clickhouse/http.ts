import { randomUUID } from 'node:crypto';
import { type Dispatcher, request } from 'undici';
import { decodedBody } from '../../http/contentCoding.ts';
import { ServerFailure } from '../servers/errors.ts';
import type { Session } from '../servers/session.ts';
import { silenceLimitsOf, watchSilence } from '../servers/silence.ts';
import type { ClickhouseSourceConfig } from './config.ts';
import { exceptionIn, refusedAnswer } from './errors.ts';
import { unescapeTsv } from './tsv.ts';

/*
 * ClickHouse's HTTP interface. A result with the status 200 may end early, with or without the server's exception in the
 * middle of the rows. So each request asks for a marker of ours, which the server writes only after the last row. A
 * result without it has failed.
 */

/** A server and the session that queries it. */
export interface ClickhouseServer {
  url: URL;
  connections: Dispatcher;
  session: Session;
  config: ClickhouseSourceConfig;
  /** Aborts all requests. */
  stopping: AbortSignal;
}

/** The server's time limit for a client that is busy with earlier rows. */
const sendTimeoutSeconds = 3_600;

/** Keeps the server from cutting a result off at a limit without an error, and from adding rows to it. */
const wholeResults = {
  limit: '0',
  offset: '0',
  extremes: '0',
  read_overflow_mode: 'throw',
  group_by_overflow_mode: 'throw',
  sort_overflow_mode: 'throw',
  result_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  set_overflow_mode: 'throw',
  join_overflow_mode: 'throw',
  distinct_overflow_mode: 'throw',
  transfer_overflow_mode: 'throw',
};

/** TabSeparated, with nothing for null and a marked end. */
const markedTsv = {
  format_tsv_null_representation: '',
  format_custom_escaping_rule: 'Escaped',
  format_custom_field_delimiter: '\t',
  format_custom_row_before_delimiter: '',
  format_custom_row_after_delimiter: '\n',
  format_custom_row_between_delimiter: '',
  format_custom_result_before_delimiter: '',
};

/** `readonly = 2` refuses writes, but allows settings. */
function settings({ config, url }: ClickhouseServer, marker: string): Record<string, string> {
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    ...(database !== '' && { database }),
    readonly: '2',
    max_execution_time: String(Math.ceil(config.statementTimeoutMs / 1000)),
    wait_end_of_query: '0',
    send_progress_in_http_headers: '0',
    enable_http_compression: '1',
    cancel_http_readonly_queries_on_client_close: '1',
    http_send_timeout: String(sendTimeoutSeconds),
    ...wholeResults,
    ...markedTsv,
    format_custom_result_after_delimiter: marker,
  };
}

/** Sends user and password in headers, since proxies log URLs. Headers take their bytes as Latin-1. */
function credentials({ username, password }: URL): Record<string, string> {
  const bytes = (text: string) => Buffer.from(decodeURIComponent(text)).toString('latin1');
  return {
    ...(username !== '' && { 'x-clickhouse-user': bytes(username) }),
    ...(password !== '' && { 'x-clickhouse-key': bytes(password) }),
  };
}

/** Yields the rows of a result as TabSeparated, in parts that are cut anywhere. `format` begins with CustomSeparated. */
export async function* ask(statement: string, format: string, server: ClickhouseServer): AsyncGenerator<Uint8Array> {
  const marker = randomUUID();
  const parts = watchSilence(
    bodyOf(`${statement}\nFORMAT ${format}`, marker, server),
    silenceLimitsOf(server.config),
    server.session.giveUp,
  );
  yield* untilMarker(parts, marker);
}

async function* bodyOf(statement: string, marker: string, server: ClickhouseServer): AsyncGenerator<Uint8Array> {
  const { url, connections, stopping, session } = server;
  const answer = await request(new URL(`/?${new URLSearchParams(settings(server, marker))}`, url.origin), {
    dispatcher: connections,
    method: 'POST',
    headers: { ...credentials(url), 'content-type': 'text/plain; charset=utf-8', 'accept-encoding': 'zstd, gzip' },
    body: statement,
    signal: stopping,
  });
  session.connected();
  if (answer.statusCode !== 200) throw await refusal(answer, statement);
  if (String(answer.headers['content-type']).startsWith('text/html')) throw loginPage(answer);
  yield* decodedBody(answer);
}

/** Makes the error for an HTML page, which ClickHouse never gives as a result. */
function loginPage({ body }: Dispatcher.ResponseData): ServerFailure {
  body.on('error', () => {}).destroy();
  return new ServerFailure({ kind: 'foreign', code: 'HTTP 200 with an HTML page' });
}

/** The end of an answer that is searched for the server's exception, which is at most 16 KiB long. */
const tailBytes = 65_536;

async function refusal(answer: Dispatcher.ResponseData, statement: string): Promise<Error> {
  let text = '';
  for await (const part of decodedBody(answer)) {
    text += part;
    if (text.length > tailBytes) break;
  }
  const code = answer.headers['x-clickhouse-exception-code'];
  const exceptionCode = typeof code === 'string' ? code : undefined;
  return refusedAnswer({ status: answer.statusCode, exceptionCode, text }, statement);
}

/** Yields the parts without the marker at their end. Throws if the marker is missing. */
async function* untilMarker(parts: AsyncIterable<Uint8Array>, marker: string): AsyncGenerator<Uint8Array> {
  let tail: Uint8Array = Buffer.alloc(0);
  let held: Uint8Array = Buffer.alloc(0);
  try {
    for await (const part of parts) {
      tail = Buffer.concat([tail, part]).subarray(-tailBytes);
      const joined = Buffer.concat([held, part]);
      const end = Math.max(joined.length - marker.length, 0);
      if (end > 0) yield joined.subarray(0, end);
      held = joined.subarray(end);
    }
  } catch (error) {
    // Newer servers send the exception and break the connection.
    throw exceptionIn(tail.toString()) ?? error;
  }
  if (held.toString() === marker) return;
  throw exceptionIn(tail.toString()) ?? new ServerFailure({ kind: 'interrupted', code: 'the result is incomplete' });
}

/** Returns all rows of a small result. */
export async function rowsOf(statement: string, format: string, server: ClickhouseServer): Promise<string[][]> {
  const parts: Uint8Array[] = [];
  for await (const part of ask(statement, format, server)) parts.push(part);
  const rows = Buffer.concat(parts).toString().split('\n').slice(0, -1);
  return rows.map((row) => row.split('\t').map(unescapeTsv));
}
