import { expect, test } from 'vitest';
import {
  accountIdOf,
  destinationConfigOf,
  destinationNames,
  destinations,
  isSameAccount,
  settingsPathOf,
  type WrittenDestination,
  writtenDestination,
} from '../../src/destinations/config.ts';

const batch = { maxRecords: 10, maxBytes: 10_000 };
const limits = { requestsPerSecond: 1, concurrentReplaces: 1, concurrentUploads: 1, unfinishedJobs: 1 };

function accountOf(changes: Partial<WrittenDestination> = {}): WrittenDestination {
  return {
    type: 'line_ads',
    adAccountId: 'A1',
    accessKey: 'key',
    secretKey: 'secret',
    baseUrl: 'https://ads.line.me',
    signature: 'auto',
    ...changes,
  };
}

const first = accountOf();
const second = accountOf({ adAccountId: 'A2', batch: { ...batch, maxRecords: 20 } });
const third = accountOf({ adAccountId: 'A3', limits: { ...limits, requestsPerSecond: 2 } });
const config = { connection: first, destinations: { second, third }, batch, limits };

test('destinations are named in the order of the configuration, connection first if there is one', () => {
  expect(destinationNames(config)).toEqual(['connection', 'second', 'third']);
  expect(destinationNames({ ...config, connection: undefined })).toEqual(['second', 'third']);
});

test('a destination is found by its name only', () => {
  expect(writtenDestination(config, 'connection')).toBe(first);
  expect(writtenDestination(config, 'second')).toBe(second);
  for (const name of ['fourth', 'constructor']) expect(writtenDestination(config, name)).toBeUndefined();
});

test('a destination has its own batch and limits, or else those of the configuration', () => {
  expect(destinationConfigOf(config, 'connection')).toEqual({ ...first, batch, limits });
  expect(destinationConfigOf(config, 'second')).toEqual({ ...second, limits });
  expect(destinationConfigOf(config, 'third')).toEqual({ ...third, batch });
  expect(() => destinationConfigOf(config, 'fourth')).toThrow(/not configured/);
});

test('settings stand under connection, or under destinations by name', () => {
  expect(['connection', 'second'].map(settingsPathOf)).toEqual(['connection', 'destinations.second']);
});

test('an account is recorded with its platform', () => {
  expect(accountIdOf(second)).toBe('line_ads:A2');
});

test.each<[string, Partial<WrittenDestination>, boolean]>([
  ['with other keys', { accessKey: 'other', secretKey: 'other' }, true],
  ['with a path in its URL', { baseUrl: 'https://ads.line.me/some/path' }, true],
  ['of another id', { adAccountId: 'A2' }, false],
  ['on another host', { baseUrl: 'https://other.line.me' }, false],
  ['on no URL', { baseUrl: 'ads.line.me' }, false],
])('a destination %s is the same account: %s', (_, changes, isSame) => {
  expect(isSameAccount(first, accountOf(changes))).toBe(isSame);
});

test('accounts on one text that is no URL are the same', () => {
  expect(isSameAccount(accountOf({ baseUrl: 'x' }), accountOf({ baseUrl: 'x' }))).toBe(true);
  expect(isSameAccount(accountOf({ baseUrl: 'x' }), accountOf({ baseUrl: 'y' }))).toBe(false);
});

test('no further destination can be named connection', () => {
  const named = (name: string) => destinations.safeParse({ [name]: first }).success;
  expect([named('second'), named('connection')]).toEqual([true, false]);
});

test.each([
  [true, 'https://ads.line.me'],
  [true, 'https://ads.line.me:8443/'],
  [true, 'http://127.0.0.1:8080'],
  [false, 'http://ads.line.me'],
  [false, 'ftp://127.0.0.1'],
  [false, 'ads.line.me'],
  [false, 'https://user@ads.line.me'],
  [false, 'https://:password@ads.line.me'],
  [false, 'https://ads.line.me/path'],
  [false, 'https://ads.line.me?query'],
  [false, 'https://ads.line.me#part'],
])('that a base URL is scheme, host and port of a safe connection is %s for %s', (isValid, baseUrl) => {
  const parsed = destinations.safeParse({ second: accountOf({ baseUrl }) });
  expect(parsed.success).toBe(isValid);
  if (isValid) return;
  expect(parsed.error?.issues).toMatchObject([{ path: ['second', 'baseUrl'] }]);
  // That is zod's message for an issue without one.
  expect(parsed.error?.issues[0]?.message).not.toBe('Invalid input');
});
