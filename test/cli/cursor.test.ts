import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/openJournal.ts';
import type { RunOptions } from '../../src/run/options.ts';
import { type TestDatabase, useMariadb, usePostgres } from '../sources/databases.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario, type Scenario } from './scenario.ts';

/* An Add that reads on from where the last success ended. */

const postgres = usePostgres();
const mariadb = useMariadb();

interface Engine {
  type: 'postgres' | 'mysql';
  database: TestDatabase;
  time: string;
}

const engines: Engine[] = [
  { type: 'postgres', database: postgres, time: 'timestamptz' },
  { type: 'mysql', database: mariadb, time: 'datetime(3)' },
];

function addressesIn({ simulator }: Scenario, name = 'Buyers'): string[] {
  return [...simulator.members(audienceId(simulator, name))].sort();
}

const hashes = (...names: string[]) => names.map((name) => hashOf(`${name}@example.com`)).sort();

describe.each(engines)('from $type', ({ type, database, time }) => {
  let tables = 0;

  /** A table of its own, and how to put somebody into it and to sync it. */
  async function openTable(scenario: Scenario) {
    const table = `${database.name}.changes_${++tables}`;
    await database.run(`CREATE TABLE ${table} (email varchar(100), changed ${time})`);
    const put = (name: string, minute: number) =>
      database.run(
        `INSERT INTO ${table} VALUES ('${name}@example.com', '2026-01-01 00:${String(minute).padStart(2, '0')}:00')`,
      );
    const sync = async (options: Partial<RunOptions> & { changes?: object; source?: object } = {}) => {
      const { changes = {}, source = {}, ...others } = options;
      const config = scenario.config({
        source: { type, url: database.url, table, ...source },
        syncs: [
          {
            name: 'buyers',
            audienceName: 'Buyers',
            identifierType: 'email',
            mode: 'add',
            cursor: { column: 'Changed' },
            ...changes,
          },
        ],
      });
      const { code, report } = await runHere(scenario, config, others);
      return { code, report: report.syncs[0]!, rows: report.syncs[0]!.counts.rows };
    };
    return { put, sync };
  }

  test('only rows behind the last success are read, and all are sent once', async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await put('b', 2);
    expect((await sync()).rows).toBe(2);
    await put('c', 3);
    expect(await sync()).toMatchObject({ code: 0, rows: 1, report: { counts: { uploaded: 1 } } });
    expect(await sync()).toMatchObject({ code: 0, rows: 0, report: { status: 'nothing_to_do' } });
    expect(addressesIn(scenario)).toEqual(hashes('a', 'b', 'c'));
  });

  test('rows that bring nobody new move it on, too', async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await sync();
    await put('a', 2);
    expect(await sync()).toMatchObject({ rows: 1, report: { status: 'nothing_to_do' } });
    expect((await sync()).rows).toBe(0);
  });

  test('a run that fails does not move it on', async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await sync();
    await put('b', 2);
    scenario.simulator.addFault({ on: 'upload', effect: 'jobFails', skip: 0, times: 1 } as never);
    expect((await sync()).code).toBe(1);
    expect(await sync()).toMatchObject({ code: 0, rows: 2 });
    expect(addressesIn(scenario)).toEqual(hashes('a', 'b'));
  });

  test('a preview does not move it on', async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await sync();
    await put('b', 2);
    expect((await sync({ command: 'preview' })).rows).toBe(1);
    expect((await sync()).rows).toBe(1);
  });

  test.each<[string, object]>([
    ['--full', { full: true }],
    ['another condition', { source: { where: "email <> 'x'" } }],
  ])('%s reads all rows', async (_, options) => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await sync();
    await put('b', 2);
    expect((await sync(options)).rows).toBe(2);
    expect(addressesIn(scenario)).toEqual(hashes('a', 'b'));
  });

  test("all rows are read again when the audience is not what it was by this sync's snapshot", async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 1);
    await sync();
    const { simulator } = scenario;
    const lines = new Set(hashes('z'));
    const job = { name: 'others.txt', type: 'DIFF_REPLACE', lines, lineCount: 1 } as const;
    simulator.uploadByOthers(audienceId(simulator, 'Buyers'), job);
    await put('b', 2);
    expect(await sync()).toMatchObject({ code: 0, rows: 2 });
    expect(addressesIn(scenario)).toEqual(expect.arrayContaining(hashes('a', 'b')));
  });

  test('the journal remembers the value, and nobody by it', async () => {
    await using scenario = await openScenario({ strictRates: false });
    const { put, sync } = await openTable(scenario);
    await put('a', 7);
    await sync();
    await using journal = await openJournal(`${scenario.folder}/.line-ads-sync`, 'read');
    const accountId = `line_ads:${scenario.simulator.adAccountId}`;
    expect((await journal.snapshot({ accountId, syncName: 'buyers' }))?.cursor?.value).toContain('00:07:00');
  });
});

test.each<[string, object, object, RegExp]>([
  ['of a mirror', { mode: 'mirror' }, {}, /syncs\[0\]\.cursor: needs mode add/],
  [
    'from files',
    { source: { type: 'files', path: 'x.csv' } },
    {},
    /syncs\[0\]\.cursor: needs an SQL source, not files/,
  ],
  ['without snapshots', {}, { state: { keepSnapshots: false } }, /syncs\[0\]\.cursor: needs state\.keepSnapshots/],
  ['by identifiers', { cursor: { column: 'EMAIL' } }, {}, /cursor\.column: is a column of identifiers/],
])('a cursor %s is refused', async (_, changes, parts, message) => {
  await using scenario = await openScenario({ strictRates: false });
  const sync = {
    name: 'a',
    audienceName: 'A',
    identifierType: 'email',
    mode: 'add',
    cursor: { column: 'at' },
    ...changes,
  };
  const source = { type: 'duckdb', query: 'SELECT 1 AS email, 2 AS at' };
  const { code, stdout } = await scenario.run('sync', scenario.config({ source, syncs: [sync], ...parts }));
  expect(code).toBe(78);
  expect(stdout).toMatch(message);
});
