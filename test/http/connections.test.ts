import { createServer } from 'node:https';
import { type Dispatcher, request } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createConnections, ProxyFailure } from '../../src/http/connections.ts';
import type { Environment } from '../../src/http/proxies.ts';
import { listen, startServer } from '../setup/lineServer.ts';
import { useAuthority } from './certificates.ts';
import { type ConnectProxyOptions, startConnectProxy } from './connectProxy.ts';

const authority = useAuthority();

function open(env: Environment): Dispatcher {
  const connections = createConnections(env, { connect: { ca: authority.ca(), timeout: 5_000 } });
  onTestFinished(() => connections.destroy());
  return connections;
}

async function ask(url: string, dispatcher: Dispatcher): Promise<string> {
  return (await request(url, { dispatcher })).body.text();
}

/** A server with the certificate of ads.line.me and of 10.1.2.3, behind a proxy. */
async function setUp(options: Partial<ConnectProxyOptions> = {}) {
  const server = createServer(authority.certificate('DNS:ads.line.me,IP:10.1.2.3'), (incoming, response) => {
    response.end(`${incoming.headers.host}${incoming.url} by HTTP ${incoming.httpVersion}`);
  });
  return startConnectProxy({ to: await listen(server as never), ...options });
}

async function failureOf(env: Environment): Promise<ProxyFailure> {
  const error = await ask('https://ads.line.me/x', open(env)).catch((caught: unknown) => caught);
  if (error instanceof ProxyFailure) return error;
  throw error;
}

test('a request goes through the tunnel of a proxy, whose address may come without a scheme', async () => {
  const proxy = await setUp();
  const connections = open({ HTTPS_PROXY: proxy.address });
  expect(await ask('https://ads.line.me/x?y=1', connections)).toBe('ads.line.me/x?y=1 by HTTP 1.1');
  expect(await ask('https://ads.line.me/z', connections)).toBe('ads.line.me/z by HTTP 1.1');
  expect(new Set(proxy.tunnels)).toEqual(new Set(['ads.line.me:443']));
  expect(proxy.logins[0]).toBeUndefined();
});

test("the target's own certificate is verified in the tunnel, also of an address", async () => {
  const proxy = await setUp();
  const connections = open({ HTTPS_PROXY: proxy.address });
  expect(await ask('https://10.1.2.3:8443/', connections)).toBe('10.1.2.3:8443/ by HTTP 1.1');
  await expect(ask('https://other.example/', connections)).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('user and password reach the proxy decoded', async () => {
  const proxy = await setUp();
  await ask('https://ads.line.me/', open({ https_proxy: `http://us%65r:p%40s%3As%2F%E3%83%A9@${proxy.address}` }));
  expect(proxy.logins).toEqual([`Basic ${Buffer.from('user:p@s:s/ラ').toString('base64')}`]);
});

test('a proxy may itself be asked over TLS', async () => {
  const proxy = await setUp({ tls: authority.certificate('IP:127.0.0.1') });
  const failure = await failureOf({ HTTPS_PROXY: `https://${proxy.address}` });
  expect(failure.reason).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('loopback is asked directly, whatever the variables say', async () => {
  const server = await startServer((_arrival, response) => void response.end('direct'));
  const dead = '127.0.0.1:9';
  expect(await ask(server.origin, open({ HTTP_PROXY: dead, HTTPS_PROXY: dead, ALL_PROXY: dead }))).toBe('direct');
});

describe('a proxy that opens no tunnel', () => {
  test.each([
    [407, 'HTTP 407'],
    [403, 'HTTP 403'],
    [503, 'HTTP 503'],
    [undefined, 'UND_ERR_SOCKET'],
  ])('by its answer %s fails the request at once, and is told by address and variable', async (status, reason) => {
    const proxy = await setUp({ status: () => status });
    const failure = await failureOf({ HTTPS_PROXY: `http://user:MARKED@${proxy.address}` });
    expect(failure).toMatchObject({ reason, status, proxy: `${proxy.address} of HTTPS_PROXY` });
    expect(`${failure.stack}${JSON.stringify(failure)}`).not.toContain('MARKED');
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('since nobody listens there is told so too', async () => {
    expect(await failureOf({ ALL_PROXY: '127.0.0.1:9' })).toMatchObject({
      reason: 'ECONNREFUSED',
      proxy: '127.0.0.1:9 of ALL_PROXY',
    });
  });

  test('since it speaks no TLS is told so too', async () => {
    const proxy = await setUp();
    const failure = await failureOf({ HTTPS_PROXY: `https://${proxy.address}` });
    expect(failure.reason).toMatch(/^(ERR_SSL|EPROTO)/);
  });
});

test('a proxy that cannot be used is refused before any request', () => {
  expect(() => createConnections({ HTTPS_PROXY: 'http://' })).toThrow(/HTTPS_PROXY/);
});
