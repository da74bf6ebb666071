import { describe, expect, test } from 'vitest';
import { explainFailure, type RequestPurpose } from '../../../src/destinations/lineAds/errors.ts';
import { explainedReasons, isTransientReason } from '../../../src/destinations/lineAds/reasons.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { type Failure, wrongLengthCode } from '../../../src/http/retry.ts';
import { ConnectionUntrusted } from '../../../src/http/tlsFaults.ts';

const listing: RequestPurpose = { kind: 'audiences', adAccountId: 'A1' };
const adding: RequestPurpose = { kind: 'add', adAccountId: 'A1', audience: '77' };
const replacing: RequestPurpose = { kind: 'replace', adAccountId: 'A1', audience: '77' };
const once = { attempts: 1, wasAnswered: true };

function refused(status: number, ...reasons: string[]): Failure {
  return { kind: 'refused', status, reasons, isTransient: reasons.some(isTransientReason), bodyBegun: true };
}

const codeByReason: Record<string, ErrorCode> = {
  AUTHORIZATION_FAILED: 'auth.failed',
  PARTNER_PERMISSION_DENIED: 'auth.not_permitted',
  ACCOUNT_NOT_ALLOWED: 'auth.not_permitted',
  REQUEST_INPUT_ADACCOUNT_ID_INVALID: 'auth.account_not_found',
  INVALID_ACCOUNT_ID: 'auth.account_not_found',
  ENTITY_NOT_FOUND_INVALID_ID: 'auth.account_not_found',
  REMOVED_ENTITY: 'auth.account_not_found',
  AUDIENCE_GROUP_NOT_FOUND: 'audience.not_found',
  AUDIENCE_GROUP_NAME_DUPLICATE: 'audience.ambiguous',
  AUDIENCE_GROUP_NAME_SIZE_OVER: 'upload.refused',
  AUDIENCE_GROUP_NAME_WRONG: 'upload.refused',
  AUDIENCE_GROUP_NAME_EMPTY: 'upload.refused',
  AUDIENCE_GROUP_COUNT_MAX_OVER: 'upload.refused',
  UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT: 'upload.refused',
  UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS: 'upload.refused',
  UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS: 'upload.refused',
  AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED: 'audience.unusable',
  EMPTY_FILE: 'upload.refused',
  FILE_SIZE_LIMIT_EXCEEDED: 'upload.refused',
  INVALID_FILE_CONTENT: 'upload.refused',
  DECODING_FAILED: 'upload.refused',
  LOCK_DEFAULT: 'line.retries_exhausted',
  BLOCK_APP_CANNOT_ACQUIRE_LOCK: 'line.retries_exhausted',
  BLOCKED_BY_EXCEEDING_TIME_LIMIT: 'line.retries_exhausted',
  COPY_FAILED_WITH_LOCK: 'line.retries_exhausted',
};

test.each(Object.entries(codeByReason))('reason %s is %s, with a message of ours', (reason, code) => {
  const error = explainFailure(refused(400, reason), adding, once);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(
    new RegExp(`^Adding to audience 77 in ad account A1 failed: .{10,} \\(LINE answered 400 ${reason}\\)\\.$`),
  );
  expect(error.hint.length).toBeGreaterThan(10);
});

test('every reason has its own message, and none beside the listed ones has', () => {
  expect([...explainedReasons].sort()).toEqual(Object.keys(codeByReason).sort());
  const messages = explainedReasons.map((reason) =>
    explainFailure(refused(400, reason), adding, once).message.replace(reason, ''),
  );
  expect(new Set(messages).size).toBe(messages.length);
});

