import { DuckDBInstance } from '@duckdb/node-api';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import type { Dialect } from '../../src/warehouseSql/dialects.ts';
import { mysqlUrl, postgresUrl, serverMissing } from '../sources/databases.ts';

/** A value as a reader would get it, and what each expression makes of it. */
export interface Evaluated {
  value: string | null;
  cells: (string | null)[];
}

export interface Engine extends AsyncDisposable {
  dialect: Dialect;
  /** Expressions over the column `value`, which holds these values; all in one query. */
  evaluate(values: readonly (string | null)[], expressions: readonly string[]): Promise<Evaluated[]>;
}

function evaluatedOf([value = null, ...cells]: readonly (string | null)[]): Evaluated {
  return { value, cells };
}

/** On the way as hex no client changes a text. */
function evaluatedOfHex(row: readonly unknown[]): Evaluated {
  return evaluatedOf(row.map((hex) => (hex === null ? null : Buffer.from(String(hex), 'hex').toString())));
}

export async function openDuckdb(): Promise<Engine> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run('CREATE TABLE cells (n INTEGER, value VARCHAR)');
  return {
    dialect: 'duckdb',
    async evaluate(values, expressions) {
      await connection.run('DELETE FROM cells');
      const appender = await connection.createAppender('cells');
      for (const [index, value] of values.entries()) {
        appender.appendInteger(index);
        if (value === null) appender.appendNull();
        else appender.appendVarchar(value);
        appender.endRow();
      }
      appender.closeSync();
      const items = ['value', ...expressions].map((sql) => `hex(encode(${sql}))`).join(',\n');
      const result = await connection.runAndReadAll(`SELECT ${items} FROM cells ORDER BY n`);
      return result.getRows().map(evaluatedOfHex);
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** PostgreSQL has no text with a NUL in it. */
export async function openPostgres(): Promise<Engine> {
  const client = new pg.Client(postgresUrl);
  await client.connect().catch(serverMissing('PostgreSQL', postgresUrl));
  return {
    dialect: 'postgres',
    async evaluate(values, expressions) {
      const items = ['value', ...expressions].join(',\n');
      const text = `SELECT ${items} FROM unnest($1::text[]) WITH ORDINALITY AS cells (value, n) ORDER BY n`;
      const taken = values.filter((value) => !value?.includes('\0'));
      const { rows } = await client.query<(string | null)[]>({ text, values: [taken], rowMode: 'array' });
      return rows.map(evaluatedOf);
    },
    async [Symbol.asyncDispose]() {
      await client.end();
    },
  };
}

/** A column of a character set that lacks some characters holds "?" instead. `settings` are set for the session. */
export async function openMariadb(columnType: string, settings = 'NAMES utf8mb4'): Promise<Engine> {
  const connection = await createConnection(mysqlUrl).catch(serverMissing('MariaDB', mysqlUrl));
  await connection.query(`CREATE TEMPORARY TABLE cells (n INT, value ${columnType})`);
  return {
    dialect: 'mysql',
    async evaluate(values, expressions) {
      const literal = (value: string) => `_utf8mb4 X'${Buffer.from(value).toString('hex')}'`;
      const rows = values.map((value, index) => `(${index}, ${value === null ? 'NULL' : literal(value)})`);
      await connection.query('DELETE FROM cells');
      await connection.query(`INSERT IGNORE INTO cells VALUES ${rows.join(', ')}`);
      await connection.query(`SET ${settings}`);
      const items = ['value', ...expressions].map((sql) => `hex(CONVERT(${sql} USING utf8mb4))`).join(',\n');
      const sql = `SELECT ${items} FROM cells ORDER BY n`;
      const [found] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
      await connection.query('SET NAMES utf8mb4');
      return found.map(evaluatedOfHex);
    },
    async [Symbol.asyncDispose]() {
      await connection.end();
    },
  };
}
