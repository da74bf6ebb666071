import { expect, test } from 'vitest';
import {
  backoffMs,
  classifyFailure,
  createPatience,
  type Failure,
  retryAfterMs,
  type Verdict,
} from '../../src/http/retry.ts';
import { createFakeClock } from '../setup/clientSetup.ts';

const retry = { maxAttempts: 3, baseMs: 100, maxDelayMs: 350, maxTotalMs: 10_000 };

function refused(status: number, isTransient = false, bodyBegun = true): Failure {
  return { kind: 'refused', status, reasons: [], isTransient, bodyBegun };
}

function network(code: string, bodyBegun = true): Failure {
  return { kind: 'network', code, bodyBegun };
}

function throughProxy(code: string, status?: number): Failure {
  return { kind: 'network', code, bodyBegun: false, proxy: { name: 'proxy.example:3128 of HTTPS_PROXY', status } };
}

test.each<[string, Failure, Verdict, Verdict]>([
  ['401', refused(401), 'unauthorised', 'unauthorised'],
  ['401 with a reason worth a retry', refused(401, true), 'unauthorised', 'unauthorised'],
  ['429', refused(429), 'rate_limited', 'rate_limited'],
  ['400', refused(400), 'terminal', 'terminal'],
  ['400 with a reason worth a retry', refused(400, true), 'transient', 'transient'],
  ['409 with a reason worth a retry', refused(409, true), 'transient', 'transient'],
  ['429 with a reason worth a retry', refused(429, true), 'rate_limited', 'rate_limited'],
  ['500 with a reason worth a retry', refused(500, true), 'transient', 'unanswered'],
  ['403', refused(403), 'terminal', 'terminal'],
  ['302', refused(302), 'terminal', 'terminal'],
  ['a page of a proxy after the body', { kind: 'foreign', status: 403, bodyBegun: true }, 'transient', 'unanswered'],
  ['a page of a proxy before the body', { kind: 'foreign', status: 403, bodyBegun: false }, 'transient', 'transient'],
  ['a proxy that refuses', throughProxy('HTTP 403', 403), 'transient', 'transient'],
  ['a proxy that is not there', throughProxy('ECONNREFUSED'), 'transient', 'transient'],
  ['a proxy that demands a login', throughProxy('HTTP 407', 407), 'terminal', 'terminal'],
  ['a proxy whose certificate is unknown', throughProxy('SELF_SIGNED_CERT_IN_CHAIN'), 'terminal', 'terminal'],
  ['a certificate that has expired', network('CERT_HAS_EXPIRED', false), 'terminal', 'terminal'],
  ['a certificate of another host', network('ERR_TLS_CERT_ALTNAME_INVALID', false), 'terminal', 'terminal'],
  ['a certificate for another purpose', network('INVALID_PURPOSE', false), 'terminal', 'terminal'],
  ['500 after the body', refused(500), 'transient', 'unanswered'],
  ['503 before the body', refused(503, false, false), 'transient', 'transient'],
  ['408 after the body', refused(408), 'transient', 'unanswered'],
  ['a 2xx that is not what LINE documents', { kind: 'unreadable', status: 202 }, 'transient', 'unanswered'],
  ['a timeout after the body', network('TIMEOUT'), 'transient', 'unanswered'],
  ['a reset after the body', network('ECONNRESET'), 'transient', 'unanswered'],
  ['a reset before the body', network('UND_ERR_SOCKET', false), 'transient', 'transient'],
  ['nobody listening', network('ECONNREFUSED', false), 'transient', 'transient'],
  ['an unknown certificate', network('SELF_SIGNED_CERT_IN_CHAIN', false), 'terminal', 'terminal'],
  ['broken TLS in the middle of a body', network('ERR_SSL_BAD_RECORD_MAC'), 'terminal', 'unanswered'],
  ['a body of another length', network('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'), 'terminal', 'terminal'],
])('%s means its verdict for a read and for an upload', (_case, failure, ofRead, ofUpload) => {
  expect(classifyFailure(failure, 'read')).toBe(ofRead);
  expect(classifyFailure(failure, 'upload')).toBe(ofUpload);
});

