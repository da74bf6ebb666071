import { randomBytes } from 'node:crypto';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { type Connection, createConnection as connectMysql } from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';

/*
 * The PostgreSQL and the MariaDB that the tests talk to: those of this machine, or others by PGHOST, PGPORT, PGUSER,
 * PGPASSWORD, PGDATABASE and MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE.
 */

const { env } = process;

function urlOf(scheme: string, user: string, password: string, host: string, port: string, database: string): string {
  const login = password === '' ? user : `${user}:${encodeURIComponent(password)}`;
  return `${scheme}://${login}@${host}:${port}/${database}`;
}

export const postgresUrl = urlOf(
  'postgres',
  env.PGUSER ?? 'postgres',
  env.PGPASSWORD ?? '',
  env.PGHOST ?? '127.0.0.1',
  env.PGPORT ?? '5432',
  env.PGDATABASE ?? 'test',
);

export const mysqlUrl = urlOf(
  'mysql',
  env.MYSQL_USER ?? 'root',
  env.MYSQL_PASSWORD ?? '',
  env.MYSQL_HOST ?? '127.0.0.1',
  env.MYSQL_PORT ?? '3306',
  env.MYSQL_DATABASE ?? 'test',
);

export interface TestDatabase {
  /** A schema (PostgreSQL) or database (MariaDB) for the tests of a file, gone after the last of them. */
  name: string;
  url: string;
  run(sql: string, values?: unknown[]): Promise<unknown>;
}

/** For a connection that does not come about. */
export function serverMissing(name: string, url: string): (cause: unknown) => never {
  return (cause) => {
    throw new Error(`No ${name} answers at ${new URL(url).host}. The tests need it: see docs/development.md.`, {
      cause,
    });
  };
}

export function usePostgres(): TestDatabase {
  const client = new pg.Client(postgresUrl);
  const name = `sources_${randomBytes(4).toString('hex')}`;
  const database: TestDatabase = { name, url: postgresUrl, run: (sql, values) => client.query(sql, values) };
  beforeAll(async () => {
    await client.connect().catch(serverMissing('PostgreSQL', postgresUrl));
    await client.query(`CREATE SCHEMA ${name}`);
    await client.query(`SET search_path = ${name}`);
  });
  afterAll(async () => {
    await client.query(`DROP SCHEMA ${name} CASCADE`);
    await client.end();
  });
  return database;
}

export function useMariadb(): TestDatabase {
  let client: Connection;
  const name = `sources_${randomBytes(4).toString('hex')}`;
  const url = new URL(mysqlUrl);
  url.pathname = `/${name}`;
  const database: TestDatabase = { name, url: url.href, run: (sql, values) => client.query(sql, values) };
  beforeAll(async () => {
    client = await connectMysql({ uri: mysqlUrl, charset: 'utf8mb4', multipleStatements: true }).catch(
      serverMissing('MariaDB', mysqlUrl),
    );
    await client.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    await client.query(`USE ${name}`);
  });
  afterAll(async () => {
    await client.query(`DROP DATABASE ${name}`);
    await client.end();
  });
  return database;
}

/**
 * A server between, which lets so many bytes of answers through and then stalls, or breaks the connection off: by a reset,
 * or by an end as orderly as after the last byte.
 */
export async function openFaultyProxy(
  target: string,
  bytes: number,
  then: 'stall' | 'break' | 'end',
): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const reached = Promise.withResolvers<void>();
  const server: Server = createServer((client) => {
    const upstream = createConnection(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    let left = bytes;
    client.pipe(upstream);
    upstream.on('data', (part) => {
      if (left > 0) client.write(part.subarray(0, left));
      left -= part.length;
      if (left > 0) return;
      reached.resolve();
      if (then === 'break') client.resetAndDestroy();
      if (then === 'end') client.end();
      upstream.pause();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('end', () => left > 0 && client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: ownPort } = server.address() as { port: number };
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(ownPort);
  return {
    url: url.href,
    reached: reached.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface FaultyProxy extends AsyncDisposable {
  url: string;
  /** Resolves when the bytes have passed. */
  reached: Promise<void>;
}
