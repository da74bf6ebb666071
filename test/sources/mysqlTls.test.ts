import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SyncError } from '../../src/errors.ts';
import { sourceSchema } from '../../src/sources/config.ts';
import type { MysqlSourceConfig } from '../../src/sources/mysql/config.ts';
import { openMysql } from '../../src/sources/mysql/mysql.ts';
import { type Certificate, useAuthority } from '../http/certificates.ts';
import { mysqlUrl, useMariadb } from './databases.ts';
import { allTextOf, readAll, syncErrorOf } from './sourceSetup.ts';

/*
 * A real MariaDB behind a server that speaks TLS for it. In MySQL's protocol TLS begins after the server's greeting, so
 * that server edits the packets of the handshake.
 */

const authority = useAuthority();
const database = useMariadb();
const servers: Server[] = [];
const sockets = new Set<Socket>();
const ports: Record<string, number> = {};

const headerBytes = 4;
/** In the second byte of the capabilities of server and client. */
const tlsFlag = 0x08;

async function readPacket(socket: Socket): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  const isWhole = () => bytes.length >= headerBytes && bytes.length >= headerBytes + bytes.readUIntLE(0, 3);
  while (!isWhole()) {
    const part: Buffer | null = socket.read();
    if (part === null) await new Promise((resolve) => socket.once('readable', resolve));
    else bytes = Buffer.concat([bytes, part]);
  }
  const end = headerBytes + bytes.readUIntLE(0, 3);
  if (bytes.length > end) socket.unshift(bytes.subarray(end));
  return bytes.subarray(0, end);
}

/** Protocol, version and 13 further bytes stand before the capabilities. */
function offerTls(greeting: Buffer): Buffer {
  const capabilities = greeting.indexOf(0, headerBytes + 1) + 14;
  greeting.writeUInt8(greeting.readUInt8(capabilities + 1) | tlsFlag, capabilities + 1);
  return greeting;
}

/** The server behind never saw the request for TLS. */
function withoutTls(login: Buffer): Buffer {
  login.writeUInt8(login.readUInt8(3) - 1, 3);
  login.writeUInt8(login.readUInt8(headerBytes + 1) & ~tlsFlag, headerBytes + 1);
  return login;
}

async function speakTls(client: Socket, certificate: Certificate): Promise<void> {
  const target = new URL(mysqlUrl);
  const upstream = createConnection(Number(target.port), target.hostname);
  sockets.add(upstream.on('error', () => {}));
  client.on('close', () => upstream.destroy());
  client.write(offerTls(await readPacket(upstream)));
  await readPacket(client);
  const secure = new TLSSocket(client, { isServer: true, ...certificate });
  secure.on('error', () => {});
  upstream.write(withoutTls(await readPacket(secure)));
  const answer = await readPacket(upstream);
  answer.writeUInt8(answer.readUInt8(3) + 1, 3);
  secure.write(answer);
  secure.pipe(upstream).pipe(secure);
}

async function start(name: string, accept: (client: Socket) => unknown): Promise<void> {
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}));
    void accept(client);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports[name] = (server.address() as AddressInfo).port;
}

/** Takes the request for TLS, and then speaks something else. */
async function speakNonsense(client: Socket): Promise<void> {
  const target = new URL(mysqlUrl);
  const upstream = createConnection(Number(target.port), target.hostname);
  client.write(offerTls(await readPacket(upstream)));
  upstream.destroy();
  await readPacket(client);
  client.write('HTTP/1.1 400 Bad Request\r\n\r\n');
}

beforeAll(async () => {
  const certificates = {
    good: authority.certificate('DNS:localhost'),
    other: authority.certificate('DNS:db.example'),
    expired: authority.certificate('DNS:localhost', -1),
    address: authority.certificate('IP:127.0.0.1'),
  };
  for (const [name, certificate] of Object.entries(certificates))
    await start(name, (client) => speakTls(client, certificate));
  await start('nonsense', speakNonsense);
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});

