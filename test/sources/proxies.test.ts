import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SyncError } from '../../src/errors.ts';
import { type SourceConfig, sourceSchema } from '../../src/sources/config.ts';
import { openSource } from '../../src/sources/openSource.ts';
import { useAuthority } from '../http/certificates.ts';
import { startConnectProxy, startTlsFront } from '../http/connectProxy.ts';
import { startServer } from '../setup/lineServer.ts';
import { startClickhouse } from './clickhouse/server.ts';
import { freeAfterEachTest, wantedOf } from './serverSetup.ts';
import { startSnowflake } from './snowflake/server.ts';
import { allTextOf, readAll, syncErrorOf } from './sourceSetup.ts';

/*
 * Sources that are asked over HTTP, with a proxy between, or with something else that answers in their place.
 */

freeAfterEachTest();
const authority = useAuthority();
const variables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];

/** The environment as to proxies: what is given, and nothing of whoever runs the tests. */
function setProxies(env: Record<string, string>): void {
  for (const name of variables.flatMap((upper) => [upper, upper.toLowerCase()])) vi.stubEnv(name, env[name]);
}

afterEach(() => vi.unstubAllEnvs());

async function read(config: object): Promise<string[] | undefined> {
  const stdin = () => Promise.reject(new Error('not asked'));
  const surroundings = { directory: '', stdin, duckdbBytes: 0, signal: new AbortController().signal };
  const parsed = sourceSchema.parse({ table: 'people', ...config }) as SourceConfig;
  await using source = await openSource(parsed, wantedOf('email'), surroundings as never);
  return (await readAll(source)).values[0];
}

function errorOf(config: object): Promise<SyncError> {
  return syncErrorOf(read(config));
}

const columns = [['email', 'String']] as const;

async function startClickhouseBehindTls() {
  const server = await startClickhouse({ columns, rows: [['a@example.com']] });
  return startTlsFront(authority.certificate('DNS:clickhouse.example'), server.url);
}

describe('ClickHouse', () => {
  const config = () => ({ type: 'clickhouse', url: 'https://clickhouse.example:8443', ca: authority.caFile() });

  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
    'is asked through the proxy of %s, written without a scheme',
    async (name) => {
      const proxy = await startConnectProxy({ to: await startClickhouseBehindTls() });
      setProxies({ [name]: proxy.address });
      expect(await read(config())).toEqual(['a@example.com']);
      expect(new Set(proxy.tunnels)).toEqual(new Set(['clickhouse.example:8443']));
    },
  );

  test.each(['NO_PROXY', 'no_proxy'])('is not asked through it where %s names the host', async (name) => {
    const proxy = await startConnectProxy({});
    setProxies({ HTTPS_PROXY: proxy.address, [name]: 'clickhouse.invalid' });
    const error = await errorOf({ ...config(), url: 'https://clickhouse.invalid' });
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(proxy.tunnels).toEqual([]);
  });

  test('on loopback is asked directly', async () => {
    const server = await startClickhouse({ columns, rows: [['a@example.com']] });
    setProxies({ HTTPS_PROXY: '127.0.0.1:9', HTTP_PROXY: '127.0.0.1:9' });
    expect(await read({ type: 'clickhouse', url: server.url })).toEqual(['a@example.com']);
  });

  test.each<[string, number | undefined, string, string]>([
    ['that demands a login', 407, 'config.invalid', 'HTTP 407'],
    ['that forbids the host', 403, 'source.unreachable', 'HTTP 403'],
    ['that reaches nothing', 502, 'source.unreachable', 'HTTP 502'],
    ['that breaks off', undefined, 'source.unreachable', 'UND_ERR_SOCKET'],
  ])('behind a proxy %s is an error that names the proxy', async (_case, status, code, reason) => {
    const proxy = await startConnectProxy({ status: () => status });
    setProxies({ HTTPS_PROXY: `http://user:MARKED@${proxy.address}` });
    const error = await errorOf(config());
    expect(error.code).toBe(code);
    expect(error.message).toContain(`(${reason} from the proxy ${proxy.address} of HTTPS_PROXY)`);
    expect(allTextOf(error)).not.toContain('MARKED');
  });

  test('with a proxy that cannot be used is an error of the configuration', async () => {
    setProxies({ HTTPS_PROXY: 'http://user:MARKED@proxy:port' });
    const error = await errorOf(config());
    expect(error.code).toBe('config.invalid');
    expect(error.message).toContain('HTTPS_PROXY');
    expect(allTextOf(error)).not.toContain('MARKED');
  });
});

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