test.each<[string, Failure, RequestPurpose, ErrorCode]>([
  ['401', refused(401), listing, 'auth.failed'],
  ['401 with another reason', refused(401, 'ACCOUNT_NOT_ALLOWED'), listing, 'auth.failed'],
  ['403 on a read', refused(403), listing, 'auth.not_permitted'],
  ['403 on an upload', refused(403), adding, 'auth.not_permitted'],
  ['404 on the list', refused(404), listing, 'auth.account_not_found'],
  ['404 on an upload', refused(404), adding, 'audience.not_found'],
  ['429 on a read', refused(429), listing, 'line.rate_limited'],
  ['429 on an ADD', refused(429), adding, 'line.rate_limited'],
  ['429 on a REPLACE', refused(429), replacing, 'line.replace_refused'],
  ['an unknown reason on an upload', refused(400, 'NEW_REASON'), adding, 'upload.refused'],
  ['an unknown reason on a read', refused(400, 'NEW_REASON'), listing, 'line.bad_answer'],
  ['413', refused(413), adding, 'upload.refused'],
  ['a redirect', refused(302), listing, 'line.bad_answer'],
  ['a choice of pages', refused(300), listing, 'line.bad_answer'],
  ['an unknown refusal of a read', refused(400), listing, 'line.bad_answer'],
  ['413 on an upload with another reason', refused(413, 'NEW_REASON'), adding, 'upload.refused'],
  ['408', refused(408), listing, 'line.retries_exhausted'],
  ['499', refused(499), listing, 'line.bad_answer'],
  ['500', refused(500), listing, 'line.retries_exhausted'],
  ['a page of a proxy', { kind: 'foreign', status: 403, bodyBegun: true }, adding, 'line.blocked'],
  ['an unreadable answer', { kind: 'unreadable', status: 200 }, listing, 'line.bad_answer'],
  ['a reset', { kind: 'network', code: 'ECONNRESET', bodyBegun: false }, listing, 'line.retries_exhausted'],
])('%s ends as the right error', (_case, failure, purpose, code) => {
  const error = explainFailure(failure, purpose, once);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/ A1 .{10,}/);
  expect(error.hint.length).toBeGreaterThan(10);
});

test.each<[RequestPurpose['kind'], boolean]>([
  ['audiences', false],
  ['jobs', true],
  ['add', true],
  ['replace', true],
])('a failure of kind %s names the ad account, and its audience: %s', (kind, namesAudience) => {
  const { message } = explainFailure(refused(500), { kind, adAccountId: 'A1', audience: '77' }, once);
  expect(message).toContain('A1');
  expect(message.includes('audience 77')).toBe(namesAudience);
  expect(explainFailure(refused(500), { kind, adAccountId: 'A1' }, once).message).not.toMatch(/undefined|77/);
});

test('failures of each kind of request have different messages', () => {
  const kinds = ['audiences', 'jobs', 'add', 'replace'] as const;
  const messages = kinds.map((kind) => explainFailure(refused(500), { kind, adAccountId: 'A1' }, once).message);
  expect(new Set(messages).size).toBe(kinds.length);
});

test('a body of another length than announced is a fault of the program', () => {
  const failure: Failure = { kind: 'network', code: wrongLengthCode, bodyBegun: true };
  expect(explainFailure(failure, adding, once)).toMatchObject({ code: 'internal' });
});

test('an answer in a content coding that was not asked for names it', () => {
  const unreadable = (coding?: string): Failure => ({ kind: 'unreadable', status: 200, ...(coding && { coding }) });
  expect(explainFailure(unreadable('br'), listing, once).message).toMatch(/\b200\b.*\bbr\b/);
  expect(explainFailure(unreadable(), listing, once).message).toMatch(/\b200\b/);
  expect(explainFailure(unreadable(), listing, once).message).not.toContain('undefined');
});

test('the number of attempts is told in the singular and in the plural', () => {
  const reset: Failure = { kind: 'network', code: 'ECONNRESET', bodyBegun: false };
  const messageAfter = (attempts: number) => explainFailure(reset, listing, { ...once, attempts }).message;
  expect(messageAfter(1)).toMatch(/\b1 attempt\b/);
  expect(messageAfter(2)).toMatch(/\b2 attempts\b/);
});

test('a 403 on an upload tells of the Data Provider permission and of Ad Tech keys', () => {
  expect(explainFailure(refused(403), adding, once).hint).toMatch(/Data Provider.*Ad Tech permission can only read/);
});

test.each([
  [7_200_000, "This machine's clock is 7200 s behind LINE's: set it first."],
  [-7_200_000, "This machine's clock is 7200 s ahead of LINE's: set it first."],
])('a 401 says how far our clock is off when the answer shows it (%i ms)', (skewMs, sentence) => {
  expect(explainFailure(refused(401), listing, { ...once, skewMs }).hint).toContain(sentence);
});

