import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { type TestDatabase, useMariadb, usePostgres } from '../sources/databases.ts';
import { reportOf } from './cliProcess.ts';
import { customers } from './customers.ts';
import { type Expected, expectedOf, mayCompare } from './expected.ts';
import { audienceId, openScenario } from './scenario.ts';
import { type Row, writeRows } from './sourceFiles.ts';

/*
 * What LINE holds after a sync of real tables equals, hash for hash, what `expected.py` works out from the same rows.
 */

const postgres = usePostgres();
const mariadb = useMariadb();

/** 20,000 rows: every odd value, each of them again and again, and everybody twice. */
const rows: Row[] = [
  ...customers({ people: 9_500 }),
  ...Array.from({ length: 10 }, () => customers({ people: 100 })).flat(),
  ...customers({ people: 9_500 }),
];
const columns = ['Customer_ID', 'Email', 'phone', 'idfa', 'gaid', 'country'];

async function fillPostgres(): Promise<void> {
  const types = columns.map((name) => `"${name}" text`).join(', ');
  await postgres.run(`CREATE TABLE customers (${types})`);
  const lists = columns.map((name) => rows.map((row) => row[name] as string | null));
  const unnested = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  await postgres.run(`INSERT INTO customers SELECT * FROM unnest(${unnested})`, lists);
}

async function fillMariadb(): Promise<void> {
  const types = columns.map((name) => `\`${name}\` varchar(200)`).join(', ');
  await mariadb.run(`CREATE TABLE customers (${types})`);
  await mariadb.run('INSERT INTO customers VALUES ?', [rows.map((row) => columns.map((name) => row[name]))]);
}

const phone = { identifierType: 'phone', defaultCountry: 'JP' };
const kinds = [
  { name: 'email', identifierType: 'email' },
  { name: 'phone', ...phone },
  { name: 'phone-e164', ...phone, phoneFormats: ['e164'] },
  { name: 'phone-by-row', ...phone, countryColumn: 'COUNTRY' },
  { name: 'ifa', identifierType: 'ifa' },
];
const columnsByType: Record<string, readonly string[]> = { email: ['Email'], phone: ['phone'], ifa: ['idfa', 'gaid'] };

interface Case {
  title: string;
  type: 'postgres' | 'mysql';
  mode: 'add' | 'mirror';
  selection: (database: TestDatabase) => object;
}

const cases: Case[] = [
  {
    title: 'a PostgreSQL table, mirrored',
    type: 'postgres',
    mode: 'mirror',
    selection: ({ name }) => ({ table: `${name}.customers` }),
  },
  {
    title: 'a PostgreSQL query, added',
    type: 'postgres',
    mode: 'add',
    selection: ({ name }) => ({ query: `SELECT * FROM ${name}.customers ORDER BY phone;` }),
  },
  {
    title: 'a PostgreSQL cursor, mirrored',
    type: 'postgres',
    mode: 'mirror',
    selection: ({ name }) => ({ table: `${name}.customers`, transfer: 'cursor' }),
  },
  { title: 'a MariaDB table, added', type: 'mysql', mode: 'add', selection: () => ({ table: 'customers' }) },
  {
    title: 'a MariaDB query, mirrored',
    type: 'mysql',
    mode: 'mirror',
    selection: () => ({ query: 'SELECT * FROM customers -- all' }),
  },
];

/** Asks `expected.py` once for all cases: neither the database nor the mode changes what a first sync gives. */
async function expectedOfAll(): Promise<Expected[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'line-ads-sync-twin-'));
  const path = join(folder.path, 'twin.jsonl');
  await writeRows(path, rows, 'jsonl');
  const orders = kinds.map(({ identifierType, ...kind }) => ({
    files: [{ path, as: 'jsonl' as const }],
    columns: columnsByType[identifierType]!,
    type: identifierType,
    forms: 'phoneFormats' in kind ? kind.phoneFormats : ['e164', 'e164-digits', 'national'],
    ...('defaultCountry' in kind && { country: kind.defaultCountry }),
    ...('countryColumn' in kind && { countryColumn: 'country' }),
  }));
  return await expectedOf(orders);
}

describe.runIf(mayCompare)('the members that LINE holds after one read for all syncs', () => {
  let expected: Expected[];
  beforeAll(async () => {
    [expected] = await Promise.all([expectedOfAll(), fillPostgres(), fillMariadb()]);
  });

  test.concurrent.for(cases)('of $title', async ({ type, mode, selection }, { expect }) => {
    const database = type === 'postgres' ? postgres : mariadb;
    await using scenario = await openScenario();
    const { simulator } = scenario;
    const config = scenario.config({
      source: { type, url: database.url, ...selection(database) },
      syncs: kinds.map((kind) => ({ ...kind, audienceName: `LINE ${kind.name}`, mode })),
      batch: { maxRecords: 7_000 },
      guards: { maxRejected: 1, maxDoubtful: 1 },
    });
    const outcome = await scenario.run('sync', config);
    expect(outcome.code, outcome.stderr).toBe(0);
    const report = reportOf(outcome);
    for (const [index, { name }] of kinds.entries()) {
      const { lines, ...counts } = expected[index]!;
      expect([...simulator.members(audienceId(simulator, `LINE ${name}`))].sort(), name).toEqual(lines);
      expect(report.syncs[index]?.counts, name).toMatchObject(counts);
    }
    expect(simulator.breaches).toEqual([]);
  });
});
