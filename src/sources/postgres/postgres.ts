import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { cutRows, fieldSeparator, toChunk } from '../chunks.ts';
import { rowsToChunk, type TextRow } from '../rows.ts';
import { type Relation, type Selection, selectFrom } from '../select.ts';
import { fromSelected, selectedRows } from '../selected.ts';
import { type Connection, parseConnectionUrl } from '../servers/connectionUrl.ts';
import { ServerFailure } from '../servers/errors.ts';
import { createSession, type Session } from '../servers/session.ts';
import { connectTimeoutMs, silenceLimitsOf, watchSilence } from '../servers/silence.ts';
import { tlsOptions } from '../servers/tls.ts';
import type { Chunk, Source, WantedColumns } from '../source.ts';
import { quoteName } from '../sqlText.ts';
import type { PostgresSourceConfig } from './config.ts';
import { postgresFault, postgresHints } from './errors.ts';
import { postgresSql, redshiftSql } from './sql.ts';

/**
 * Opens a source that speaks PostgreSQL's protocol, in one read-only transaction. Rows come by COPY TO STDOUT, whose
 * bytes are almost chunks already, or by a cursor where COPY is refused (Redshift).
 */
export async function openPostgres(
  config: PostgresSourceConfig,
  wanted: WantedColumns,
  signal: AbortSignal,
): Promise<Source> {
  const connection = parseConnectionUrl(config.url, 'postgres', config.tls);
  const { select, ...names } = selectedRows(config);
  const client = new pg.Client(clientOptions(connection, config.ca));
  // A connection that breaks while it is idle is reported by the next query.
  client.on('error', () => {});
  const session = createSession({
    asked: { ...names, server: `PostgreSQL at ${connection.address}`, hints: postgresHints },
    signal,
    faultOf: (error) => postgresFault(error),
    destroy: () => client.connection.stream.destroy(),
  });
  try {
    return await session.during(async () => {
      await client.connect();
      session.connected();
      const database: Database = { client, session, config, ask: askOf(client, config) };
      const isRedshift = await beginReading(database);
      const relation = { label: names.label, from: fromSelected(select), columns: await describe(select, database) };
      const selection = selectFrom(relation, wanted, isRedshift ? redshiftSql : postgresSql);
      return {
        columns: selection.columns,
        choices: selection.choices,
        cursor: await greatestCursor(selection, database),
        chunks: (reading) => session.parts(reading, chunksOf(selection, isRedshift, database)),
        [Symbol.asyncDispose]: () => end(client),
      };
    });
  } catch (error) {
    await end(client);
    throw error;
  }
}

type Ask = (sql: string, values?: unknown[]) => Promise<pg.QueryArrayResult<string[]>>;

interface Database {
  client: pg.Client;
  session: Session;
  config: PostgresSourceConfig;
  ask: Ask;
}

function clientOptions(connection: Connection, ca: string | undefined): pg.ClientConfig {
  const { host, port, user, password, database, socketPath } = connection;
  return {
    host: socketPath ?? host,
    port,
    user,
    password,
    database,
    ssl: tlsOptions(connection, ca) ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'line-ads-sync',
  };
}

/** Queries by the extended protocol, which refuses several statements in one text. */
function askOf(client: pg.Client, config: PostgresSourceConfig): Ask {
  const { firstMs } = silenceLimitsOf(config);
  return async (text, values = []) => {
    const query = { text, values, rowMode: 'array', queryMode: 'extended', query_timeout: firstMs };
    try {
      return await client.query<string[]>(query as never);
    } catch (error) {
      const fault = postgresFault(error, text);
      throw fault === undefined ? error : new ServerFailure(fault);
    }
  };
}

/** Begins the transaction. Resolves with true for Redshift, which has no COPY TO STDOUT. */
async function beginReading({ ask, config }: Database): Promise<boolean> {
  await ask('BEGIN TRANSACTION READ ONLY');
  await ask(`SET LOCAL statement_timeout = ${config.statementTimeoutMs}`);
  const [version] = (await ask('SELECT version()')).rows;
  const isRedshift = version?.[0]?.includes('Redshift') === true;
  // Lets the server notice a broken connection while it still sorts (PostgreSQL 14 and newer).
  if (!isRedshift)
    await ask(`SELECT set_config(name, '5s', true) FROM pg_settings WHERE name = 'client_connection_check_interval'`);
  return isRedshift;
}