async function read(
  server: string,
  changes: object,
  parameters = '',
  host = 'localhost',
): Promise<string[] | undefined> {
  const url = new URL(database.url);
  if (server !== 'plain') url.host = `${host}:${ports[server]}`;
  const config = { type: 'mysql', url: url.href + parameters, query: "SELECT 'a' AS email", ...changes };
  const wanted = { choices: [{ names: ['email'], required: 'all' as const }] };
  const { signal } = new AbortController();
  await using source = await openMysql(sourceSchema.parse(config) as MysqlSourceConfig, wanted, signal);
  return (await readAll(source)).values[0];
}

function errorOf(server: string, changes: object, parameters = ''): Promise<SyncError> {
  return syncErrorOf(read(server, changes, parameters));
}

const verify = () => ({ tls: 'verify', ca: authority.caFile() });

test('a certificate of an authority that is given is trusted', async () => {
  expect(await read('good', verify())).toEqual(['a']);
  expect(await read('good', { ca: authority.caFile() }, '?ssl-mode=VERIFY_IDENTITY')).toEqual(['a']);
});

test('the certificate of a host that is given as an address must be for that address', async () => {
  expect(await read('address', verify(), '', '127.0.0.1')).toEqual(['a']);
  const error = await syncErrorOf(read('good', verify(), '', '127.0.0.1'));
  expect(error.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
});

test.each(['?ssl-mode=REQUIRED', '?ssl-mode=PREFERRED'])('%s encrypts, and looks at no certificate', async (mode) => {
  expect(await read('expired', {}, mode)).toEqual(['a']);
});

test.each([
  ['of an authority that nobody knows', 'good', { tls: 'verify' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['of another host', 'other', 'known', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that has expired', 'expired', 'known', 'CERT_HAS_EXPIRED'],
] as const)('a certificate %s is not trusted, and the cause is named', async (_case, server, changes, cause) => {
  const error = await errorOf(server, changes === 'known' ? verify() : changes);
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toContain('trusted TLS connection');
  expect(error.message).toContain(`(${cause})`);
  expect(error.hint).toContain('source.ca');
});

test('a server that does not speak TLS after all is told with the fault of the protocol', async () => {
  const error = await errorOf('nonsense', verify());
  expect(error.code).toBe('source.unreachable');
  expect(error.message).toMatch(/\(ERR_SSL_[A-Z_]+\)/);
});

describe('a server without TLS', () => {
  test.each<[string, object, string]>([
    ['tls: verify', { tls: 'verify' }, ''],
    ['tls: unverified', { tls: 'unverified' }, ''],
    ['ssl-mode=PREFERRED', {}, '?ssl-mode=PREFERRED'],
    ['ssl-mode=REQUIRED', {}, '?ssl-mode=REQUIRED'],
    ['ssl-mode=VERIFY_CA', {}, '?ssl-mode=VERIFY_CA'],
  ])('is refused with %s, and the hint says what to write', async (_case, changes, mode) => {
    const error = await errorOf('plain', changes, mode);
    expect(error.code).toBe('source.unreachable');
    expect(error.message).toContain('offers no TLS');
    expect(error.hint).toMatch(/source\.tls to "off".*ssl-mode=DISABLED/);
    expect(allTextOf(error)).not.toContain(mode || '?');
  });

  test('is read with ssl-mode=DISABLED', async () => {
    expect(await read('plain', {}, '?ssl-mode=DISABLED')).toEqual(['a']);
  });
});

/** It greets, and refuses the login as MySQL does with require_secure_transport. */
async function demandTls(client: Socket): Promise<void> {
  const target = new URL(mysqlUrl);
  const upstream = createConnection(Number(target.port), target.hostname);
  client.write(await readPacket(upstream));
  upstream.destroy();
  await readPacket(client);
  const body = Buffer.from('\xff\x57\x0c#HY000Connections using insecure transport are prohibited', 'latin1');
  client.write(Buffer.concat([Buffer.from([body.length, 0, 0, 2]), body]));
}

test('a server that demands TLS is told so, and the hint says what to write', async () => {
  await start('demanding', demandTls);
  const error = await errorOf('demanding', { tls: 'off' });
  expect([error.code, error.message]).toEqual(['source.login_failed', expect.stringContaining('without TLS')]);
  expect(error.message).toContain('3159');
  expect(error.hint).toMatch(/source\.tls to "verify".*ssl-mode=VERIFY_IDENTITY/);
});
