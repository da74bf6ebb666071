import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

/*
 * A program of an afternoon, as the yardstick: rows as objects, one hash at a time, a Set against duplicates, FormData and
 * fetch. It uploads the same lines as line-ads-sync on this data. It does not sign, wait for jobs, keep state or resume.
 *
 *   node naive/node.ts --source parquet|csv|postgres --type email|phone|ifa --from PATH|URL [--table NAME] --to URL
 */

const { values: options } = parseArgs({
  options: {
    source: { type: 'string', default: 'csv' },
    type: { type: 'string', default: 'email' },
    from: { type: 'string', default: '' },
    table: { type: 'string', default: '' },
    to: { type: 'string', default: '' },
  },
});

type Row = Record<string, unknown>;
type TakeRow = (row: Row) => void;

const linesPerFile = 500_000;
const rowsPerFetch = 10_000;
const column = options.type;

async function readParquet(path: string, take: TakeRow): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create()).connect();
  const result = await connection.stream(`SELECT ${column} FROM read_parquet('${path}')`);
  for await (const rows of result.yieldRowObjects()) rows.forEach(take);
}

async function readCsv(path: string, take: TakeRow): Promise<void> {
  let index: number | undefined;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const cells = line.split(',');
    if (index === undefined) index = cells.indexOf(column);
    else take({ [column]: cells[index] });
  }
}

async function readPostgres(url: string, table: string, take: TakeRow): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`DECLARE customers CURSOR FOR SELECT ${column} FROM ${table}`);
  for (;;) {
    const { rows } = await client.query(`FETCH ${rowsPerFetch} FROM customers`);
    if (rows.length === 0) break;
    rows.forEach(take);
  }
  await client.end();
}

function readRows(take: TakeRow): Promise<void> {
  if (options.source === 'parquet') return readParquet(options.from, take);
  if (options.source === 'postgres') return readPostgres(options.from, options.table, take);
  return readCsv(options.from, take);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Returns the line to upload, or undefined if the value is no identifier. */
type ReadValue = (value: string) => string | undefined;

const readEmail: ReadValue = (value) => {
  const address = value.toLowerCase();
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address) ? sha256(address) : undefined;
};

async function createReadPhone(): Promise<ReadValue> {
  const { parsePhoneNumberFromString } = await import('libphonenumber-js');
  return (value) => {
    const number = parsePhoneNumberFromString(value.replace(/^00/, '+'), 'JP');
    return number?.isPossible() ? sha256(number.number) : undefined;
  };
}

const readIfa: ReadValue = (value) => {
  if (/^[0-]+$/.test(value)) return undefined;
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value : undefined;
};

async function createRead(): Promise<ReadValue> {
  if (options.type === 'phone') return createReadPhone();
  return options.type === 'ifa' ? readIfa : readEmail;
}

const idTypes: Record<string, string> = { email: 'HASHED_EMAIL', phone: 'HASHED_PHONE_NUMBER', ifa: 'IFA' };

async function upload(lines: string[], audience: Record<string, string>, fileName: string): Promise<string> {
  const form = new FormData();
  form.append('action', 'ADD');
  for (const [name, value] of Object.entries(audience)) form.append(name, value);
  form.append('idType', idTypes[options.type] ?? '');
  form.append('file', new Blob([`${lines.join('\n')}\n`], { type: 'text/plain' }), fileName);
  const url = `${options.to}/api/v3/adaccounts/A12345678901/custom-audiences/upload`;
  const response = await fetch(url, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The upload of ${fileName} was answered ${response.status}.`);
  return ((await response.json()) as { id: string }).id;
}

const read = await createRead();
const members = new Set<string>();
await readRows((row) => {
  const value = String(row[column] ?? '')
    .normalize('NFKC')
    .trim();
  const line = value === '' ? undefined : read(value);
  if (line !== undefined) members.add(line);
});

const lines = [...members];
let audience: Record<string, string> = { name: 'bench' };
for (let from = 0; from < lines.length; from += linesPerFile)
  audience = { id: await upload(lines.slice(from, from + linesPerFile), audience, `${from / linesPerFile}.txt`) };