async function describe(select: string, { ask }: Database): Promise<Relation['columns']> {
  const { fields } = await ask(`SELECT * FROM ${fromSelected(select)} LIMIT 0`);
  const ids = [...new Set(fields.map(({ dataTypeID }) => dataTypeID))];
  const { rows } = await ask(typesOf(ids));
  const types = new Map(rows.map(([id, type, readAs]) => [Number(id), { type: type!, readAs: readAs ?? undefined }]));
  return fields.map(({ name, dataTypeID }) => ({
    name,
    ...(types.get(dataTypeID) ?? { type: 'unnamed' }),
    sql: quoteName(name),
  }));
}

/** Returns SQL for the names of types. Enums, citext, domains and arrays of them also get the type they are read as. */
function typesOf(ids: readonly number[]): string {
  const isArray = 't.typlen = -1 AND t.typelem <> 0';
  return `SELECT t.oid, CASE WHEN t.typtype IN ('c', 'p') THEN 'record' ELSE format_type(t.oid, NULL) END,
      CASE WHEN e.typtype = 'e' OR e.typname = 'citext' THEN 'text' WHEN e.typtype = 'd' THEN format_type(e.typbasetype, NULL) END
        || CASE WHEN ${isArray} THEN '[]' ELSE '' END
    FROM pg_type t JOIN pg_type e ON e.oid = CASE WHEN ${isArray} THEN t.typelem ELSE t.oid END
    WHERE t.oid IN (${ids.join(', ') || 'NULL'})`;
}

async function greatestCursor({ cursorStatement }: Selection, { ask }: Database): Promise<string | null> {
  if (cursorStatement === undefined) return null;
  const [row] = (await ask(cursorStatement)).rows;
  return row?.[0] || null;
}

function chunksOf(selection: Selection, isRedshift: boolean, database: Database): AsyncIterable<Chunk> {
  const { transfer } = database.config;
  const hasCopy = transfer === 'auto' ? !isRedshift : transfer === 'copy';
  return hasCopy ? copyChunks(selection, database) : fetchChunks(selection, database);
}

/** COPY can write the form that `chunks.ts` describes. */
const copyOptions = `FORMAT csv, DELIMITER E'\\x${fieldSeparator.charCodeAt(0).toString(16)}', QUOTE '"', NULL ''`;

async function* copyChunks(
  { statement, isList, hasKey }: Selection,
  { client, session, config }: Database,
): AsyncGenerator<Chunk> {
  const stream = client.query(copyTo(`COPY (${statement}) TO STDOUT (${copyOptions})`));
  // Errors after the last read must not be thrown.
  stream.on('error', () => {});
  const parts = watchSilence(stream, silenceLimitsOf(config), session.giveUp);
  for await (const rows of cutRows(parts)) yield toChunk(rows, isList, hasKey);
}

const fetchedRows = 20_000;

async function* fetchChunks({ statement, isList, hasKey }: Selection, database: Database): AsyncGenerator<Chunk> {
  const { ask, config, session } = database;
  await ask(`DECLARE source_rows CURSOR FOR ${statement}`);
  for await (const rows of watchSilence(fetches(ask), silenceLimitsOf(config), session.giveUp))
    yield rowsToChunk(rows, { isList, hasKey });
}

async function* fetches(ask: Ask): AsyncGenerator<TextRow[]> {
  for (;;) {
    const { rows } = await ask(`FETCH FORWARD ${fetchedRows} FROM source_rows`);
    if (rows.length > 0) yield rows;
    if (rows.length < fetchedRows) return;
  }
}

/** Ends the client in any state. */
async function end(client: pg.Client): Promise<void> {
  client.connection.stream.destroy();
  await client.end().catch(() => {});
}
