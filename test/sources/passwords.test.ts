import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { sourceSettings } from '../../src/journal/settings.ts';
import type { SourceConfig } from '../../src/sources/config.ts';
import { openSource } from '../../src/sources/openSource.ts';
import { parseConnectionUrl } from '../../src/sources/servers/connectionUrl.ts';
import { startServer } from '../setup/lineServer.ts';
import { useMariadb } from './databases.ts';
import { wantedOf } from './serverSetup.ts';
import { allTextOf, readAll, syncErrorOf } from './sourceSetup.ts';

/*
 * Passwords that stand in a URL as a reference, from the environment and from a file.
 */

const database = useMariadb();
/** Every character with a meaning in a URL, and some of other scripts. */
const password = `MARKED@:/?#[]%41%zz +&=;,!$'()*"\\|<>^\`{}~é ライン😀`;
const references = ['${PASSWORD}', '${file:/run/secrets/password}'];

/** The source of a configuration, its references resolved to `secret`. */
function sourceOf(source: object, secret = password): SourceConfig {
  const syncs = [{ name: 'a', audienceName: 'A', identifierType: 'email', mode: 'add' }];
  const connection = { adAccountId: 'A1', accessKey: 'k', secretKey: 's' };
  const surroundings = { env: { PASSWORD: secret, USER_NAME: secret }, readSecret: () => `${secret}\n` };
  const { config } = loadConfig(JSON.stringify({ connection, source, syncs }), surroundings);
  return config.source!;
}

async function read(source: SourceConfig): Promise<string[] | undefined> {
  const surroundings = { signal: new AbortController().signal } as never;
  await using opened = await openSource(source, wantedOf('email'), surroundings);
  return (await readAll(opened)).values[0];
}

afterEach(() => vi.unstubAllEnvs());

/** A PostgreSQL that asks for the password in the clear, tells it, and refuses it. */
async function startPostgres(): Promise<{ port: number; passwords: Buffer[] }> {
  const passwords: Buffer[] = [];
  const message = (type: string, content: Buffer) => {
    const header = Buffer.alloc(5, type);
    header.writeUInt32BE(content.length + 4, 1);
    return Buffer.concat([header, content]);
  };
  const refusal = Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0');
  const server = createServer((socket: Socket) => {
    socket
      .on('error', () => {})
      .once('data', () => {
        socket.write(message('R', Buffer.from([0, 0, 0, 3])));
        socket.once('data', (answer) => {
          passwords.push(answer.subarray(5, -1));
          socket.end(message('E', refusal));
        });
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.address() as { port: number }).port, passwords };
}

describe.each(references)('a password as %s in a URL', (reference) => {
  test('reaches PostgreSQL byte for byte, and is in no error', async () => {
    const { port, passwords } = await startPostgres();
    const source = sourceOf({ type: 'postgres', url: `postgres://u:${reference}@127.0.0.1:${port}/d`, table: 't' });
    const error = await syncErrorOf(read(source));
    expect(passwords).toEqual([Buffer.from(password)]);
    expect(error.code).toBe('source.login_failed');
    expect(allTextOf(error)).not.toContain('MARKED');
  });

  test('reaches ClickHouse byte for byte, and is in no error', async () => {
    vi.stubEnv('HTTP_PROXY', undefined);
    const server = await startServer((_arrival, response) => {
      response.writeHead(403, { 'x-clickhouse-exception-code': '516' }).end(`Code: 516. DB::Exception: ${password}`);
    });
    const url = server.origin.replace('://', `://u:${reference}@`);
    const error = await syncErrorOf(read(sourceOf({ type: 'clickhouse', url, table: 't' })));
    const { headers, url: asked } = server.arrivals[0]!;
    expect(Buffer.from(String(headers['x-clickhouse-key']), 'latin1')).toEqual(Buffer.from(password));
    expect(asked).not.toContain('MARKED');
    expect(error.code).toBe('source.login_failed');
    expect(allTextOf(error)).not.toContain('MARKED');
  });
});

describe('a real MariaDB', () => {
  let url: string;

  beforeAll(async () => {
    const user = `${database.name}_p`;
    await database.run(`CREATE USER ${user}@'%' IDENTIFIED BY ?`, [password]);
    const { host } = new URL(database.url);
    url = `mysql://${user}:REFERENCE@${host}`;
    return () => database.run(`DROP USER ${user}@'%'`);
  });

  test.each(references)('lets in with %s', async (reference) => {
    const source = { type: 'mysql', url: url.replace('REFERENCE', reference), query: "SELECT 'a' AS email" };
    expect(await read(sourceOf(source))).toEqual(['a']);
  });

  test('refuses another, which is in no error', async () => {
    const source = { type: 'mysql', url: url.replace('REFERENCE', references[0]!), query: "SELECT 'a' AS email" };
    const error = await syncErrorOf(read(sourceOf(source, `${password}.`)));
    expect(error.code).toBe('source.login_failed');
    expect(allTextOf(error)).not.toContain('MARKED');
  });
});

/** Any text that an environment variable can hold. */
const anyText = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((text) => text.isWellFormed() && !text.includes('\0'));

test.each(['postgres', 'mysql'] as const)('any user and password come through a URL of %s as they are', (kind) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const url = `${kind}://\${USER_NAME}:\${PASSWORD}@db.example/d`;
      const source = sourceOf({ type: kind, url, table: 't' }, text);
      if (source.type !== kind) throw new Error('another kind of source');
      expect(parseConnectionUrl(source.url, kind, undefined)).toMatchObject({ user: text, password: text });
    }),
  );
});

test.each([
  ['postgres', 'postgres://u:${PASSWORD}@db.example/d'],
  ['mysql', 'mysql://u:${PASSWORD}@db.example/d'],
  ['clickhouse', 'https://u:${PASSWORD}@db.example/d'],
])('a new password is no new source for %s, but another user is', (type, url) => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      const settings = (secret: string, written = url) =>
        sourceSettings(sourceOf({ type, url: written, table: 't' }, secret));
      expect(settings(one)).toEqual(settings(other));
      expect(settings(one)).not.toEqual(settings(one, url.replace('u:', 'v:')));
    }),
  );
});
