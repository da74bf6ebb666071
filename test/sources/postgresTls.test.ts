import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceSchema } from '../../src/sources/config.ts';
import type { PostgresSourceConfig } from '../../src/sources/postgres/config.ts';
import { openPostgres } from '../../src/sources/postgres/postgres.ts';
import { postgresUrl } from './databases.ts';
import { allTextOf, readAll, syncErrorOf } from './sourceSetup.ts';

/*
 * A real PostgreSQL behind a proxy that speaks TLS for it, as poolers do, with a certificate of an authority of its own.
 */

let folder: string;
let proxy: Server;

/** "localhost" and 127.0.0.1, by an authority whose certificate is `ca.pem`. */
function makeCertificate(): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority of the tests');
  const names = [
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-addext',
    'basicConstraints=CA:FALSE',
  ];
  openssl(
    'req',
    '-x509',
    ...key,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    ...names,
  );
}

const sslRequestBytes = 8;

function startProxy(): Server {
  const target = new URL(postgresUrl);
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name)));
  return createServer((socket) => {
    socket.on('error', () => {});
    socket.once('readable', () => {
      socket.read(sslRequestBytes);
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      const upstream = createConnection(Number(target.port), target.hostname);
      for (const end of [secure, upstream]) end.on('error', () => {});
      secure.pipe(upstream).pipe(secure);
      secure.once('close', () => upstream.destroy());
    });
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postgres-tls-'));
  makeCertificate();
  proxy = startProxy();
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise((resolve) => proxy.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Through the proxy by that name, or from the server itself, which speaks no TLS (`plain`). */
async function read(host: string, changes: object, parameters = ''): Promise<string[] | undefined> {
  const url = new URL(postgresUrl);
  if (host !== 'plain') {
    url.hostname = host;
    url.port = String((proxy.address() as { port: number }).port);
  }
  const config = sourceSchema.parse({
    type: 'postgres',
    url: url.href + parameters,
    query: "SELECT 'a' AS email",
    ...changes,
  });
  const wanted = { choices: [{ names: ['email'], required: 'all' as const }] };
  const { signal } = new AbortController();
  await using source = await openPostgres(config as PostgresSourceConfig, wanted, signal);
  return (await readAll(source)).values[0];
}

test('a certificate of an authority that is given is trusted', async () => {
  expect(await read('localhost', { tls: 'verify', ca: join(folder, 'ca.pem') })).toEqual(['a']);
});

test('a certificate is not looked at where that is asked for, also in the words of libpq', async () => {
  expect(await read('localhost', { tls: 'unverified' })).toEqual(['a']);
  expect(await read('localhost', {}, '?sslmode=require')).toEqual(['a']);
});

test.each([
  ['of an authority that nobody knows', 'localhost', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['of another host', '127.0.0.1', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
])('a certificate %s is not trusted, and cause and hint are told', async (_, host, isKnown, cause) => {
  const error = await syncErrorOf(read(host, { tls: 'verify', ...(isKnown && { ca: join(folder, 'ca.pem') }) }));
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toContain('trusted TLS connection');
  expect(error.message).toContain(`(${cause})`);
  expect(error.hint).toContain('source.ca');
});

test('a file of authorities that is not there is named', async () => {
  const error = await syncErrorOf(read('localhost', { tls: 'verify', ca: join(folder, 'missing.pem') }));
  expect([error.code, error.message]).toEqual(['source.unreadable', expect.stringContaining('missing.pem')]);
});

describe('a server without TLS', () => {
  test.each<[string, object, string]>([
    ['tls: verify', { tls: 'verify' }, ''],
    ['tls: unverified', { tls: 'unverified' }, ''],
    ['sslmode=allow', {}, '?sslmode=allow'],
    ['sslmode=prefer', {}, '?sslmode=prefer'],
    ['sslmode=require', {}, '?sslmode=require'],
    ['sslmode=verify-full', {}, '?sslmode=verify-full'],
  ])('is refused with %s, and the hint says what to write', async (_case, changes, parameters) => {
    const error = await syncErrorOf(read('plain', changes, parameters));
    expect(error.code).toBe('source.unreachable');
    expect(error.message).toContain('offers no TLS');
    expect(error.hint).toMatch(/source\.tls to "off".*sslmode=disable/);
  });

  test('is read with sslmode=disable', async () => {
    expect(await read('plain', {}, '?sslmode=disable')).toEqual(['a']);
  });
});

test('a server whose rules demand TLS is told so, and the hint says what to write', async () => {
  const fields = [
    'SFATAL',
    'VFATAL',
    'C28000',
    'Mno pg_hba.conf entry for host "10.0.0.1", user "MARKED", no encryption',
  ];
  const text = Buffer.from(`${fields.join('\0')}\0\0`);
  const header = Buffer.alloc(5, 'E');
  header.writeUInt32BE(text.length + 4, 1);
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([header, text])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `postgres://u:MARKED@127.0.0.1:${(server.address() as AddressInfo).port}/d`;
    const error = await syncErrorOf(read('plain', { url, tls: 'off' }));
    expect([error.code, error.message]).toEqual([
      'source.login_failed',
      expect.stringContaining('without TLS (28000)'),
    ]);
    expect(error.hint).toMatch(/source\.tls to "verify".*sslmode=verify-full/);
    expect(allTextOf(error)).not.toContain('MARKED');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
