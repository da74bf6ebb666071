import { createPublicKey, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { listenUntilEnd } from '../serverSetup.ts';

/** What the server was asked. */
export interface SnowflakeQuestion {
  path: string;
  parameters: URLSearchParams;
  authorization: string | undefined;
  body: {
    sqlText?: string;
    parameters?: Record<string, unknown>;
    data?: Record<string, unknown> & { CLIENT_ENVIRONMENT?: Record<string, unknown> };
  };
}

/** `break` ends the connection after half of the answer. */
export type SnowflakeAnswer = { json: unknown } | { status: number } | { rows: string } | 'stall' | 'break';

export interface SnowflakeTable {
  columns: readonly { name: string; type: string; scale?: number }[];
  rows?: readonly (readonly (string | null)[])[];
  /** How many of the rows come with the answer; the others in files of so many. */
  rowsInAnswer?: number;
  /** What the cursor's statement gives. */
  greatest?: string | undefined;
  /** In place of all that; undefined for what the table says. */
  answer?(question: SnowflakeQuestion): SnowflakeAnswer | undefined;
}

export interface SnowflakeServer {
  url: string;
  questions: SnowflakeQuestion[];
  statements(): string[];
  /** How often the path was asked for. */
  count(path: RegExp): number;
}

/** Who is let in. */
export interface SnowflakeUser {
  privateKey: KeyObject;
  oauthToken: string;
}

const sessionToken = 'session-token';

/** Speaks the protocol of Snowflake's drivers; it understands no SQL. */
export async function startSnowflake(table: SnowflakeTable, user: SnowflakeUser): Promise<SnowflakeServer> {
  const questions: SnowflakeQuestion[] = [];
  const server = createServer(async (request, response) => {
    const question = await questionOf(request);
    questions.push(question);
    send(table.answer?.(question) ?? (await answerOf(table, question, user, url)), response);
  });
  const url = await listenUntilEnd(server);
  return {
    url,
    questions,
    statements: () => questions.flatMap(({ body }) => body.sqlText ?? []),
    count: (path) => questions.filter((question) => path.test(question.path)).length,
  };
}

async function questionOf(request: IncomingMessage): Promise<SnowflakeQuestion> {
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
  const sent = await buffer(request);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  return {
    path: pathname,
    parameters: searchParams,
    authorization: request.headers.authorization,
    body: body.length === 0 ? {} : JSON.parse(body.toString()),
  };
}

function send(answer: SnowflakeAnswer, response: ServerResponse): void {
  if (answer === 'stall') return;
  if (answer === 'break') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"success": true, "da', () => response.destroy());
  } else if ('status' in answer) response.writeHead(answer.status).end();
  else if ('rows' in answer) response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(answer.rows));
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.json));
}

/** A failure as the server tells it. */
export function failure(code: string, message: string): SnowflakeAnswer {
  return { json: { success: false, code, message, data: { sqlState: '42601', errorCode: code } } };
}

async function answerOf(
  table: SnowflakeTable,
  question: SnowflakeQuestion,
  user: SnowflakeUser,
  url: string,
): Promise<SnowflakeAnswer> {
  const { path, body, authorization } = question;
  if (path === '/session/v1/login-request') return login(body.data!, user);
  if (path.startsWith('/files/')) return { rows: fileOf(table, Number(path.slice('/files/'.length))) };
  if (authorization !== `Snowflake Token="${sessionToken}"`) return failure('390104', 'no session');
  if (path === '/queries/v1/query-request') return { json: resultOf(table, body.sqlText!, url) };
  return { json: { success: true, data: null } };
}

async function login(data: Record<string, unknown>, user: SnowflakeUser): Promise<SnowflakeAnswer> {
  const isLetIn = data.AUTHENTICATOR === 'OAUTH' ? data.TOKEN === user.oauthToken : await isSigned(data, user);
  if (!isLetIn) return failure('390144', 'JWT token is invalid.');
  const tokens = {
    token: sessionToken,
    validityInSeconds: 3600,
    masterToken: 'master',
    masterValidityInSeconds: 14400,
  };
  return { json: { success: true, data: { ...tokens, sessionId: 1, parameters: [] } } };
}

async function isSigned(
  { TOKEN, LOGIN_NAME }: Record<string, unknown>,
  { privateKey }: SnowflakeUser,
): Promise<boolean> {
  try {
    const token = String(TOKEN);
    if (decodeProtectedHeader(token).alg !== 'RS256') return false;
    // The driver writes the times in milliseconds.
    const { payload } = await jwtVerify(token, createPublicKey(privateKey), {
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    return payload.sub === `MYORG-ACCOUNT1.${String(LOGIN_NAME).toUpperCase()}`;
  } catch {
    return false;
  }
}

function resultOf(table: SnowflakeTable, statement: string, url: string) {
  const isDescription = statement.includes('LIMIT 0');
  const rows = isDescription ? [] : rowsOf(table, statement);
  const columns = isDescription
    ? table.columns
    : (rows[0] ?? ['']).map((_, index) => ({ name: `V${index}`, type: 'text' }));
  const first = table.rowsInAnswer ?? rows.length;
  const files = Array.from({ length: Math.ceil((rows.length - first) / Math.max(first, 1)) }, (_, index) => index + 1);
  return {
    success: true,
    code: null,
    data: {
      parameters: [],
      rowtype: columns.map((column) => ({ scale: 0, precision: 38, nullable: true, length: 100, ...column })),
      rowset: rows.slice(0, first),
      total: rows.length,
      returned: rows.length,
      queryId: '01b0-0000',
      version: 1,
      statementTypeId: 4096,
      queryResultFormat: 'json',
      ...(files.length > 0 && {
        chunks: files.map((file) => ({
          url: `${url}/files/${file}`,
          rowCount: rows.slice(file * first, (file + 1) * first).length,
          compressedSize: 100,
          uncompressedSize: 1000,
        })),
        chunkHeaders: {},
      }),
    },
  };
}

function rowsOf({ rows = [], greatest = '' }: SnowflakeTable, statement: string) {
  return statement.includes('max(') ? [[greatest]] : rows;
}

/** Rows without the brackets around them all. */
function fileOf({ rows = [], rowsInAnswer = 1 }: SnowflakeTable, file: number): string {
  return JSON.stringify(rows.slice(file * rowsInAnswer, (file + 1) * rowsInAnswer)).slice(1, -1);
}
