import type { Clock } from '../clock.ts';
import { isTlsFault } from './tlsFaults.ts';
import type { NetworkFailure } from './transport.ts';

/** Bounds of the attempts of one request, and of the delays between them. */
export interface RetryPolicy {
  maxAttempts: number;
  baseMs: number;
  maxDelayMs: number;
  maxTotalMs: number;
}

export type RequestKind = 'read' | 'upload';

/** Why one attempt did not succeed. */
export type Failure =
  /** `isTransient`: one of the reasons is worth a retry, with any status. */
  | { kind: 'refused'; status: number; reasons: readonly string[]; isTransient: boolean; bodyBegun: boolean }
  /** Something between us and LINE answered. */
  | { kind: 'foreign'; status: number; bodyBegun: boolean }
  /** A 2xx whose body does not have the documented form, or has a content coding that could not be decoded. */
  | { kind: 'unreadable'; status: number; coding?: string | undefined }
  | NetworkFailure;

type Of<Kind extends Failure['kind']> = Extract<Failure, { kind: Kind }>;

/**
 * transient: not applied, safe to repeat. rate_limited: 429. unanswered: an upload that may have arrived.
 * unauthorised: 401. terminal: repeating will not help.
 */
export type Verdict = 'transient' | 'rate_limited' | 'unanswered' | 'unauthorised' | 'terminal';

/** The body did not have its announced length. It never arrives as a whole, and the fault is ours. */
export const wrongLengthCode = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH';

/** Classifies the failure of an attempt by status, reason code and network code. No other place decides about retries. */
export function classifyFailure(failure: Failure, request: RequestKind): Verdict {
  switch (failure.kind) {
    case 'refused':
      return classifyRefusal(failure, request);
    case 'foreign':
      return request === 'upload' && failure.bodyBegun ? 'unanswered' : 'transient';
    case 'unreadable':
      return request === 'upload' ? 'unanswered' : 'transient';
    case 'network':
      return classifyNetworkFailure(failure, request);
  }
}

function classifyNetworkFailure({ code, bodyBegun, proxy }: Of<'network'>, request: RequestKind): Verdict {
  if (code === wrongLengthCode) return 'terminal';
  if (bodyBegun && request === 'upload') return 'unanswered';
  return isTlsFault(code) || proxy?.status === 407 ? 'terminal' : 'transient';
}

function classifyRefusal({ status, isTransient, bodyBegun }: Of<'refused'>, request: RequestKind): Verdict {
  if (status === 401) return 'unauthorised';
  if (status === 429) return 'rate_limited';
  if (status >= 500 || status === 408) return request === 'upload' && bodyBegun ? 'unanswered' : 'transient';
  return isTransient ? 'transient' : 'terminal';
}

/** Full jitter: a random share of base × 2^n, at most maxDelay; `failures` counts from 1. */
export function backoffMs(retry: RetryPolicy, failures: number, random: number): number {
  return random * Math.min(retry.maxDelayMs, retry.baseMs * 2 ** (failures - 1));
}

const maxRetryAfterMs = 3_600_000;

/**
 * The wait that `Retry-After` asks for, in seconds or as an HTTP date, at most an hour. A date is read against the
 * answer's own `Date` where there is one, since our clock may be off.
 */
export function retryAfterMs(header: string | undefined, answerDate: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const value = header.trim();
  const waitMs = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - (httpDateMs(answerDate) ?? nowMs);
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(waitMs, 0), maxRetryAfterMs);
}

const httpDates = { firstMs: 0, lastMs: Date.UTC(9999, 11, 31, 23, 59, 59) };

/** Reads an HTTP date, whose year has four digits. Anything else is undefined: a time near it could not be signed for. */
export function httpDateMs(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return ms >= httpDates.firstMs && ms <= httpDates.lastMs ? ms : undefined;
}

export interface Patience {
  /** Sleeps before the next attempt, or resolves false when attempts or time are used up. Rejects when aborted. */
  mayRetry(verdict: Verdict, spentMs: number, askedMs: number): Promise<boolean>;
}

/**
 * Creates the budget of one request: `retry.maxAttempts` attempts, and `retry.maxTotalMs` for attempts and delays. With
 * `rateLimitMs` (uploads) a 429 has a budget of its own, of that time.
 */
export function createPatience(options: {
  retry: RetryPolicy;
  clock: Clock;
  signal: AbortSignal;
  rateLimitMs?: number;
}): Patience {
  const { retry, clock, signal, rateLimitMs } = options;
  const ordinary = { failures: 0, spentMs: 0 };
  const limited = { failures: 0, spentMs: 0 };

  return {
    async mayRetry(verdict, spentMs, askedMs) {
      if (verdict === 'terminal' || verdict === 'unauthorised') return false;
      const hasOwnBudget = verdict === 'rate_limited' && rateLimitMs !== undefined;
      const account = hasOwnBudget ? limited : ordinary;
      account.failures += 1;
      const delayMs = Math.max(backoffMs(retry, account.failures, clock.random()), askedMs);
      account.spentMs += spentMs + delayMs;
      if (account.spentMs > (hasOwnBudget ? rateLimitMs : retry.maxTotalMs)) return false;
      if (!hasOwnBudget && account.failures >= retry.maxAttempts) return false;
      await clock.sleep(delayMs, signal);
      return true;
    },
  };
}
