import { beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, useMariadb, usePostgres } from '../sources/databases.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario } from './scenario.ts';

/* What LINE holds after a sync whose hashes come from the warehouse, and what becomes of the other values. */

const postgres = usePostgres();
const mariadb = useMariadb();

const addresses = [' Ann@Example.com', 'ben@example.com', 'ｃａｔ@example.com', 'no-at', '', hashOf('dan@example.com')];
const phones = ['090-1234-5678', '+81 90 1234 5678', '+66812345678', '(090) 1234 5679', 'x'];

interface Engine {
  type: 'postgres' | 'mysql' | 'duckdb';
  source: () => object;
}

async function fill({ run }: TestDatabase, table: string): Promise<void> {
  await run(`CREATE TABLE ${table} (email varchar(100), phone varchar(100))`);
  for (const [index, email] of addresses.entries())
    await run(
      `INSERT INTO ${table} VALUES ('${email}', ${phones[index] === undefined ? 'NULL' : `'${phones[index]}'`})`,
    );
}

const engines: Engine[] = [
  { type: 'postgres', source: () => ({ url: postgres.url, table: `${postgres.name}.hashed` }) },
  { type: 'mysql', source: () => ({ url: mariadb.url, table: 'hashed' }) },
  {
    type: 'duckdb',
    source: () => ({
      query: `SELECT * FROM (VALUES ${addresses.map((email, index) => `('${email}', ${phones[index] === undefined ? 'NULL' : `'${phones[index]}'`})`).join(', ')}) t(email, phone)`,
    }),
  },
];

beforeAll(async () => {
  await fill(postgres, `${postgres.name}.hashed`);
  await fill(mariadb, 'hashed');
});

describe.each(engines)('from $type', ({ type, source }) => {
  async function sync(identifierType: 'email' | 'phone', hashing: string) {
    await using scenario = await openScenario({ strictRates: false });
    const changes = identifierType === 'phone' ? { defaultCountry: 'JP' } : {};
    const syncs = [{ name: 'people', audienceName: 'People', mode: 'mirror', identifierType, hashing, ...changes }];
    const config = scenario.config({ source: { type, ...source() }, syncs, guards: { maxRejected: 1 } });
    const { report } = await runHere(scenario, config);
    const { counts, rejects, error, rejectExamples } = report.syncs[0]!;
    expect(error).toBeNull();
    const members = [...scenario.simulator.members(audienceId(scenario.simulator, 'People'))].sort();
    return { members, counts, rejects, rejectExamples };
  }

  const plain = ['ann', 'ben', 'dan'].map((name) => hashOf(`${name}@example.com`));

  test('emails of plain shapes are hashed, and the others counted', async () => {
    const { members, counts, rejects } = await sync('email', 'warehouse');
    expect(members).toEqual(plain.toSorted());
    expect(rejects).toEqual({ 'value.needs_connector': 2 });
    expect(counts).toMatchObject({ rows: 6, empty: 1, values: 5, rejected: 2, members: 3 });
  });

  test('emails of other shapes are fetched where that is allowed', async () => {
    const { members, rejects } = await sync('email', 'warehouse_or_raw');
    expect(members).toEqual([...plain, hashOf('cat@example.com')].sort());
    expect(rejects).toEqual({ 'email.no_at': 1 });
  });

  const forms = (digits: string) => [`+81${digits}`, `81${digits}`, `0${digits}`].map(hashOf);
  const abroad = ['+66812345678', '66812345678'].map(hashOf);

  test('phones are hashed in every form, twins once', async () => {
    const { members, counts, rejects } = await sync('phone', 'warehouse');
    expect(members).toEqual([...forms('9012345678'), ...abroad].sort());
    expect(rejects).toEqual({ 'value.needs_connector': 2 });
    expect(counts).toMatchObject({ values: 5, rejected: 2, duplicates: 1, members: 2, lines: 5 });
  });

  test('phones of other shapes are fetched where that is allowed', async () => {
    const { members, rejects } = await sync('phone', 'warehouse_or_raw');
    expect(members).toEqual([...forms('9012345678'), ...forms('9012345679'), ...abroad].sort());
    expect(rejects).toEqual({ 'phone.not_a_number': 1 });
  });
});
