import { createHash, createHmac } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { checkSignature, type SignedForm } from '../../../src/simulators/lineAds/signature.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulators/lineAds/simulator.ts';
import { audiencesPath, closeAgent, emailForm, hashes, type Sent, send, sign, upload } from './signedRequests.ts';

const sampleKey = { accessKey: 'LINEADSAMPLE', secretKey: 'LINEADSECRETKEYSAMPLE' };
const sampleDate = 'Wed, 22 Dec 2021 00:00:00 GMT';
const samplePath = '/api/v3/adaccounts/A1/campaigns';
const sampleBody = '{"name":"test","campaignObjective":"VISIT_MY_WEBSITE"}';

const vectors = [
  {
    title: 'a JSON body',
    body: sampleBody,
    contentType: 'application/json',
    signature: 'Krh1Xh-kWldS-MkOmNH6dmMdkWDTBVmnkDCZHlMRUoo=',
  },
  { title: 'no body', body: '', contentType: '', signature: 'xHzIHHbWvIZUiek7Jy0fuyG6U0FQpobUyFXybcx9t4c=' },
];

describe("the reference's vectors", () => {
  it.each(vectors)('are what the tests sign with: $title', ({ body, contentType, signature }) => {
    const token = sign(sampleKey, { date: sampleDate, path: samplePath, contentType, body });
    expect(token.split('.')[2]).toBe(signature);
  });

  it.each(vectors)('pass the simulator: $title', ({ body, contentType, signature }) => {
    const unsigned = sign(sampleKey, { date: sampleDate, path: samplePath, contentType, body }).split('.').slice(0, 2);
    const request = {
      authorization: `Bearer ${unsigned.join('.')}.${signature}`,
      date: sampleDate,
      contentType: contentType || undefined,
      path: samplePath,
      bodyDigest: createHash('sha256').update(body).digest('hex'),
    };
    const rules = { ...sampleKey, form: 'padded' as const, nowMs: () => Date.parse(sampleDate) };
    expect(checkSignature(request, rules)).toBe('valid');
    expect(checkSignature({ ...request, path: `${samplePath}/` }, rules)).toBe('malformed');
    expect(checkSignature(request, { ...rules, secretKey: 'another' })).toBe('unacceptable');
  });
});

let simulator: Simulator;
afterEach(() => simulator?.close());
afterAll(closeAgent);

async function start(options: SimulatorOptions = {}) {
  simulator = await startSimulator({ strictRates: false, ...options });
  return simulator;
}

function expectRefused(reply: { status: number; json: unknown }) {
  expect(reply.status).toBe(401);
  expect(reply.json).toEqual({ errors: [{ reason: 'AUTHORIZATION_FAILED', property: '' }] });
}

describe('the padding', () => {
  it.each<[SignedForm, boolean, number]>([
    ['any', true, 200],
    ['any', false, 200],
    ['padded', true, 200],
    ['padded', false, 401],
    ['rfc7515', true, 401],
    ['rfc7515', false, 200],
  ])('%s with padding %s is answered %i', async (signature, padded, status) => {
    await start({ signature });
    const reply = await send(simulator, { path: audiencesPath(simulator), padded });
    expect(reply.status).toBe(status);
    expect(simulator.breaches).toEqual([]);
  });

  it('must be the same in all three parts', async () => {
    await start();
    const date = new Date().toUTCString();
    const path = audiencesPath(simulator);
    const [header, payload] = sign(simulator, { date, path, padded: true }).split('.');
    expect(`${header}${payload}`).toContain('=');
    const signature = createHmac('sha256', simulator.secretKey).update(`${header}.${payload}`).digest('base64url');
    const authorization = `Bearer ${header}.${payload}.${signature}`;
    expectRefused(await send(simulator, { path, date, headers: { authorization } }));
  });
});

describe('the clock', () => {
  const minuteMs = 60_000;

  it.each([
    [14 * minuteMs, 200],
    [-14 * minuteMs, 200],
    [16 * minuteMs, 401],
    [-16 * minuteMs, 401],
  ])('that is %i ms ahead of the client gives %i', async (clockSkewMs, status) => {
    await start({ clockSkewMs });
    const reply = await send(simulator, { path: audiencesPath(simulator) });
    expect(reply.status).toBe(status);
    const shown = Date.parse(String(reply.headers.date));
    expect(Math.abs(shown - (Date.now() + clockSkewMs))).toBeLessThan(5000);
  });

  it('reads no date but RFC 1123 in GMT', async () => {
    await start();
    expectRefused(await send(simulator, { path: audiencesPath(simulator), date: new Date().toISOString() }));
  });
});

describe('a signature is refused', () => {
  const otherKey = { accessKey: 'OTHER', secretKey: 'OTHER' };
  const now = () => new Date().toUTCString();

  it.each<[string, (path: string) => Sent]>([
    ['of an unknown access key', (path) => ({ path, key: { ...otherKey, secretKey: simulator.secretKey } })],
    ['of another secret', (path) => ({ path, key: { ...otherKey, accessKey: simulator.accessKey } })],
    ['that is missing', (path) => ({ path, headers: { authorization: '' } })],
    [
      'that is no Bearer token',
      (path) => ({ path, headers: { authorization: `Basic ${sign(simulator, { date: now(), path })}` } }),
    ],
    [
      'over another path',
      (path) => ({ path, headers: { authorization: `Bearer ${sign(simulator, { date: now(), path: '/' })}` } }),
    ],
    [
      'over the query',
      (path) => ({
        path,
        query: '?page=1',
        headers: { authorization: `Bearer ${sign(simulator, { date: now(), path: `${path}?page=1` })}` },
      }),
    ],
    ['over a content type when there is no body', (path) => ({ path, contentType: 'application/json' })],
    [
      'over another date',
      (path) => ({ path, headers: { authorization: `Bearer ${sign(simulator, { date: sampleDate, path })}` } }),
    ],
  ])('%s', async (_title, sent) => {
    await start();
    expectRefused(await send(simulator, sent(audiencesPath(simulator))));
  });

  it('over the digest of another body', async () => {
    await start();
    const path = `${audiencesPath(simulator)}/${simulator.seedAudience({ name: 'A', functionType: 'UPLOAD' })}`;
    const contentType = 'application/json';
    const authorization = `Bearer ${sign(simulator, { date: now(), path, contentType, body: '{"name":"C"}' })}`;
    const rename = { method: 'POST', path, contentType, body: '{"name":"B"}' } as const;
    expectRefused(await send(simulator, { ...rename, headers: { authorization } }));
    expect(simulator.breaches).toEqual(['a request was not signed as the reference describes it']);
    expect((await send(simulator, rename)).status).toBe(200);
  });

  it('of an upload when it covers the boundary', async () => {
    await start();
    const path = `${audiencesPath(simulator)}/upload`;
    const contentType = 'multipart/form-data; boundary=line-ads-test-boundary';
    const authorization = `Bearer ${sign(simulator, { date: now(), path, contentType })}`;
    const form = emailForm('ADD', { name: 'A' }, hashes(0, 2));
    expectRefused(await upload(simulator, form, { headers: { authorization } }));
    expect((await upload(simulator, form)).status).toBe(202);
  });
});
