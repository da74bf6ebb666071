import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import mysql, { type Connection as Client, type FieldPacket } from 'mysql2';
import { chunksOfRows, type TextRow } from '../rows.ts';
import { type Relation, type Selection, selectFrom } from '../select.ts';
import { fromSelected, selectedRows } from '../selected.ts';
import { type Connection, parseConnectionUrl } from '../servers/connectionUrl.ts';
import { createSession } from '../servers/session.ts';
import { connectTimeoutMs, silenceLimitsOf, watchSilence } from '../servers/silence.ts';
import { tlsOptions } from '../servers/tls.ts';
import type { Source, WantedColumns } from '../source.ts';
import type { MysqlSourceConfig } from './config.ts';
import { mysqlFault, mysqlHints } from './errors.ts';
import { mysqlSql, mysqlType, quoteMysqlName } from './sql.ts';

/** Opens a MySQL or MariaDB source in one read-only transaction. Rows are streamed as the server sends them. */
export async function openMysql(
  config: MysqlSourceConfig,
  wanted: WantedColumns,
  signal: AbortSignal,
): Promise<Source> {
  const connection = parseConnectionUrl(config.url, 'mysql', config.tls);
  const { select, ...names } = selectedRows(config);
  const client = mysql.createConnection(clientOptions(connection, config.ca));
  nameHostForTls(client, connection.host);
  // A connection that breaks while it is idle is reported by the next query.
  client.on('error', () => {});
  const session = createSession({
    asked: { ...names, server: `MySQL at ${connection.address}`, hints: mysqlHints },
    signal,
    faultOf: mysqlFault,
    destroy: () => breakOff(client),
  });
  try {
    return await session.during(async () => {
      await connected(client);
      session.connected();
      await beginReading(client, config);
      const relation = { label: names.label, from: fromSelected(select), columns: await describe(select, client) };
      const selection = selectFrom(relation, wanted, mysqlSql);
      const rows = () => watchSilence(streamRows(client, selection.statement), silenceLimitsOf(config), session.giveUp);
      return {
        columns: selection.columns,
        choices: selection.choices,
        cursor: await greatestCursor(selection, client),
        chunks: (reading) => session.parts(reading, chunksOfRows(rows(), selection)),
        [Symbol.asyncDispose]: async () => breakOff(client),
      };
    });
  } catch (error) {
    breakOff(client);
    throw error;
  }
}

function clientOptions(connection: Connection, ca: string | undefined) {
  const { host, port, user, password, database, socketPath } = connection;
  const tls = tlsOptions(connection, ca);
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(tls !== undefined && { ssl: { ...tls, verifyIdentity: connection.tls === 'verify' } as never }),
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    multipleStatements: false,
    flags: ['-LOCAL_FILES'],
  };
}

/**
 * The driver passes the host of a TLS connection to Node only if it is a name. Without it, Node compares the certificate
 * with this property of the socket, which it sets for names only, or else with "localhost".
 */
function nameHostForTls(client: Client, host: string): void {
  Object.assign(socketOf(client), { _host: host });
}

function connected(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.connect((error) => (error === null ? resolve() : reject(error)));
  });
}

interface Answer {
  rows: string[][];
  fields: FieldPacket[];
}

function ask(client: Client, sql: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.query({ sql, rowsAsArray: true }, (error, rows, fields) => {
      if (error === null) resolve({ rows: rows as unknown as string[][], fields });
      else reject(error);
    });
  });
}

/** The server's time limit for a client that is busy with earlier rows. */
const writeTimeoutSeconds = 3_600;

async function beginReading(client: Client, { statementTimeoutMs }: MysqlSourceConfig): Promise<void> {
  const [version] = (await ask(client, 'SELECT version()')).rows;
  const isMariadb = version?.[0]?.includes('MariaDB') === true;
  await ask(
    client,
    isMariadb
      ? `SET SESSION max_statement_time = ${statementTimeoutMs / 1000}`
      : `SET SESSION max_execution_time = ${statementTimeoutMs}`,
  );
  await ask(client, `SET SESSION net_write_timeout = ${writeTimeoutSeconds}`);
  await ask(client, 'START TRANSACTION READ ONLY');
}

async function describe(select: string, client: Client): Promise<Relation['columns']> {
  const { fields } = await ask(client, `SELECT * FROM ${fromSelected(select)} LIMIT 0`);
  return fields.map((field) => ({ name: field.name, type: mysqlType(field), sql: quoteMysqlName(field.name) }));
}

async function greatestCursor({ cursorStatement }: Selection, client: Client): Promise<string | null> {
  if (cursorStatement === undefined) return null;
  const [row] = (await ask(client, cursorStatement)).rows;
  return row?.[0] || null;
}

const bufferedRows = 1_000;

/** The driver stops reading from the server when `bufferedRows` rows wait. */
async function* streamRows(client: Client, sql: string): AsyncGenerator<TextRow> {
  const rows: Readable = client.query({ sql, rowsAsArray: true }).stream({ highWaterMark: bufferedRows });
  // Errors after the last read must not be thrown.
  rows.on('error', () => {});
  // The driver does not report the end of the connection to the stream.
  socketOf(client).once('close', () => rows.destroy(new Error('the connection ended')));
  for await (const row of rows) yield row as TextRow;
}

/** Closes the socket as well: the driver's own `destroy` lets the server go on sending. */
function breakOff(client: Client): void {
  client.destroy();
  socketOf(client).destroy();
}

function socketOf(client: Client): Socket {
  return (client as Client & { stream: Socket }).stream;
}
