import type { Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import type { RequestLimiter } from '../../http/limits.ts';
import type { UploadForm } from '../../http/multipart.ts';
import { httpDateMs } from '../../http/retry.ts';
import { callOnce, type HttpAnswer, type NetworkFailure } from '../../http/transport.ts';
import type { ConnectionConfig } from './config.ts';
import { isFromLine } from './foreignAnswers.ts';
import { type SignatureForm, signRequest, worstSkewMs } from './signing.ts';

/** Where requests are logged: pino's logger fits. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface LineRequest {
  method: 'GET' | 'POST';
  path: string;
  query?: string;
  form?: UploadForm;
}

/** What the last of `calls` HTTP calls gave. `ms` is the time of all of them on the wire. */
export interface Exchange {
  result: HttpAnswer | NetworkFailure;
  calls: number;
  ms: number;
  /** LINE's clock minus ours by the answer's `Date`. */
  skewMs: number | undefined;
}

export interface SignedCalls {
  /** One attempt; more calls only for what follows a 401. `attempt` is the number to log. */
  send(request: LineRequest, attempt: number): Promise<Exchange>;
  /** Whether LINE has answered any call of this process, with whatever status. */
  wasAnswered(): boolean;
  /** LINE's clock minus ours when it was first found to be more than a minute off. */
  clockSkewMs(): number | undefined;
}

const commonHeaders = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'line-ads-sync' };

interface Call {
  result: HttpAnswer | NetworkFailure;
  ms: number;
  skewMs: number | undefined;
  /** Whether the answer's `Date` shows that the request was signed for a wrong time. */
  wasSignedOff: boolean;
}

/** Each call takes a slot of the limiter and is signed in it, right before it goes out; then it is logged. */
export function createSignedCalls(options: {
  connection: ConnectionConfig;
  limiter: RequestLimiter;
  clock: Clock;
  dispatcher: Dispatcher;
  log: Log;
  /** No request starts after it; what a read waits for ends with it, too. */
  signal: AbortSignal;
  /** An upload that has started ends with this one. */
  uploadSignal: AbortSignal;
  timeoutMs: (bodyBytes: number) => number;
}): SignedCalls {
  const { connection, limiter, clock, dispatcher, log, signal, uploadSignal, timeoutMs } = options;
  let keptForm: SignatureForm = connection.signature === 'padded' ? 'padded' : 'rfc7515';
  let signingSkewMs = 0;
  let foundSkewMs: number | undefined;
  let answered = false;

  async function call(request: LineRequest, signatureForm: SignatureForm, attempt: number): Promise<Call> {
    const done = await limiter.start(async (sent) => {
      const signedSkewMs = signingSkewMs;
      const headers = await headersOf(request, signatureForm, clock.now() + signedSkewMs);
      signal.throwIfAborted();
      const url = `${new URL(connection.baseUrl).origin}${request.path}${request.query ?? ''}`;
      const { method, form } = request;
      const startedAt = clock.now();
      const http = { method, url, headers, timeoutMs: timeoutMs(form?.contentLength ?? 0), ...(form && { form }) };
      const result = await callOnce(dispatcher, http, form === undefined ? signal : uploadSignal, sent);
      const skewMs = skewOf(result, clock.now());
      return { result, ms: clock.now() - startedAt, skewMs, wasSignedOff: isOff(skewMs, signedSkewMs) };
    });
    answered ||= done.result.kind === 'answer';
    logCall(log, request, done.result, attempt, done.ms);
    followClock(done.skewMs);
    return done;
  }

  async function headersOf(
    { path, form }: LineRequest,
    signatureForm: SignatureForm,
    atMs: number,
  ): Promise<Record<string, string>> {
    const content = form === undefined ? {} : { contentType: form.contentType };
    const signature = await signRequest(connection, { path, ...content }, atMs, signatureForm);
    const length =
      form === undefined ? {} : { 'content-type': form.contentType, 'content-length': `${form.contentLength}` };
    return { ...commonHeaders, ...length, ...signature };
  }

  /** Whatever the answer said: from now on requests are signed with LINE's time. The first finding is told. */
  function followClock(skewMs: number | undefined): void {
    if (!isOff(skewMs, signingSkewMs)) return;
    signingSkewMs = skewMs;
    if (foundSkewMs !== undefined) return;
    foundSkewMs = skewMs;
    log.warn({ skewMs }, describeSkew(skewMs));
  }

  return {
    wasAnswered: () => answered,
    clockSkewMs: () => foundSkewMs,
    async send(request, attempt) {
      const remaining = createCorrections(connection.signature === 'auto');
      let form = keptForm;
      let ms = 0;
      for (let calls = 1; ; calls += 1) {
        const { wasSignedOff, ...exchange } = await call(request, form, attempt + calls - 1);
        ms += exchange.ms;
        if (isAccepted(exchange.result)) keptForm = form;
        const next = isUnauthorised(exchange.result) ? remaining.after(form, wasSignedOff) : undefined;
        if (next === undefined) return { ...exchange, ms, calls };
        form = next;
      }
    },
  };
}

/** In the words of a warning. */
export function describeSkew(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `This machine's clock is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} LINE's; requests are signed with LINE's time. Set the clock.`;
}

/**
 * The form to try after a 401 (LINE Ads API reference, "Signing"): once the same with LINE's time, which is followed by
 * then, when the request was signed for another; then, unless the form is fixed, the padded form.
 */
function createCorrections(mayChangeForm: boolean) {
  let mayCorrectTime = true;
  return {
    after(form: SignatureForm, wasSignedOff: boolean): SignatureForm | undefined {
      if (mayCorrectTime && wasSignedOff) {
        mayCorrectTime = false;
        return form;
      }
      return mayChangeForm && form === 'rfc7515' ? 'padded' : undefined;
    },
  };
}

function isOff(skewMs: number | undefined, signedSkewMs: number): skewMs is number {
  return skewMs !== undefined && Math.abs(skewMs - signedSkewMs) > worstSkewMs;
}

function isUnauthorised(result: HttpAnswer | NetworkFailure): boolean {
  return result.kind === 'answer' && result.status === 401 && isFromLine(result);
}

/** A 429 or 5xx may come from before the signature is looked at. */
function isAccepted(result: HttpAnswer | NetworkFailure): boolean {
  if (result.kind === 'network' || !isFromLine(result)) return false;
  return result.status < 500 && result.status !== 401 && result.status !== 429;
}

/** The clock of a proxy says nothing about LINE's. */
function skewOf(result: HttpAnswer | NetworkFailure, nowMs: number): number | undefined {
  const dateMs = result.kind === 'answer' && isFromLine(result) ? httpDateMs(result.date) : undefined;
  return dateMs === undefined ? undefined : dateMs - nowMs;
}

/** LINE asks integrators to keep time (the logger's), method, endpoint and status of each request. */
function logCall(
  log: Log,
  { method, path }: LineRequest,
  result: HttpAnswer | NetworkFailure,
  attempt: number,
  ms: number,
): void {
  const outcome = result.kind === 'answer' ? { status: result.status } : { status: null, network: result.code };
  log.info({ method, path, ...outcome, attempt, ms }, 'request');
}
