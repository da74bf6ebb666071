import { type createServer, request as forward } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createConnections } from '../../src/http/connections.ts';
import { useAuthority } from '../http/certificates.ts';
import { startConnectProxy } from '../http/connectProxy.ts';
import { listen } from '../setup/lineServer.ts';
import { reportOf } from './cliProcess.ts';
import { runHere } from './runHere.ts';
import { emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

const authority = useAuthority();
const people = csvText(['a', 'b', 'c'].map((name) => ({ email: `${name}@example.com`, note: 'x' })));

function configOf(scenario: Scenario, connection: object = {}): Record<string, unknown> {
  const path = scenario.write('people.csv', people);
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()], connection });
}

/** The simulator behind TLS; `onAnswer` is told of each request once it is answered. */
async function startTlsFront(
  scenario: Scenario,
  names: string,
  onAnswer: (method: string, front: Server) => void = () => {},
): Promise<string> {
  const front = createTlsServer(authority.certificate(names), (incoming, response) => {
    const { method, url, headers } = incoming;
    const { port } = new URL(scenario.simulator.url);
    const upstream = forward({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, { ...answer.headers, connection: 'close' });
      answer.pipe(response).on('finish', () => onAnswer(method ?? '', front));
    });
    incoming.pipe(upstream);
  });
  front.on('tlsClientError', () => {});
  return listen(front as unknown as ReturnType<typeof createServer>);
}

const lineItself = { baseUrl: 'https://ads.line.me' };

test.each([
  ['without a scheme', ''],
  ['with http', 'http://'],
  ['with https', 'https://'],
])('a sync goes through a proxy that is named %s, with a login', async (_case, scheme) => {
  await using scenario = await openScenario();
  const to = await startTlsFront(scenario, 'DNS:ads.line.me');
  const tls = scheme === 'https://' ? { tls: authority.certificate('IP:127.0.0.1') } : {};
  const proxy = await startConnectProxy({ to, ...tls });
  const env = { https_proxy: `${scheme}user:p%40ss@${proxy.address}`, NODE_EXTRA_CA_CERTS: authority.caFile() };
  const outcome = await scenario.run('sync', configOf(scenario, lineItself), { env });
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
  expect(new Set(proxy.tunnels)).toEqual(new Set(['ads.line.me:443']));
  expect(new Set(proxy.logins)).toEqual(new Set([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]));
  expect(uploadsTo(scenario.simulator)).toHaveLength(1);
  expect(JSON.stringify(reportOf(outcome))).not.toContain('tls_unverified');
});

describe('a sync whose proxy', () => {
  test.each<[string, number | undefined, number, string]>([
    ['demands a login', 407, 78, 'config.invalid'],
    ['refuses to connect', 403, 75, 'line.blocked'],
    ['reaches nothing itself', 502, 69, 'line.unreachable'],
    ['breaks the connection off', undefined, 69, 'line.unreachable'],
  ])('%s ends with the right code, and names the proxy without its password', async (_case, status, code, error) => {
    await using scenario = await openScenario();
    const proxy = await startConnectProxy({ status: () => status });
    const env = { HTTPS_PROXY: `http://user:MARKED@${proxy.address}` };
    const outcome = await scenario.run('sync', configOf(scenario, lineItself), { env });
    expect(outcome.code, outcome.stdout + outcome.stderr).toBe(code);
    const found = reportOf(outcome).syncs[0]?.error;
    expect(found?.code).toBe(error);
    expect(found?.message).toContain(`${proxy.address} of HTTPS_PROXY`);
    expect(outcome.stdout + outcome.stderr).not.toContain('MARKED');
  });
});

describe('a proxy that cannot be used', () => {
  test.each(['sync', 'preview', 'resume', 'check', 'audiences'])(
    'ends %s with 78, also where LINE is on loopback',
    async (command) => {
      await using scenario = await openScenario();
      const env = { HTTPS_PROXY: 'http://user:MARKED@proxy.example:port' };
      const outcome = await scenario.run(command, configOf(scenario), { env });
      expect(outcome.code, outcome.stdout + outcome.stderr).toBe(78);
      expect(outcome.stdout + outcome.stderr).toContain('HTTPS_PROXY');
      expect(outcome.stdout + outcome.stderr).not.toMatch(/MARKED|proxy\.example/);
      expect(scenario.simulator.requests).toEqual([]);
    },
  );
});

test('a simulator on loopback is asked directly, whatever proxy is named', async () => {
  await using scenario = await openScenario();
  const dead = 'http://127.0.0.1:9';
  const env = { HTTP_PROXY: dead, HTTPS_PROXY: dead, ALL_PROXY: dead };
  const outcome = await scenario.run('sync', configOf(scenario), { env });
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
});

test('verification that is switched off is a warning of the report, of check and of the log', async () => {
  await using scenario = await openScenario();
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const config = configOf(scenario);
  const sync = await scenario.run('sync', config, { env });
  expect(sync.code, sync.stdout + sync.stderr).toBe(0);
  const warned = reportOf(sync).syncs[0]?.warnings.filter(({ code }) => code === 'tls_unverified');
  expect(warned).toMatchObject([{ message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED') }]);
  expect(sync.stderr).toContain('tls_unverified');
  const check = await scenario.run('check', config, { env });
  expect(check.code).toBe(0);
  expect(JSON.parse(check.stdout.trim().split('\n').at(-1)!)).toMatchObject({ warnings: [{ code: 'tls_unverified' }] });
  const verified = await scenario.run('check', config, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '1' } });
  expect(JSON.parse(verified.stdout.trim().split('\n').at(-1)!)).toMatchObject({ warnings: [] });
});

describe('a certificate that stops being trusted', () => {
  async function run(swapAfter: string) {
    await using scenario = await openScenario();
    const expired = authority.certificate('DNS:localhost', -1);
    const front = await startTlsFront(scenario, 'DNS:localhost', (method, server) => {
      if (method === swapAfter) server.setSecureContext(expired);
    });
    const baseUrl = `https://localhost:${new URL(front).port}`;
    const dispatcher = createConnections({}, { connect: { ca: authority.ca() } });
    onTestFinished(() => dispatcher.destroy());
    const { code, report } = await runHere(scenario, configOf(scenario, { baseUrl }), { dispatcher });
    return { code, sync: report.syncs[0]!, uploads: uploadsTo(scenario.simulator).length };
  }

  test('before the first upload ends the sync as at the start, with nothing sent', async () => {
    const { code, sync, uploads } = await run('GET');
    expect([code, sync.error?.code, sync.remote]).toEqual([69, 'line.unreachable', 'untouched']);
    expect(sync.error?.message).toContain('CERT_HAS_EXPIRED');
    expect(sync.error?.hint).toContain('NODE_EXTRA_CA_CERTS');
    expect(uploads).toBe(0);
  });

  test('while jobs are followed ends the sync as at the start, and no longer waits for them', async () => {
    const { code, sync, uploads } = await run('POST');
    expect([code, sync.error?.code]).toEqual([69, 'line.unreachable']);
    expect(sync.error?.message).toContain('CERT_HAS_EXPIRED');
    expect(uploads).toBe(1);
  });
});

test('a certificate that is unknown from the start ends every command at once', async () => {
  await using scenario = await openScenario();
  const front = await startTlsFront(scenario, 'DNS:localhost');
  const config = configOf(scenario, { baseUrl: `https://localhost:${new URL(front).port}` });
  const outcome = await scenario.run('sync', config);
  expect(outcome.code).toBe(69);
  expect(reportOf(outcome).syncs[0]?.error).toMatchObject({
    code: 'line.unreachable',
    message: expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/),
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});
