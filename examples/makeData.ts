import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type DuckDBConnection, DuckDBDataChunk, DuckDBInstance, VARCHAR } from '@duckdb/node-api';
import { type Customer, customers } from './customers.ts';

/*
 * Creates the sample data:  node examples/makeData.ts [FOLDER] [--rows N]
 * customers-1.parquet to customers-4.parquet, and loyalty-members.csv with the first 2,000 of the same customers.
 */

const fileCount = 4;
const csvRowCount = 2_000;
const rowsPerChunk = 2_048;
const columns = ['customer_id', 'country', 'email', 'phone', 'idfa', 'gaid'];

function toRow(customer: Customer): (string | null)[] {
  return [customer.customerId, customer.country, customer.email, customer.phone, customer.idfa, customer.gaid];
}

function* chunksOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

async function fillTable(connection: DuckDBConnection, rowCount: number): Promise<void> {
  await connection.run(`CREATE TABLE customers (${columns.map((column) => `${column} VARCHAR`).join(', ')})`);
  const appender = await connection.createAppender('customers');
  for (const some of chunksOf(customers(rowCount), rowsPerChunk)) {
    const chunk = DuckDBDataChunk.create(
      columns.map(() => VARCHAR),
      some.length,
    );
    chunk.setRows(some.map(toRow));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function writeFiles(connection: DuckDBConnection, folder: string, rowCount: number): Promise<void> {
  const rowsPerFile = Math.ceil(rowCount / fileCount);
  for (let file = 0; file < fileCount; file++) {
    const path = join(folder, `customers-${file + 1}.parquet`);
    await connection.run(
      `COPY (FROM customers ORDER BY customer_id LIMIT ${rowsPerFile} OFFSET ${file * rowsPerFile})
       TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9)`,
    );
  }
  await connection.run(
    `COPY (SELECT customer_id AS member_id, email, phone FROM customers ORDER BY customer_id LIMIT ${csvRowCount})
     TO ${sqlText(join(folder, 'loyalty-members.csv'))} (FORMAT csv, HEADER)`,
  );
}

/** Writes the sample data into `folder`. The rows are always the same, and so are the bytes with the same DuckDB. */
export async function makeData(folder: string, rowCount: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  // With one thread, the row groups are the same on every machine.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await fillTable(connection, rowCount);
    await writeFiles(connection, folder, rowCount);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: 'string', default: '200000' } },
  });
  const rowCount = Number(values.rows);
  if (!Number.isSafeInteger(rowCount) || rowCount < fileCount)
    throw new Error(`--rows must be a whole number from ${fileCount}.`);
  await makeData(resolve(positionals[0] ?? join(import.meta.dirname, 'data')), rowCount);
}
