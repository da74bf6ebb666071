import { createHash, createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import type { UploadJob } from '../../../src/simulators/lineAds/jobs.ts';
import type { Simulator } from '../../../src/simulators/lineAds/simulator.ts';
import type { SimulatedAudience } from '../../../src/simulators/lineAds/state.ts';

/*
 * An independent client, which signs and writes multipart bodies by itself. It holds the simulator to
 * docs/line-ads-api.md, not to the program's own client.
 */

export interface Key {
  accessKey: string;
  secretKey: string;
}

export interface ToSign {
  date: string;
  path: string;
  contentType?: string;
  /** Left out for multipart. */
  body?: string;
  padded?: boolean;
}

function base64url(text: string | Buffer, padded: boolean): string {
  const plain = Buffer.from(text).toString('base64url');
  return padded ? plain + '='.repeat((4 - (plain.length % 4)) % 4) : plain;
}

export function sign(key: Key, { date, path, contentType = '', body = '', padded = true }: ToSign): string {
  const day = new Date(date).toISOString().slice(0, 10).replaceAll('-', '');
  const digest = createHash('sha256').update(body).digest('hex');
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: key.accessKey, typ: 'text/plain' }), padded);
  const payload = base64url([digest, contentType, day, path].join('\n'), padded);
  const signature = createHmac('sha256', key.secretKey).update(`${header}.${payload}`).digest();
  return `${header}.${payload}.${base64url(signature, padded)}`;
}

/** The fields of all endpoints' answers. A test reads those of its endpoint. */
export interface ReplyBody extends SimulatedAudience {
  errors: [{ reason: string; property: string }];
  jobs: UploadJob[];
  audienceGroups: SimulatedAudience[];
  totalElements: number;
  hasNextPage: boolean;
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: ReplyBody;
}

export interface Sent {
  method?: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: string;
  contentType?: string;
  body?: string | Buffer | Readable;
  /** Changes the headers after they were signed. */
  headers?: Record<string, string>;
  key?: Key;
  padded?: boolean;
  date?: string;
}

const agent = new Agent({ allowH2: false, keepAliveTimeout: 1000 });

export function closeAgent(): Promise<void> {
  return agent.close();
}

export async function send(simulator: Simulator, sent: Sent): Promise<Reply> {
  const { method = 'GET', path, query = '', contentType, body, headers = {}, key = simulator, padded = true } = sent;
  const date = sent.date ?? new Date().toUTCString();
  const isForm = contentType?.startsWith('multipart/form-data') === true;
  const toSign: ToSign = { date, path, padded };
  if (contentType !== undefined) toSign.contentType = isForm ? 'multipart/form-data' : contentType;
  if (typeof body === 'string' && !isForm) toSign.body = body;
  const authorization = `Bearer ${sign(key, toSign)}`;
  const reply = await request(simulator.url + path + query, {
    method,
    dispatcher: agent,
    headers: { date, authorization, ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers },
    body: body ?? null,
  });
  const text = await reply.body.text();
  return { status: reply.statusCode, headers: reply.headers, text, json: JSON.parse(text || 'null') };
}

export function audiencesPath(simulator: Simulator): string {
  return `/api/v3/adaccounts/${simulator.adAccountId}/custom-audiences`;
}

export interface Form {
  fields: Record<string, string>;
  /** Replaces the file's part headers, from its Content-Disposition on. */
  fileHeaders?: string;
  file?: string | Buffer;
  fileName?: string;
  extraParts?: string;
}

export const boundary = 'line-ads-test-boundary';
export const formType = `multipart/form-data; boundary=${boundary}`;

export function formBody({ fields, file, fileName = 'members.txt', fileHeaders, extraParts = '' }: Form): Buffer {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const headers =
    fileHeaders ?? `Content-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: text/plain`;
  const filePart =
    file === undefined
      ? []
      : [Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), Buffer.from(file), Buffer.from('\r\n')];
  return Buffer.concat([Buffer.from(parts.join('')), ...filePart, Buffer.from(`${extraParts}--${boundary}--\r\n`)]);
}

export function upload(simulator: Simulator, form: Form, sent: Partial<Sent> = {}): Promise<Reply> {
  const path = `${audiencesPath(simulator)}/upload`;
  return send(simulator, { method: 'POST', path, contentType: formType, body: formBody(form), ...sent });
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Lines of made-up hashes, numbers `from` up to and without `to`. */
export function hashes(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => hashOf(`person-${from + index}`));
}

/** An email upload; REPLACE and ADD go to an id, a creating ADD to a name. */
export function emailForm(
  action: string,
  target: Record<string, string>,
  lines: readonly string[],
  fileName = 'members.txt',
): Form {
  return { fields: { action, idType: 'HASHED_EMAIL', ...target }, file: `${lines.join('\n')}\n`, fileName };
}
