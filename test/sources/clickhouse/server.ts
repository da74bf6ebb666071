import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { listenUntilEnd } from '../serverSetup.ts';

/** What the server was asked. */
export interface ClickhouseQuestion {
  statement: string;
  parameters: URLSearchParams;
  headers: IncomingHttpHeaders;
}

export interface ClickhouseAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Bytes of the body, in parts that go out one by one. */
  parts: readonly Uint8Array[];
  /** marker: as the format asks; none: the body ends; break: the connection breaks; stall: nothing more comes. */
  ending: 'marker' | 'none' | 'break' | 'stall';
}

export interface ClickhouseTable {
  columns: readonly (readonly [name: string, type: string])[];
  /** What the statement that reads the wanted columns gives; null for \N. */
  rows?: readonly (readonly (string | null)[])[];
  /** What the cursor's statement gives. */
  greatest?: string | undefined;
  encoding?: 'gzip' | 'zstd';
  /** In place of all that; undefined for what the table says. */
  answer?(question: ClickhouseQuestion): ClickhouseAnswer | undefined;
}

export interface ClickhouseServer {
  url: string;
  questions: ClickhouseQuestion[];
  /** Resolves when a connection has been closed by the client in the middle of an answer. */
  leftByClient: Promise<void>;
}

/** Speaks ClickHouse's HTTP interface and its CustomSeparated format; it understands no SQL. */
export async function startClickhouse(table: ClickhouseTable): Promise<ClickhouseServer> {
  const questions: ClickhouseQuestion[] = [];
  const left = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const parameters = new URL(request.url!, 'http://localhost').searchParams;
    const question = { statement: await text(request), parameters, headers: request.headers };
    questions.push(question);
    response.on('close', () => {
      if (!response.writableFinished) left.resolve();
    });
    await send(table.answer?.(question) ?? tableAnswer(table, question), table.encoding, question, response);
  });
  return { url: await listenUntilEnd(server), questions, leftByClient: left.promise };
}

function tableAnswer(table: ClickhouseTable, { statement }: ClickhouseQuestion): ClickhouseAnswer {
  return { parts: [Buffer.from(tsvOf(resultOf(table, statement)))], ending: 'marker' };
}

function resultOf(
  { columns, rows, greatest }: ClickhouseTable,
  statement: string,
): readonly (readonly (string | null)[])[] {
  if (statement.includes('LIMIT 0')) return [columns.map(([name]) => name), columns.map(([, type]) => type)];
  if (statement.includes('max(')) return greatest === undefined ? [] : [[greatest]];
  return rows ?? [];
}

async function send(
  { status = 200, headers = {}, parts, ending }: ClickhouseAnswer,
  encoding: ClickhouseTable['encoding'],
  { parameters }: ClickhouseQuestion,
  response: ServerResponse,
): Promise<void> {
  const marker = ending === 'marker' ? [Buffer.from(parameters.get('format_custom_result_after_delimiter')!)] : [];
  const whole =
    encoding === undefined ? [...parts, ...marker] : [compress(Buffer.concat([...parts, ...marker]), encoding)];
  response.writeHead(status, { ...headers, ...(encoding !== undefined && { 'content-encoding': encoding }) });
  for (const part of whole) await new Promise((resolve) => response.write(part, resolve));
  if (ending === 'break') response.destroy();
  else if (ending !== 'stall') response.end();
}

function compress(bytes: Uint8Array, encoding: 'gzip' | 'zstd'): Uint8Array {
  return encoding === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes);
}

const letters: Record<string, string> = {
  '\b': 'b',
  '\f': 'f',
  '\r': 'r',
  '\n': 'n',
  '\t': 't',
  '\0': '0',
  '\\': '\\',
  "'": "'",
};

/** As ClickHouse's writeAnyEscapedString does it. */
export function escapeTsv(value: string): string {
  return value.replace(/[\b\f\r\n\t\0\\']/g, (character) => `\\${letters[character]}`);
}

function tsvOf(rows: readonly (readonly (string | null)[])[]): string {
  return rows.map((row) => `${row.map((cell) => (cell === null ? '\\N' : escapeTsv(cell))).join('\t')}\n`).join('');
}

/** An exception before the first byte of the result. */
export function exceptionAnswer(status: number, code: number, message: string): ClickhouseAnswer {
  return {
    status,
    headers: { 'x-clickhouse-exception-code': String(code) },
    parts: [Buffer.from(`Code: ${code}. DB::Exception: ${message} (version 25.3.2.39 (official build))\n`)],
    ending: 'none',
  };
}
