import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { type Customer, customers } from '../../examples/customers.ts';
import { makeData } from '../../examples/makeData.ts';

const committed = resolve(import.meta.dirname, '../../examples/data');

function toCells({ customerId, country, email, phone, idfa, gaid }: Customer): (string | null)[] {
  return [customerId, country, email, phone, idfa, gaid];
}

function* cellsOf(rowCount: number): Generator<(string | null)[]> {
  for (const customer of customers(rowCount)) yield toCells(customer);
}

async function readParquet(folder: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const files = join(folder, 'customers-*.parquet').replaceAll("'", "''");
  const result = await connection.runAndReadAll(`FROM read_parquet('${files}') ORDER BY customer_id`);
  connection.closeSync();
  instance.closeSync();
  return result.getRows();
}

function checksum(rows: Iterable<readonly unknown[]>): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
  return hash.digest('hex');
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'line-ads-sync-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('the committed Parquet files hold what the script makes, row for row', async () => {
  const rows = await readParquet(committed);
  expect(rows).toHaveLength(200_000);
  expect(checksum(rows)).toBe(checksum(cellsOf(200_000)));
});

test('the script makes the same rows every time, and files that hold all of them', async () => {
  const folder = await temporaryFolder();
  await makeData(folder, 1_001);
  expect(checksum(await readParquet(folder))).toBe('2b2bc367953e1696feb57000d7c276c88f2fa524085914867393aaa9c81d09e2');
});

test('the committed CSV file holds the first customers of the Parquet files', async () => {
  const folder = await temporaryFolder();
  await makeData(folder, 2_000);
  const made = await readFile(join(folder, 'loyalty-members.csv'), 'utf8');
  expect(made.startsWith('member_id,email,phone\n')).toBe(true);
  expect(await readFile(join(committed, 'loyalty-members.csv'), 'utf8')).toBe(made);
});
