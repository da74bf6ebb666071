import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { signRequest } from '../../../src/destinations/lineAds/signing.ts';

const key = { accessKey: 'LINEADSAMPLE', secretKey: 'LINEADSECRETKEYSAMPLE' };
const atMs = Date.UTC(2021, 11, 22);
const path = '/api/v3/adaccounts/A1/campaigns';
const body = '{"name":"test","campaignObjective":"VISIT_MY_WEBSITE"}';
const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function partsOf(authorization: string): string[] {
  return authorization.replace(/^Bearer /, '').split('.');
}

function decode(part: string | undefined): string {
  return Buffer.from(part ?? '', 'base64url').toString();
}

test.each([
  ['a JSON body', { path, contentType: 'application/json', body }, 'Krh1Xh-kWldS-MkOmNH6dmMdkWDTBVmnkDCZHlMRUoo='],
  ['no body', { path }, 'xHzIHHbWvIZUiek7Jy0fuyG6U0FQpobUyFXybcx9t4c='],
])("the padded form gives the reference's signature for %s", async (_case, parts, signature) => {
  const { authorization, date } = await signRequest(key, parts, atMs, 'padded');
  expect(partsOf(authorization)[2]).toBe(signature);
  expect(date).toBe('Wed, 22 Dec 2021 00:00:00 GMT');
});

test('the RFC 7515 form has no padding, and its signature covers the unpadded text', async () => {
  const { authorization } = await signRequest(key, { path }, atMs, 'rfc7515');
  expect(authorization).not.toContain('=');
  const [header, payload, signature] = partsOf(authorization);
  expect(signature).toBe(createHmac('sha256', key.secretKey).update(`${header}.${payload}`).digest('base64url'));
});

test.each(['rfc7515', 'padded'] as const)('the %s form says who signed what, and when', async (form) => {
  const lateMs = Date.UTC(2026, 2, 1, 23, 59, 59, 999);
  const { authorization, date } = await signRequest(key, { path: `${path}?page=1&size=100` }, lateMs, form);
  const [header, payload] = partsOf(authorization);
  expect(JSON.parse(decode(header))).toEqual({ alg: 'HS256', kid: 'LINEADSAMPLE', typ: 'text/plain' });
  expect(decode(payload)).toBe([emptyDigest, '', '20260301', path].join('\n'));
  expect(date).toBe('Sun, 01 Mar 2026 23:59:59 GMT');
});

test('a multipart body is signed as empty, its content type without the boundary', async () => {
  const parts = { path, contentType: 'multipart/form-data; boundary=xyz', body: 'anything' };
  const { authorization } = await signRequest(key, parts, atMs, 'rfc7515');
  expect(decode(partsOf(authorization)[1])).toBe([emptyDigest, 'multipart/form-data', '20211222', path].join('\n'));
});

describe('the date of a signature is that of UTC', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ['Asia/Tokyo', Date.UTC(2026, 11, 31, 20, 0), 1],
    ['Asia/Tokyo', Date.UTC(2026, 11, 31, 14, 59, 59), 31],
    ['America/Los_Angeles', Date.UTC(2027, 0, 1, 3, 0), 31],
  ])('for a process in %s at %i, whose own day of the month is %i', async (zone, ms, localDay) => {
    vi.stubEnv('TZ', zone);
    expect(new Date(ms).getDate()).toBe(localDay);
    for (const form of ['rfc7515', 'padded'] as const) {
      const { authorization, date } = await signRequest(key, { path }, ms, form);
      const utc = ms < Date.UTC(2027, 0, 1) ? ['20261231', 'Thu, 31 Dec 2026'] : ['20270101', 'Fri, 01 Jan 2027'];
      expect(decode(partsOf(authorization)[1]).split('\n')[2]).toBe(utc[0]);
      expect(date).toMatch(new RegExp(`^${utc[1]} .* GMT$`));
    }
  });
});
