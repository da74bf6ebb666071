import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { decodedBody } from '../../http/contentCoding.ts';
import { type BigqueryError, BigqueryRefusal, bigqueryFault, isForeignAnswer, isTransient } from './errors.ts';
import type { GoogleCredentials } from './googleCredentials.ts';

export interface BigqueryCall {
  /** A call may be retried, so it must have the same effect when it arrives twice. */
  method: 'GET' | 'POST';
  /** Relative to the path of the project. */
  path: string;
  parameters?: Record<string, string>;
  body?: unknown;
}

/** BigQuery's REST API (v2) for one project. */
export interface BigqueryApi {
  projectId: string;
  /** Throws a `BigqueryRefusal`, or the network's own error. */
  call(call: BigqueryCall, signal: AbortSignal): Promise<unknown>;
}

export interface BigqueryAccess {
  endpoint: string;
  projectId: string;
  credentials: GoogleCredentials;
  connections: Dispatcher;
}

/** Delays before the retries of a call that a busy server refused. */
const retryDelaysMs = [500, 1_000, 2_000, 4_000];

/** The longest time without a byte of an answer. The API answers even while a query still runs. */
const silenceMs = 120_000;

export function createBigqueryApi(access: BigqueryAccess): BigqueryApi {
  return { projectId: access.projectId, call: (call, signal) => callWithRetries(access, call, signal) };
}

async function callWithRetries(access: BigqueryAccess, call: BigqueryCall, signal: AbortSignal): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await callOnce(access, call, signal);
    } catch (error) {
      const waitMs = retryDelaysMs[attempt];
      if (waitMs === undefined || !(error instanceof BigqueryRefusal) || !isTransient(error)) throw error;
      await sleep(waitMs, undefined, { signal });
    }
  }
}

async function callOnce(
  { endpoint, projectId, credentials, connections }: BigqueryAccess,
  { method, path, parameters, body }: BigqueryCall,
  signal: AbortSignal,
): Promise<unknown> {
  const url = `${endpoint}/bigquery/v2/projects/${encodeURIComponent(projectId)}${path}`;
  const query = new URLSearchParams({ ...parameters, prettyPrint: 'false' });
  const answer = await request(`${url}?${query}`, {
    dispatcher: connections,
    method,
    headers: {
      ...(await credentials.headers()),
      'content-type': 'application/json',
      // Google compresses only if the user agent mentions gzip as well.
      'accept-encoding': 'gzip',
      'user-agent': 'line-ads-sync (gzip)',
    },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    signal,
  });
  return readAnswer(answer.statusCode, await text(decodedBody(answer)));
}

function readAnswer(status: number, body: string): unknown {
  const answer = parseObject(body);
  if (status === 200 && answer !== undefined) return answer;
  if (isForeignAnswer(status, body)) throw new BigqueryRefusal(status, { kind: 'foreign', code: `HTTP ${status}` });
  throw new BigqueryRefusal(status, bigqueryFault(firstError(answer), status));
}

function parseObject(body: string): object | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

function firstError(answer: object | undefined): BigqueryError {
  const { error } = (answer ?? {}) as { error?: { errors?: BigqueryError[] } };
  return error?.errors?.[0] ?? {};
}