describe('Snowflake', () => {
  const config = (accessUrl: string) => ({ type: 'snowflake', account: 'a1', oauthToken: 'oauth-token-1', accessUrl });

  test('is asked through the proxy, with its login, but not by rules of its own driver', async () => {
    const proxy = await startConnectProxy({ status: () => 407 });
    setProxies({ ALL_PROXY: `us%65r:p%40ss@${proxy.address}` });
    const error = await errorOf(config('https://snowflake.invalid'));
    expect(proxy.tunnels[0]).toBe('snowflake.invalid:443');
    expect(proxy.logins[0]).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect([error.code, error.message]).toEqual(['config.invalid', expect.stringContaining('HTTP 407')]);
  });

  test('is asked directly where NO_PROXY covers it', async () => {
    const proxy = await startConnectProxy({ status: () => 407 });
    setProxies({ HTTPS_PROXY: proxy.address, NO_PROXY: '.invalid' });
    const error = await errorOf(config('https://snowflake.invalid'));
    expect(error.code).toBe('source.unreachable');
    expect(proxy.tunnels).toEqual([]);
  });

  test('on loopback is asked directly', async () => {
    const proxy = await startConnectProxy({ status: () => 407 });
    setProxies({ HTTPS_PROXY: proxy.address, HTTP_PROXY: proxy.address });
    const user = { privateKey: pem, oauthToken: 'oauth-token-1' };
    const table = { columns: [{ name: 'EMAIL', type: 'text' }], rows: [['a@example.com']] };
    const server = await startSnowflake(table, user);
    expect(await read(config(server.url))).toEqual(['a@example.com']);
    expect(proxy.tunnels).toEqual([]);
  });
});

const page = '<!DOCTYPE html><title>MARKED please log in</title>';

describe.each([
  ['ClickHouse', (origin: string) => ({ type: 'clickhouse', url: origin })],
  ['BigQuery', (origin: string) => ({ type: 'bigquery', projectId: 'p', apiEndpoint: origin })],
])('%s', (_name, configFor) => {
  test.each<[string, number, Record<string, string>, string | Buffer]>([
    ['a login page', 200, { 'content-type': 'text/html; charset=utf-8' }, page],
    ['a redirect to one', 302, { location: 'https://login.example/MARKED' }, ''],
    ['a page that forbids', 403, { 'content-type': 'text/html' }, page],
    ['a page that knows no such address', 404, { 'content-type': 'text/html' }, page],
    ['a page that demands a login', 401, { 'content-type': 'text/html' }, page],
    ['a page that is compressed', 403, { 'content-encoding': 'gzip' }, gzipSync(page)],
    ['a demand of a proxy', 407, {}, ''],
  ])('in whose place %s comes is told so', async (_case, status, headers, body) => {
    setProxies({});
    const server = await startServer((_arrival, response) => {
      response.writeHead(status, headers).end(body);
    });
    const error = await errorOf(configFor(server.origin));
    expect(error.code).toBe('source.unreachable');
    expect(error.message).toMatch(/^Something other than .+ answered/);
    expect(error.message).toContain(`HTTP ${status}`);
    expect(allTextOf(error)).not.toContain('MARKED');
  });

  test('whose answer has a content coding that nobody knows is told its name', async () => {
    setProxies({});
    const server = await startServer((_arrival, response) => {
      response.writeHead(200, { 'content-encoding': 'compress' }).end('x');
    });
    const error = await errorOf(configFor(server.origin));
    expect([error.code, error.message]).toEqual([
      'source.unreachable',
      expect.stringContaining('content coding compress'),
    ]);
  });
});
