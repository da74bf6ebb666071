import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { ConnectionConfig } from '../config.ts';
import type { RequestLimiter } from './limits.ts';
import type { UploadForm } from './multipart.ts';
import { httpDateMs } from './retry.ts';
import { type SignatureForm, signRequest, worstSkewMs } from './signing.ts';
import { callOnce, type HttpAnswer, type NetworkFailure } from './transport.ts';

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
  /** LINE's clock minus ours, once it was found to be more than a minute off. */
  clockSkewMs(): number | undefined;
}

/** What a signature depends on beside the request. */
interface Stance {
  form: SignatureForm;
  skewMs: number;
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
  let kept: Stance = { form: connection.signature === 'padded' ? 'padded' : 'rfc7515', skewMs: 0 };
  let answered = false;

  async function call(request: LineRequest, stance: Stance, attempt: number): Promise<Omit<Exchange, 'calls'>> {
    const exchange = await limiter.start(async (sent) => {
      signal.throwIfAborted();
      const headers = await headersOf(request, stance);
      const url = `${new URL(connection.baseUrl).origin}${request.path}${request.query ?? ''}`;
      const { method, form } = request;
      const startedAt = clock.now();
      const http = { method, url, headers, timeoutMs: timeoutMs(form?.contentLength ?? 0), ...(form && { form }) };
      const result = await callOnce(dispatcher, http, form === undefined ? signal : uploadSignal, sent);
      return { result, ms: clock.now() - startedAt, skewMs: skewOf(result, clock.now()) };
    });
    answered ||= exchange.result.kind === 'answer';
    logCall(log, request, exchange.result, attempt, exchange.ms);
    return exchange;
  }

  async function headersOf({ path, form }: LineRequest, stance: Stance): Promise<Record<string, string>> {
    const content = form === undefined ? {} : { contentType: form.contentType };
    const signature = await signRequest(connection, { path, ...content }, clock.now() + stance.skewMs, stance.form);
    const length =
      form === undefined ? {} : { 'content-type': form.contentType, 'content-length': `${form.contentLength}` };
    return { accept: 'application/json', 'user-agent': 'line-ads-sync', ...length, ...signature };
  }

  /** What LINE accepted is kept, and its clock followed: from now on requests are signed with LINE's time. */
  function keep(stance: Stance, skewMs: number | undefined): void {
    const isOff = skewMs !== undefined && Math.abs(skewMs - stance.skewMs) > worstSkewMs;
    const before = kept.skewMs;
    kept = isOff ? { ...stance, skewMs } : stance;
    if (before === 0 && kept.skewMs !== 0) log.warn({ skewMs: kept.skewMs }, describeSkew(kept.skewMs));
  }

  return {
    wasAnswered: () => answered,
    clockSkewMs: () => (kept.skewMs === 0 ? undefined : kept.skewMs),
    async send(request, attempt) {
      const remaining = createCorrections(connection.signature === 'auto');
      let stance = kept;
      let ms = 0;
      for (let calls = 1; ; calls += 1) {
        const exchange = await call(request, stance, attempt + calls - 1);
        ms += exchange.ms;
        if (isAccepted(exchange.result)) keep(stance, exchange.skewMs);
        const next = isUnauthorised(exchange.result) ? remaining.after(stance, exchange.skewMs) : undefined;
        if (next === undefined) return { ...exchange, ms, calls };
        stance = next;
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
 * What to try after a 401, each once (LINE Ads API reference, "Signing"): LINE's time when ours is more than 60 s off,
 * then, unless the form is fixed, the padded form.
 */
function createCorrections(mayChangeForm: boolean) {
  let mayCorrectTime = true;
  return {
    after(stance: Stance, skewMs: number | undefined): Stance | undefined {
      if (mayCorrectTime && skewMs !== undefined && Math.abs(skewMs - stance.skewMs) > worstSkewMs) {
        mayCorrectTime = false;
        return { ...stance, skewMs };
      }
      return mayChangeForm && stance.form === 'rfc7515' ? { ...stance, form: 'padded' } : undefined;
    },
  };
}

function isUnauthorised(result: HttpAnswer | NetworkFailure): boolean {
  return result.kind === 'answer' && result.status === 401;
}

/** A 429 or 5xx may come from before the signature is looked at. */
function isAccepted(result: HttpAnswer | NetworkFailure): boolean {
  return result.kind === 'answer' && result.status < 500 && result.status !== 401 && result.status !== 429;
}

function skewOf(result: HttpAnswer | NetworkFailure, nowMs: number): number | undefined {
  const dateMs = result.kind === 'answer' ? httpDateMs(result.date) : undefined;
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
