import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { jwtVerify } from 'jose';
import { listenUntilEnd } from '../serverSetup.ts';

/** What the server was asked. */
export interface BigqueryQuestion {
  method: string;
  /** Below that of the project. */
  path: string;
  parameters: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: InsertedJob | undefined;
}

export interface InsertedJob {
  jobReference: { projectId: string; jobId?: string; location?: string };
  configuration: {
    dryRun?: boolean;
    jobTimeoutMs?: string;
    query: { query: string; useLegacySql: boolean; maximumBytesBilled?: string };
  };
}

export type BigqueryAnswer = { status: number; json: unknown; ending?: 'break' } | 'stall';

export interface BigqueryTable {
  fields: readonly { name: string; type: string; mode?: string }[];
  statementType?: string;
  rows?: readonly (readonly (string | null)[])[];
  rowsInPage?: number;
  /** What the cursor's statement gives. */
  greatest?: string | undefined;
  /** So many times a query is not done yet when its result is asked for. */
  unfinished?: number;
  /** The token endpoint's answer, in place of a token for a valid assertion. */
  tokenAnswer?: { status: number; headers?: Record<string, string>; body: string } | 'stall';
  /** In place of all that; undefined for what the table says. */
  answer?(question: BigqueryQuestion): BigqueryAnswer | undefined;
}

export interface BigqueryServer {
  url: string;
  questions: BigqueryQuestion[];
  /** Content of a key file of an account that is let in. */
  keyFile: Record<string, string>;
  tokensGiven(): number;
  leftByClient: Promise<void>;
}

export const project = 'crm-project';
const location = 'asia-northeast1';
const scope = 'https://www.googleapis.com/auth/bigquery';

/** Speaks BigQuery's REST API (v2) and Google's token endpoint; it understands no SQL. */
export async function startBigquery(table: BigqueryTable): Promise<BigqueryServer> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const questions: BigqueryQuestion[] = [];
  const left = Promise.withResolvers<void>();
  let tokens = 0;
  const answerTable = tableAnswers(table);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const body = await text(request);
    response.on('close', () => {
      if (!response.writableFinished) left.resolve();
    });
    if (pathname === '/token') {
      tokens++;
      if (table.tokenAnswer === 'stall') return;
      if (table.tokenAnswer !== undefined) {
        const { status, headers, body } = table.tokenAnswer;
        return response.writeHead(status, headers).end(body);
      }
      return send(await tokenAnswer(new URLSearchParams(body), `${url}/token`, keys.publicKey), false, response);
    }
    const question: BigqueryQuestion = {
      method: request.method!,
      path: pathname.replace(`/bigquery/v2/projects/${project}`, ''),
      parameters: searchParams,
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
    };
    questions.push(question);
    const isCompressed = request.headers['accept-encoding'] === 'gzip';
    return send(table.answer?.(question) ?? answerTable(question), isCompressed, response);
  });
  const url = await listenUntilEnd(server);
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    url,
    questions,
    keyFile: {
      type: 'service_account',
      project_id: project,
      private_key_id: 'key-1',
      private_key: privateKey,
      client_email: 'reader@crm-project.iam.gserviceaccount.com',
      token_uri: `${url}/token`,
    },
    tokensGiven: () => tokens,
    leftByClient: left.promise,
  };
}

/** A failure as the API tells it. */
export function refusal(status: number, reason: string, message: string): BigqueryAnswer {
  return { status, json: { error: { code: status, message, errors: [{ reason, message, domain: 'global' }] } } };
}

function send(answer: BigqueryAnswer, isCompressed: boolean, response: ServerResponse): void {
  if (answer === 'stall') return;
  const json = Buffer.from(JSON.stringify(answer.json));
  const body = isCompressed ? gzipSync(json) : json;
  const headers = { 'content-type': 'application/json', ...(isCompressed && { 'content-encoding': 'gzip' }) };
  response.writeHead(answer.status, headers);
  if (answer.ending !== 'break') response.end(body);
  else response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

async function tokenAnswer(
  form: URLSearchParams,
  audience: string,
  key: Parameters<typeof jwtVerify>[1],
): Promise<BigqueryAnswer> {
  try {
    const { payload } = await jwtVerify(form.get('assertion')!, key, { audience });
    if (payload.scope !== scope) throw new Error('wrong scope');
    return { status: 200, json: { access_token: 'token-1', expires_in: 3599, token_type: 'Bearer' } };
  } catch {
    return { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
  }
}

function tableAnswers(table: BigqueryTable): (question: BigqueryQuestion) => BigqueryAnswer {
  let unfinished = table.unfinished ?? 0;
  const statements = new Map<string, string>();
  return ({ method, path, parameters, body }) => {
    if (method === 'POST' && path === '/jobs') {
      const { jobId } = body!.jobReference;
      if (body!.configuration.dryRun === true) return { status: 200, json: dryRun(table) };
      statements.set(jobId!, body!.configuration.query.query);
      const jobReference = { projectId: project, jobId, location };
      return { status: 200, json: { jobReference, status: { state: 'RUNNING' } } };
    }
    if (path.endsWith('/cancel')) return { status: 200, json: { kind: 'bigquery#jobCancelResponse' } };
    if (unfinished-- > 0) return { status: 200, json: { jobComplete: false } };
    return { status: 200, json: resultPage(table, statements.get(path.replace('/queries/', '')) ?? '', parameters) };
  };
}

function dryRun({ statementType = 'SELECT', fields }: BigqueryTable) {
  return {
    jobReference: { projectId: project, location },
    statistics: { query: { statementType, totalBytesProcessed: '1024', schema: { fields } } },
  };
}

function resultPage(table: BigqueryTable, statement: string, parameters: URLSearchParams) {
  const { rowsInPage = 50_000, greatest = '' } = table;
  const rows = statement.includes('max(') ? [[greatest]] : (table.rows ?? []);
  const from = Number(parameters.get('pageToken') ?? 0);
  const page = rows.slice(from, from + Math.min(rowsInPage, Number(parameters.get('maxResults'))));
  const next = from + page.length;
  return {
    jobComplete: true,
    totalRows: String(rows.length),
    ...(page.length > 0 && { rows: page.map((row) => ({ f: row.map((v) => ({ v })) })) }),
    ...(next < rows.length && { pageToken: String(next) }),
  };
}
