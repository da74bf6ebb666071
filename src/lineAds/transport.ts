import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { systemErrorCode } from '../errors.ts';
import type { UploadForm } from './multipart.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  form?: UploadForm;
  timeoutMs: number;
}

/** What LINE answered; `text` is absent when it was too large or, on an error status, broke off. */
export interface HttpAnswer {
  kind: 'answer';
  status: number;
  text: string | undefined;
  date: string | undefined;
  retryAfter: string | undefined;
  bodyBegun: boolean;
}

/** No answer: Node's or undici's code, `TIMEOUT` or `ABORTED`. `bodyBegun` tells whether any of our body went out. */
export interface NetworkFailure {
  kind: 'network';
  code: string;
  bodyBegun: boolean;
}

const minTimeoutMs = 30_000;
const slowestBytesPerMs = 100;
const maxAnswerBytes = 4 * 1024 * 1024;

/** 30 s, and the time that the body takes at 100 kB/s (60 MiB: 11 minutes). */
export function attemptTimeoutMs(bodyBytes: number): number {
  return minTimeoutMs + Math.ceil(bodyBytes / slowestBytesPerMs);
}

/** HTTP/1.1 only; through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY (either case) ask for. */
export function createDispatcher(env: Readonly<Record<string, string | undefined>>): Dispatcher {
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  if (httpProxy === '' && httpsProxy === '') return new Agent({ allowH2: false });
  const noProxy = env.no_proxy || env.NO_PROXY || '';
  return new EnvHttpProxyAgent({ allowH2: false, httpProxy, httpsProxy, noProxy });
}

/**
 * One HTTP call. Trouble with the network is a value; what is thrown is the body's own error (its file could not be
 * read). `sent` is called when the request goes out on its connection. Redirects are answers like any other.
 */
export async function callOnce(
  dispatcher: Dispatcher,
  call: HttpRequest,
  signal: AbortSignal,
  sent: () => void,
): Promise<HttpAnswer | NetworkFailure> {
  const body = call.form === undefined ? undefined : watchBody(call.form);
  const timeout = startTimeout(call.timeoutMs);
  try {
    const answer = await request(call.url, {
      dispatcher: announceStart(dispatcher, sent),
      method: call.method,
      headers: call.headers,
      // Its types leave out what it takes: https://undici.nodejs.org/#/docs/api/Dispatcher, "body".
      body: (body?.parts ?? null) as Readable | null,
      signal: AbortSignal.any([signal, timeout.signal]),
      headersTimeout: call.timeoutMs,
      bodyTimeout: call.timeoutMs,
    });
    return { ...(await readAnswer(answer)), bodyBegun: body?.isBegun() ?? false };
  } catch (error) {
    body?.rethrowOwnError();
    const code = signal.aborted ? 'ABORTED' : timeout.signal.aborted ? 'TIMEOUT' : networkCode(error);
    return { kind: 'network', code, bodyBegun: body?.isBegun() ?? false };
  } finally {
    timeout.stop();
  }
}

/** Its timer is stopped with the call; one of `AbortSignal.timeout` would go on for its eleven minutes. */
function startTimeout(ms: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function networkCode(error: unknown): string {
  return systemErrorCode(error) ?? 'UNKNOWN';
}

function announceStart(dispatcher: Dispatcher, sent: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, inner) => {
    const announcing: Dispatcher.DispatchHandler = {
      onRequestStart(controller, context) {
        sent();
        inner.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => inner.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => inner.onResponseStart?.(...args),
      onResponseData: (...args) => inner.onResponseData?.(...args),
      onResponseEnd: (...args) => inner.onResponseEnd?.(...args),
      onResponseError: (...args) => inner.onResponseError?.(...args),
    };
    return dispatch(options, announcing);
  });
}

interface WatchedBody {
  parts: AsyncGenerator<Uint8Array>;
  isBegun(): boolean;
  rethrowOwnError(): void;
}

function watchBody(form: UploadForm): WatchedBody {
  let begun = false;
  let own: { error: unknown } | undefined;
  async function* watchChunks() {
    begun = true;
    const chunks = form.open()[Symbol.asyncIterator]();
    try {
      for (;;) {
        // Only what reading throws is the body's own, not what the network throws in at `yield`.
        const next = await chunks.next().catch((error: unknown) => {
          own = { error };
          throw error;
        });
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
  return {
    parts: watchChunks(),
    isBegun: () => begun,
    rethrowOwnError() {
      if (own !== undefined) throw own.error;
    },
  };
}

async function readAnswer(answer: Dispatcher.ResponseData): Promise<Omit<HttpAnswer, 'bodyBegun'>> {
  const text = await readText(answer.body).catch((error: unknown) => {
    if (answer.statusCode < 300) throw error;
    return undefined;
  });
  return {
    kind: 'answer',
    status: answer.statusCode,
    text,
    date: singleHeader(answer.headers.date),
    retryAfter: singleHeader(answer.headers['retry-after']),
  };
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
