import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';

/** A row of text columns. A list is only for files that can hold one. */
export type Row = Record<string, string | null | readonly (string | null)[]>;

export type FileKind = 'csv' | 'csv.gz' | 'jsonl' | 'parquet';

/** Writes the rows as a file of the kind that `path` ends in. All rows have the columns of the first. */
export async function writeRows(path: string, rows: readonly Row[], kind: FileKind): Promise<void> {
  switch (kind) {
    case 'csv':
      return writeFileSync(path, csvText(rows));
    case 'csv.gz':
      return writeFileSync(path, gzipSync(csvText(rows)));
    case 'jsonl':
      return writeFileSync(path, jsonLines(rows));
    case 'parquet':
      return writeParquet(path, rows);
  }
}

export function jsonLines(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Formats a CSV file like Excel: CRLF, and fields in quotes if necessary. */
export function csvText(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))];
  return lines.map((cells) => `${cells.map((cell) => csvCell(String(cell))).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function writeParquet(path: string, rows: readonly Row[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {});
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE people (${names.map((name) => `"${name}" VARCHAR`).join(', ')})`);
  for (const row of rows) {
    const values = names.map((name) => (row[name] ?? null) as string | null);
    await connection.run(`INSERT INTO people VALUES (${names.map(() => '?').join(', ')})`, values);
  }
  await connection.run(`COPY people TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}