test('the backoff is a random share of a bound that doubles up to the longest delay', () => {
  expect([1, 2, 3, 2000].map((failures) => backoffMs(retry, failures, 0.5))).toEqual([50, 100, 175, 175]);
  expect(backoffMs(retry, 1, 0)).toBe(0);
});

const nowMs = Date.parse('Thu, 15 Jan 2026 12:00:00 GMT');

test.each<[string, string | undefined, string | undefined, number]>([
  ['seconds', '7', undefined, 7000],
  ['a date, by our clock', 'Thu, 15 Jan 2026 12:00:30 GMT', undefined, 30_000],
  ["a date, by the answer's own", 'Thu, 15 Jan 2026 12:00:30 GMT', 'Thu, 15 Jan 2026 12:00:10 GMT', 20_000],
  ['a date gone by', 'Thu, 15 Jan 2026 11:00:00 GMT', undefined, 0],
  ['days', '864000', undefined, 3_600_000],
  ['nonsense', 'soon', undefined, 0],
  ['a negative number', '-5', 'Thu, 15 Jan 2026 12:00:00 GMT', 0],
  ['nothing', undefined, undefined, 0],
])('Retry-After given as %s', (_case, header, answerDate, expected) => {
  expect(retryAfterMs(header, answerDate, nowMs)).toBe(expected);
});

function setUpPatience(rateLimitMs?: number) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const limit = rateLimitMs === undefined ? {} : { rateLimitMs };
  return { clock, controller, patience: createPatience({ retry, clock, signal: controller.signal, ...limit }) };
}

test('attempts are capped, and each delay is the full-jitter backoff', async () => {
  const { clock, patience } = setUpPatience();
  expect(await patience.mayRetry('transient', 0, 0)).toBe(true);
  expect(await patience.mayRetry('rate_limited', 0, 0)).toBe(true);
  expect(await patience.mayRetry('transient', 0, 0)).toBe(false);
  expect(clock.sleeps).toEqual([50, 100]);
});

test('the longer of backoff and the wait that was asked for is slept', async () => {
  const { clock, patience } = setUpPatience();
  await patience.mayRetry('transient', 0, 2000);
  await patience.mayRetry('transient', 0, 10);
  expect(clock.sleeps).toEqual([2000, 100]);
});

test('total time is capped, attempts and delays counted', async () => {
  const { clock, patience } = setUpPatience();
  expect(await patience.mayRetry('transient', 9000, 0)).toBe(true);
  expect(await patience.mayRetry('transient', 900, 0)).toBe(false);
  expect(clock.sleeps).toEqual([50]);
});

test('a wait beyond the patience is not begun', async () => {
  const { clock, patience } = setUpPatience();
  expect(await patience.mayRetry('rate_limited', 0, 10_001)).toBe(false);
  expect(clock.sleeps).toEqual([]);
});

test.each(['terminal', 'unauthorised'] as const)('%s is never repeated', async (verdict) => {
  expect(await setUpPatience().patience.mayRetry(verdict, 0, 0)).toBe(false);
});

test('a 429 on an upload counts against its own time, not against attempts', async () => {
  const { clock, patience } = setUpPatience(20_000);
  for (let count = 1; count <= 20; count += 1) expect(await patience.mayRetry('rate_limited', 0, 1000)).toBe(true);
  expect(await patience.mayRetry('rate_limited', 0, 1000)).toBe(false);
  expect(await patience.mayRetry('unanswered', 0, 0)).toBe(true);
  expect(await patience.mayRetry('transient', 0, 0)).toBe(true);
  expect(await patience.mayRetry('transient', 0, 0)).toBe(false);
  expect(clock.sleeps.slice(-2)).toEqual([50, 100]);
});

test('an abort ends the wait with its reason', async () => {
  const { controller, patience } = setUpPatience();
  const reason = new Error('stopped');
  controller.abort(reason);
  await expect(patience.mayRetry('transient', 0, 0)).rejects.toBe(reason);
});
