import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const table = 'line_ads_sync_bench';

/** A table in PostgreSQL with the rows of a CSV file. It is dropped at the end. */
export interface Table extends AsyncDisposable {
  url: string;
  table: string;
}

/** Returns DATABASE_URL, else the URL by PGHOST and its like, else that of the database `test` of this machine. */
export function databaseUrl(env: NodeJS.ProcessEnv): string {
  if (env.DATABASE_URL !== undefined) return env.DATABASE_URL;
  const { PGHOST = '127.0.0.1', PGPORT = '5432', PGUSER = 'postgres', PGPASSWORD, PGDATABASE = 'test' } = env;
  const password = PGPASSWORD === undefined ? '' : `:${encodeURIComponent(PGPASSWORD)}`;
  return `postgres://${encodeURIComponent(PGUSER)}${password}@${PGHOST}:${PGPORT}/${PGDATABASE}`;
}

/** Tells whether a server answers and accepts the login. */
export async function canConnect(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

export async function openTable(url: string, csvPath: string): Promise<Table> {
  await withClient(url, async (client) => {
    await client.query(`DROP TABLE IF EXISTS ${table}`);
    await client.query('BEGIN');
    await client.query(
      `CREATE TABLE ${table} (id bigint, email text, phone text, ifa text) WITH (autovacuum_enabled = false)`,
    );
    // In a frozen table, the first reader need not mark every row as committed. All readers find the same table.
    const copying = client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT csv, HEADER, FREEZE)`));
    await pipeline(createReadStream(csvPath), copying);
    await client.query('COMMIT');
    await client.query(`ANALYZE ${table}`);
  });
  const drop = () => withClient(url, async (client) => void (await client.query(`DROP TABLE IF EXISTS ${table}`)));
  return { url, table, [Symbol.asyncDispose]: drop };
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
