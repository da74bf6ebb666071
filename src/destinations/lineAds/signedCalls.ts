import type { Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import type { RequestLimiter } from '../../http/limits.ts';
import type { UploadForm } from '../../http/multipart.ts';
import { logRequest, type RequestLog } from '../../http/requestLog.ts';
import { callOnce, type HttpAnswer, type HttpRequest, type NetworkFailure } from '../../http/transport.ts';
import type { AccountConfig } from './config.ts';
import { isFromLine } from './foreignAnswers.ts';
import { createLineClock, isOff, skewOf } from './lineClock.ts';
import { type SignatureForm, signRequest } from './signing.ts';

export interface LineRequest {
  method: 'GET' | 'POST';
  path: string;
  query?: string;
  form?: UploadForm;
}

/** The result of the last of `calls` HTTP calls. `ms` is the time of all of them on the wire. */
export interface Exchange {
  result: HttpAnswer | NetworkFailure;
  calls: number;
  ms: number;
  /** LINE's clock minus ours by the answer's `Date`. */
  skewMs: number | undefined;
}

export interface SignedCalls {
  /** Makes one attempt; a 401 may take further calls. `attempt` is the number to log. */
  send(request: LineRequest, attempt: number): Promise<Exchange>;
  /** Tells whether LINE has answered any call of this process, with any status. */
  wasAnswered(): boolean;
  /** LINE's clock minus ours, at the first answer that was more than a minute off. */
  clockSkewMs(): number | undefined;
}

export interface SignedCallsOptions {
  connection: AccountConfig;
  limiter: RequestLimiter;
  clock: Clock;
  dispatcher: Dispatcher;
  log: RequestLog;
  /** Ends reads and their waits. No request starts after it. */
  signal: AbortSignal;
  /** Ends uploads that have started. */
  uploadSignal: AbortSignal;
  timeoutMs: (bodyBytes: number) => number;
}

const commonHeaders = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'line-ads-sync' };

interface Call {
  result: HttpAnswer | NetworkFailure;
  ms: number;
  skewMs: number | undefined;
  /** Whether the answer's `Date` shows that the request was signed for a wrong time. */
  hadWrongTime: boolean;
}

/** Each call takes a slot of the limiter, is signed in it right before it goes out, and is logged. */
export function createSignedCalls(options: SignedCallsOptions): SignedCalls {
  const { connection, limiter, clock, log, signal } = options;
  const lineClock = createLineClock(log);
  let keptForm: SignatureForm = connection.signature === 'padded' ? 'padded' : 'rfc7515';
  let answered = false;

  async function call(request: LineRequest, signatureForm: SignatureForm, attempt: number): Promise<Call> {
    const done = await limiter.start(async (sent) => {
      const signedSkewMs = lineClock.skewMs();
      const http = await signedRequest(request, signatureForm, clock.now() + signedSkewMs, options);
      signal.throwIfAborted();
      const startedAt = clock.now();
      const result = await callOnce(options.dispatcher, http, request.form ? options.uploadSignal : signal, sent);
      const skewMs = skewOf(result, clock);
      return { result, ms: clock.now() - startedAt, skewMs, hadWrongTime: isOff(skewMs, signedSkewMs) };
    });
    answered ||= done.result.kind === 'answer';
    logRequest(log, { ...request, attempt, ms: done.ms }, done.result);
    lineClock.follow(done.skewMs);
    return done;
  }

  return {
    wasAnswered: () => answered,
    clockSkewMs: lineClock.foundSkewMs,
    async send(request, attempt) {
      const remaining = createCorrections(connection.signature === 'auto');
      let form = keptForm;
      let ms = 0;
      for (let calls = 1; ; calls += 1) {
        const { hadWrongTime, ...exchange } = await call(request, form, attempt + calls - 1);
        ms += exchange.ms;
        if (isAccepted(exchange.result)) keptForm = form;
        const next = isUnauthorised(exchange.result) ? remaining.after(form, hadWrongTime) : undefined;
        if (next === undefined) return { ...exchange, ms, calls };
        form = next;
      }
    },
  };
}

async function signedRequest(
  { method, path, query, form }: LineRequest,
  signatureForm: SignatureForm,
  atMs: number,
  { connection, timeoutMs }: Pick<SignedCallsOptions, 'connection' | 'timeoutMs'>,
): Promise<HttpRequest> {
  const url = `${new URL(connection.baseUrl).origin}${path}${query ?? ''}`;
  const http = { method, url, timeoutMs: timeoutMs(form?.contentLength ?? 0) };
  if (form === undefined) {
    const signature = await signRequest(connection, { path }, atMs, signatureForm);
    return { ...http, headers: { ...commonHeaders, ...signature } };
  }
  const { contentType, contentLength } = form;
  const signature = await signRequest(connection, { path, contentType }, atMs, signatureForm);
  const ofBody = { 'content-type': contentType, 'content-length': `${contentLength}` };
  return { ...http, headers: { ...commonHeaders, ...ofBody, ...signature }, form };
}

/**
 * Returns the form to try after a 401 (docs/line-ads-api.md, "Signing"): once the same form with LINE's time, if the
 * request was signed for another; then, unless the form is fixed, the padded form.
 */
function createCorrections(mayChangeForm: boolean) {
  let mayCorrectTime = true;
  return {
    after(form: SignatureForm, hadWrongTime: boolean): SignatureForm | undefined {
      if (mayCorrectTime && hadWrongTime) {
        mayCorrectTime = false;
        return form;
      }
      return mayChangeForm && form === 'rfc7515' ? 'padded' : undefined;
    },
  };
}

function isUnauthorised(result: HttpAnswer | NetworkFailure): boolean {
  return result.kind === 'answer' && result.status === 401 && isFromLine(result);
}

/** Tells whether LINE has accepted the signature. A 429 or 5xx may come before LINE checks it. */
function isAccepted(result: HttpAnswer | NetworkFailure): boolean {
  if (result.kind === 'network' || !isFromLine(result)) return false;
  return result.status < 500 && result.status !== 401 && result.status !== 429;
}