test('a small difference of the clocks is not blamed', () => {
  expect(explainFailure(refused(401), listing, { ...once, skewMs: 59_000 }).hint).not.toContain('set it first');
});

test.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])('TLS that cannot be trusted (%s) is told alike at the start and in the middle of a run', (code) => {
  const failure: Failure = { kind: 'network', code, bodyBegun: false };
  const [start, middle] = [false, true].map((wasAnswered) =>
    explainFailure(failure, adding, { attempts: 1, wasAnswered }),
  );
  expect([start?.code, start?.message, start?.hint]).toEqual([middle?.code, middle?.message, middle?.hint]);
  expect(start).toBeInstanceOf(ConnectionUntrusted);
  expect(start?.code).toBe('line.unreachable');
  expect(start?.message).toContain(code);
  expect(start?.hint).toContain('NODE_EXTRA_CA_CERTS');
});

test.each([
  ['an unknown account', refused(400, 'INVALID_ACCOUNT_ID'), 'adAccountId'],
  ['a redirect', refused(302), 'baseUrl'],
  ['a page of a proxy', { kind: 'foreign', status: 403, bodyBegun: true }, 'baseUrl'],
  ['an unreadable answer', { kind: 'unreadable', status: 200 }, 'baseUrl'],
] as [string, Failure, string][])('the hint for %s names the setting of the destination', (_case, failure, field) => {
  expect(explainFailure(failure, listing, once).hint).toContain(`connection.${field}`);
  const { hint } = explainFailure(failure, { ...listing, settingsPath: 'destinations.second' }, once);
  expect(hint).toContain(`destinations.second.${field}`);
  expect(hint).not.toContain('connection.');
});

describe('a proxy that opens no tunnel', () => {
  const name = '127.0.0.1:3128 of HTTPS_PROXY';
  const explain = (code: string, status: number | undefined, wasAnswered: boolean) =>
    explainFailure({ kind: 'network', code, bodyBegun: false, proxy: { name, status } }, listing, {
      attempts: 2,
      wasAnswered,
    });

  test.each<[string, number | undefined, ErrorCode, ErrorCode]>([
    ['HTTP 407', 407, 'config.invalid', 'config.invalid'],
    ['HTTP 403', 403, 'line.blocked', 'line.blocked'],
    ['HTTP 400', 400, 'line.blocked', 'line.blocked'],
    ['HTTP 502', 502, 'line.unreachable', 'line.retries_exhausted'],
    ['ECONNREFUSED', undefined, 'line.unreachable', 'line.retries_exhausted'],
    ['ENOTFOUND', undefined, 'line.unreachable', 'line.retries_exhausted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', undefined, 'line.unreachable', 'line.unreachable'],
  ])('(%s) is named, with the right error at the start and in the middle', (code, status, atStart, inMiddle) => {
    for (const [wasAnswered, expected] of [
      [false, atStart],
      [true, inMiddle],
    ] as const) {
      const error = explain(code, status, wasAnswered);
      expect(error.code).toBe(expected);
      expect(error.message).toContain(name);
      expect(error.message).toContain(code);
    }
  });
});

test('the hint about a lost answer adds the proxy only if there is one', () => {
  const hintWith = (proxy: object) =>
    explainFailure({ kind: 'network', code: 'ECONNRESET', bodyBegun: false, ...proxy }, listing, once).hint;
  const [without, through] = [hintWith({}), hintWith({ proxy: { name: 'HTTPS_PROXY', status: undefined } })];
  expect(without).not.toMatch(/proxy/i);
  expect(through).toMatch(/proxy/i);
  expect(through.startsWith(without)).toBe(true);
});

test('when LINE never answered at all it is unreachable', () => {
  const failure: Failure = { kind: 'network', code: 'ECONNREFUSED', bodyBegun: false };
  const error = explainFailure(failure, listing, { attempts: 8, wasAnswered: false });
  expect(error.code).toBe('line.unreachable');
  expect(error.message).toBe(
    'Listing the audiences of ad account A1 failed: no answer in 8 attempts; the last error was ECONNREFUSED.',
  );
});
