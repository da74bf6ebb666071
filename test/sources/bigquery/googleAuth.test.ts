import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createConnections } from '../../../src/http/connections.ts';
import { BigqueryRefusal } from '../../../src/sources/bigquery/errors.ts';
import { createAmbientAuth } from '../../../src/sources/bigquery/googleAuth.ts';
import { googleCredentials } from '../../../src/sources/bigquery/googleCredentials.ts';
import { useAuthority } from '../../http/certificates.ts';
import { startConnectProxy } from '../../http/connectProxy.ts';
import { listen, startServer } from '../../setup/lineServer.ts';

/*
 * Google's own client with a user's credentials, whose token endpoint is a local server behind a local proxy.
 */

const authority = useAuthority();
const variables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NO_PROXY', 'no_proxy'];

afterEach(() => vi.unstubAllEnvs());

async function setUp(status = 200) {
  const folder = mkdtempSync(join(tmpdir(), 'line-ads-sync-google-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const asked: string[] = [];
  const server = createServer(authority.certificate('DNS:oauth2.googleapis.com'), async (request, response) => {
    asked.push(`${request.headers.host}${request.url} ${new URLSearchParams(await text(request)).get('grant_type')}`);
    response.setHeader('content-type', 'application/json').end('{"access_token":"token-1","expires_in":3600}');
  });
  const proxy = await startConnectProxy({ to: await listen(server as never), status: () => status });
  for (const name of variables) vi.stubEnv(name, undefined);
  vi.stubEnv('HTTPS_PROXY', proxy.address);
  const file = join(folder, 'adc.json');
  const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
  writeFileSync(file, JSON.stringify(user));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
  return { proxy, asked, file };
}

async function headers(): Promise<Record<string, string>> {
  const connections = createConnections(process.env, { connect: { ca: authority.ca() } });
  onTestFinished(() => connections.destroy());
  const auth = createAmbientAuth('crm-project', connections);
  return googleCredentials(auth, 'no ambient credentials', new AbortController().signal).headers();
}

test("the client's logins go through the proxy that our rules give, written without a scheme", async () => {
  const { proxy, asked } = await setUp();
  expect(await headers()).toMatchObject({ authorization: 'Bearer token-1' });
  expect(asked).toEqual(['oauth2.googleapis.com/token refresh_token']);
  expect(proxy.tunnels).toEqual(['oauth2.googleapis.com:443']);
});

test('those of a service account go there, too', async () => {
  const { proxy, asked, file } = await setUp();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    type: 'service_account',
    client_email: 'a@example.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  writeFileSync(file, JSON.stringify({ ...account, token_uri: 'https://oauth2.googleapis.com/token' }));
  expect(await headers()).toMatchObject({ authorization: expect.stringMatching(/^Bearer /) });
  expect(asked).toEqual([expect.stringContaining('jwt-bearer')]);
  expect(proxy.tunnels).toEqual(['oauth2.googleapis.com:443']);
});

test("the machine's own metadata server is asked directly", async () => {
  const { proxy } = await setUp();
  const metadata = await startServer((_arrival, response) => {
    response.setHeader('metadata-flavor', 'Google').setHeader('content-type', 'application/json');
    response.end('{"access_token":"token-2","expires_in":3600}');
  });
  for (const [name, value] of [
    ['GOOGLE_APPLICATION_CREDENTIALS', undefined],
    ['HOME', '/nonexistent'],
    ['CLOUDSDK_CONFIG', '/nonexistent'],
    ['GCE_METADATA_HOST', new URL(metadata.origin).host],
    ['METADATA_SERVER_DETECTION', 'assume-present'],
  ] as const)
    vi.stubEnv(name, value);
  expect(await headers()).toMatchObject({ authorization: 'Bearer token-2' });
  expect(metadata.arrivals.at(-1)?.url).toContain('/token');
  expect(proxy.tunnels).toEqual([]);
});

test('a proxy that demands a login is told by its address and variable', async () => {
  const { proxy } = await setUp(407);
  const error = await headers().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BigqueryRefusal);
  expect((error as BigqueryRefusal).fault).toEqual({
    kind: 'proxy_login',
    code: `HTTP 407 from the proxy ${proxy.address} of HTTPS_PROXY`,
  });
});
