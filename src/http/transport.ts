import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { systemErrorCode } from '../errors.ts';
import { ProxyFailure } from './connections.ts';
import { codingsOf, decodedBody, UnknownCoding } from './contentCoding.ts';
import type { UploadForm } from './multipart.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  form?: UploadForm;
  timeoutMs: number;
}

/** An answer; `text` is absent when it was too large, could not be decoded or, on an error status, broke off. */
export interface HttpAnswer {
  kind: 'answer';
  status: number;
  text: string | undefined;
  /** The content coding that could not be undone. */
  coding?: string;
  date: string | undefined;
  retryAfter: string | undefined;
  bodyBegun: boolean;
}

/** No answer: Node's or undici's code, `TIMEOUT` or `ABORTED`. `bodyBegun` tells whether any of our body went out. */
export interface NetworkFailure {
  kind: 'network';
  code: string;
  bodyBegun: boolean;
  /** The proxy that opened no tunnel, and the status of its answer if it gave one. */
  proxy?: { name: string; status: number | undefined };
}

const minTimeoutMs = 30_000;
const minBytesPerMs = 100;
const maxAnswerBytes = 4 * 1024 * 1024;

/** Returns 30 s plus the time that the body takes at 100 kB/s (60 MiB: 11 minutes). */
export function attemptTimeoutMs(bodyBytes: number): number {
  return minTimeoutMs + Math.ceil(bodyBytes / minBytesPerMs);
}

/**
 * Makes one HTTP call. A network failure is a returned value. Only an error of the body is thrown, such as an unreadable
 * file. `sent` is called when the request goes out on its connection. A redirect is an answer like any other.
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
      // undici accepts an iterable, though its types do not: https://undici.nodejs.org/#/docs/api/Dispatcher, "body".
      body: (body?.parts ?? null) as Readable | null,
      signal: AbortSignal.any([signal, timeout.signal]),
      headersTimeout: call.timeoutMs,
      bodyTimeout: call.timeoutMs,
    });
    return { ...(await readAnswer(answer)), bodyBegun: body?.isBegun() ?? false };
  } catch (error) {
    body?.rethrowOwnError();
    const bodyBegun = body?.isBegun() ?? false;
    if (signal.aborted) return { kind: 'network', code: 'ABORTED', bodyBegun };
    if (timeout.signal.aborted) return { kind: 'network', code: 'TIMEOUT', bodyBegun };
    return { kind: 'network', ...networkFault(error), bodyBegun };
  } finally {
    timeout.stop();
  }
}

/** The timer is stopped with the call. `AbortSignal.timeout` would keep its timer for eleven minutes. */
function startTimeout(ms: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function networkFault(error: unknown): Pick<NetworkFailure, 'code' | 'proxy'> {
  if (!(error instanceof ProxyFailure)) return { code: systemErrorCode(error) ?? 'UNKNOWN' };
  return { code: error.reason, proxy: { name: error.proxy, status: error.status } };
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
        // Errors of the read are the body's own. Errors of the network arrive at `yield`.
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
  const body = await readBody(answer).catch((error: unknown) => {
    if (answer.statusCode < 300) throw error;
    return { text: undefined };
  });
  return {
    kind: 'answer',
    status: answer.statusCode,
    ...body,
    date: singleHeader(answer.headers.date),
    retryAfter: singleHeader(answer.headers['retry-after']),
  };
}

async function readBody(answer: Dispatcher.ResponseData): Promise<Pick<HttpAnswer, 'text' | 'coding'>> {
  try {
    return { text: await readText(decodedBody(answer)) };
  } catch (error) {
    if (error instanceof UnknownCoding) return { text: undefined, coding: error.coding };
    if (!isDecoderError(error)) throw error;
    return { text: undefined, coding: codingsOf(answer.headers).join(', ') };
  }
}

/** An error of zlib: Z_DATA_ERROR, ERR__ERROR_FORMAT_PADDING_1 (Brotli), ZSTD_error_prefix_unknown. */
function isDecoderError(error: unknown): boolean {
  return /^(Z_|ZSTD_|ERR__ERROR_)/.test(systemErrorCode(error) ?? '');
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
