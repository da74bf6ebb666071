import { createPrivateKey, type KeyObject } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { SignJWT } from 'jose';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { SyncError } from '../../errors.ts';
import { decodedBody } from '../../http/contentCoding.ts';
import { fileProblem, readSmallFile } from '../../system/smallFile.ts';
import { httpUrlProblem } from '../servers/connectionUrl.ts';
import { networkFault, type ServerFault } from '../servers/errors.ts';
import { BigqueryRefusal, isCode, isForeignAnswer } from './errors.ts';

/** As whom Google is asked. */
export interface GoogleCredentials {
  /** The project that is the credentials' own. */
  projectId(): Promise<string>;
  /** Headers of a request. */
  headers(): Promise<Record<string, string>>;
}

/** What of `GoogleAuth` is used. */
export interface AmbientAuth {
  getProjectId(): Promise<string>;
  getRequestHeaders(): Promise<Headers>;
}

/** Those that the environment gives: a file that it names, the machine's own, a federated identity. */
export function ambientCredentials(auth: AmbientAuth, signal: AbortSignal): GoogleCredentials {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  // The client's own requests go on, but nobody waits for them.
  const orRefused = <T>(answer: Promise<T>) => Promise.race([answer, aborted.promise]).catch(refuse);
  return {
    projectId: () => orRefused(auth.getProjectId()),
    headers: async () => Object.fromEntries(await orRefused(auth.getRequestHeaders())),
  };
}

/** Most of the client's own errors have texts without codes. Those of the network are the causes of others. */
function refuse(error: unknown): never {
  const fault = networkFaultIn(error) ?? { kind: 'login', code: 'no ambient credentials' };
  throw new BigqueryRefusal(401, fault);
}

function networkFaultIn(error: unknown): ServerFault | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const fault = networkFault(cause, false);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** An emulator on this machine asks for none. */
export function noCredentials(): GoogleCredentials {
  return { projectId: async () => 'emulator', headers: async () => ({}) };
}

const keyFile = z.object({
  type: z.literal('service_account'),
  project_id: z.string().min(1),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
  client_email: z.string().min(1),
  token_uri: z.string().refine((text) => httpUrlProblem(text) === undefined),
});

interface ServiceAccount extends z.output<typeof keyFile> {
  key: KeyObject;
}

export const bigqueryScope = 'https://www.googleapis.com/auth/bigquery';
const assertionSeconds = 3_600;
/** A token is used until shortly before its end. */
const spareMs = 60_000;

/**
 * A service account by its key file (RFC 7523: a signed assertion gives an access token). The client reads such files,
 * too, but warns on stderr of doing so.
 */
export function serviceAccountCredentials(
  path: string,
  connections: Dispatcher,
  signal: AbortSignal,
): GoogleCredentials {
  const account = readKeyFile(path);
  let token: { text: string; usableUntil: number } | undefined;
  return {
    projectId: async () => account.project_id,
    async headers() {
      if (token === undefined || Date.now() > token.usableUntil) {
        const { access_token, expires_in } = await fetchToken(account, connections, signal);
        token = { text: access_token, usableUntil: Date.now() + expires_in * 1000 - spareMs };
      }
      return { authorization: `Bearer ${token.text}` };
    },
  };
}

/** Throws `source.unreadable` or `source.login_failed`. */
function readKeyFile(path: string): ServiceAccount {
  const written = readText(path);
  try {
    const account = keyFile.parse(JSON.parse(written));
    return { ...account, key: createPrivateKey(account.private_key) };
  } catch {
    // What was wrong with it could quote the key.
    throw new SyncError(
      'source.login_failed',
      `The file ${path} of source.keyFile is no key of a Google service account.`,
      'Give the path of the JSON file that Google Cloud made for a key of the service account.',
    );
  }
}

function readText(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new SyncError(
      'source.unreadable',
      `The file ${path} of source.keyFile ${fileProblem(error)}.`,
      'Give the path of a file that this user may read.',
    );
  }
}

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

async function fetchToken(account: ServiceAccount, connections: Dispatcher, signal: AbortSignal) {
  const answer = await request(account.token_uri, {
    dispatcher: connections,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await signAssertion(account),
    }).toString(),
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    signal,
  });
  const { statusCode } = answer;
  const body = await text(decodedBody(answer));
  const json = parseJson(body) as { error?: unknown } | undefined;
  const token = tokenAnswer.safeParse(json);
  if (statusCode === 200 && token.success) return token.data;
  const code = isCode(json?.error) ? json.error : `HTTP ${statusCode}`;
  throw new BigqueryRefusal(statusCode, { kind: refusalKind(statusCode, body, json), code });
}

function refusalKind(status: number, body: string, json: unknown): ServerFault['kind'] {
  if (status >= 500) return 'unreachable';
  return json === undefined && isForeignAnswer(status, body) ? 'foreign' : 'login';
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}

function signAssertion({ client_email, private_key_id, token_uri, key }: ServiceAccount): Promise<string> {
  return new SignJWT({ scope: bigqueryScope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: private_key_id })
    .setIssuer(client_email)
    .setAudience(token_uri)
    .setIssuedAt()
    .setExpirationTime(`${assertionSeconds} s`)
    .sign(key);
}
