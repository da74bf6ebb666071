import { describe, test } from 'vitest';
import { reportOf } from './cliProcess.ts';
import { customers, hashOf } from './customers.ts';
import { expectedOf, mayCompare, type Order } from './expected.ts';
import { audienceId, openScenario, type Scenario } from './scenario.ts';
import { type FileKind, type Row, writeRows } from './sourceFiles.ts';

/*
 * What LINE holds after a sync equals, hash for hash, what `expected.py` works out from the same files; the two share
 * no code.
 */

const phone = { identifierType: 'phone', columns: ['phone'], defaultCountry: 'JP' };
const kinds = [
  { name: 'email', identifierType: 'email', columns: ['email'] },
  { name: 'phone-e164', ...phone, phoneFormats: ['e164'] },
  { name: 'phone-digits', ...phone, phoneFormats: ['e164-digits'] },
  { name: 'phone-national', ...phone, phoneFormats: ['national'] },
  { name: 'phone-all', ...phone },
  {
    name: 'phone-abroad',
    identifierType: 'phone',
    phoneFormats: ['national', 'e164'],
    columns: ['phone'],
    defaultCountry: 'TW',
  },
  { name: 'phone-by-row', ...phone, countryColumn: 'Country' },
  { name: 'ifa', identifierType: 'ifa' },
];

const functionTypes: Record<string, string> = {
  email: 'HASHED_EMAIL_UPLOAD',
  phone: 'HASHED_PHONE_NUMBER_UPLOAD',
  ifa: 'UPLOAD',
};
const allForms = ['e164', 'e164-digits', 'national'];

function orderOf(kind: (typeof kinds)[number], files: Order['files']): Order {
  const columns = kind.identifierType === 'email' ? ['Email'] : (kind.columns ?? ['idfa', 'gaid']);
  const country = 'defaultCountry' in kind ? { country: kind.defaultCountry } : {};
  const forms = 'phoneFormats' in kind ? kind.phoneFormats : allForms;
  const countryColumn = 'countryColumn' in kind ? { countryColumn: 'country' } : {};
  return { files, columns, type: kind.identifierType, forms, ...country, ...countryColumn };
}

interface Case {
  title: string;
  files: readonly FileKind[];
  mode: 'add' | 'mirror';
  existing: boolean;
  maxRecords: number;
}

const cases: Case[] = [
  { title: 'Parquet, added to new audiences', files: ['parquet'], mode: 'add', existing: false, maxRecords: 500_000 },
  {
    title: 'CSV, mirrored to new audiences in several batches',
    files: ['csv'],
    mode: 'mirror',
    existing: false,
    maxRecords: 50,
  },
  {
    title: 'JSON lines, added to existing audiences in several batches',
    files: ['jsonl'],
    mode: 'add',
    existing: true,
    maxRecords: 40,
  },
  {
    title: 'several Parquet files, mirrored to existing audiences in several batches',
    files: ['parquet', 'parquet', 'parquet'],
    mode: 'mirror',
    existing: true,
    maxRecords: 60,
  },
  {
    title: 'CSV, JSON lines and Parquet as one, mirrored to existing audiences',
    files: ['csv.gz', 'jsonl', 'parquet'],
    mode: 'mirror',
    existing: true,
    maxRecords: 500_000,
  },
];

/** Lists of addresses, which only some kinds of file can hold. */
function withLists(rows: Row[]): Row[] {
  return rows.map((row, index) =>
    index % 5 === 0 ? { ...row, Email: [row.Email as string | null, null, `second-${index}@example.com`] } : row,
  );
}

/** Writes the files, and for those that Python cannot read a twin that it can. */
async function writeFiles({ folder }: Scenario, files: readonly FileKind[]): Promise<Order['files']> {
  const written: { path: string; as: 'csv' | 'csv.gz' | 'jsonl' }[] = [];
  for (const [index, kind] of files.entries()) {
    const plain = customers({ people: 70, from: index * 50 });
    const rows = kind === 'jsonl' ? withLists(plain) : plain;
    const path = `${folder}/customers-${index}.${kind}`;
    await writeRows(path, rows, kind);
    const twin = kind === 'parquet' ? `${folder}/twin-${index}.jsonl` : path;
    if (kind === 'parquet') await writeRows(twin, rows, 'jsonl');
    written.push({ path: twin, as: kind === 'parquet' ? 'jsonl' : kind });
  }
  return written;
}

const residents = {
  email: [hashOf('resident@example.com'), hashOf('person-0@example.com')],
  phone: [hashOf('+819099999999'), hashOf('+819010000001')],
  ifa: ['11111111-2222-4333-8444-555555555555'],
};

function residentsOf(kind: { identifierType: string }): readonly string[] {
  return residents[kind.identifierType as keyof typeof residents];
}

function seedAudiences({ simulator }: Scenario) {
  for (const kind of kinds) {
    const functionType = functionTypes[kind.identifierType] ?? '';
    simulator.seedAudience({ name: `LINE ${kind.name}`, functionType, members: residentsOf(kind) });
  }
}

describe.runIf(mayCompare)('the members that LINE holds after a sync', { concurrent: true }, () => {
  test.for(cases)('$title: equal what an independent program expects', async (given, { expect }) => {
    await using scenario = await openScenario();
    const { simulator, folder } = scenario;
    const files = await writeFiles(scenario, given.files);
    if (given.existing) seedAudiences(scenario);
    const syncs = kinds.map((kind) => ({ ...kind, audienceName: `LINE ${kind.name}`, mode: given.mode }));
    const config = scenario.config({
      source: { type: 'files', path: `${folder}/customers-*` },
      syncs,
      batch: { maxRecords: given.maxRecords },
      // Numbers of Japan are read as Taiwan's, too.
      guards: { maxRejected: 1, maxDoubtful: 1 },
    });
    const expected = await expectedOf(kinds.map((kind) => orderOf(kind, files)));

    const outcome = await scenario.run('sync', config);

    expect(outcome.code, outcome.stderr).toBe(0);
    const report = reportOf(outcome);
    for (const [index, kind] of kinds.entries()) {
      const { lines, ...counts } = expected[index]!;
      const resident = given.existing && given.mode === 'add' ? residentsOf(kind) : [];
      const wanted = [...new Set([...lines, ...resident])].sort();
      expect([...simulator.members(audienceId(simulator, `LINE ${kind.name}`))].sort(), kind.name).toEqual(wanted);
      const sync = report.syncs[index]!;
      const sent = { lines: lines.length, plannedLines: lines.length, uploaded: lines.length };
      expect(sync.counts, kind.name).toEqual({ ...counts, suppressed: 0, ...sent });
      expect(sync).toMatchObject({ status: 'succeeded', remote: 'complete', error: null });
      expect(sync.batches).toHaveLength(Math.ceil(lines.length / given.maxRecords));
      expect(sync.audience.created).toBe(!given.existing);
    }
    expect(simulator.audiences()).toHaveLength(kinds.length);
    expect(simulator.breaches).toEqual([]);
  });

  test('a mirror follows its source: who left it leaves the audience', async ({ expect }) => {
    await using scenario = await openScenario();
    const { simulator, folder } = scenario;
    const path = `${folder}/customers.csv`;
    const config = scenario.config({
      source: { type: 'files', path },
      syncs: [{ ...kinds[0], audienceName: 'Buyers', mode: 'mirror' }],
      batch: { maxRecords: 30 },
      guards: { maxShrink: 0.8 },
    });
    for (const from of [0, 60]) {
      await writeRows(path, customers({ people: 80, from }), 'csv');
      const [expected] = await expectedOf([orderOf(kinds[0]!, [{ path, as: 'csv' }])]);
      const outcome = await scenario.run('sync', config);
      expect(outcome.code, outcome.stderr).toBe(0);
      expect([...simulator.members(audienceId(simulator, 'Buyers'))].sort()).toEqual(expected!.lines);
    }
    expect(simulator.breaches).toEqual([]);
  });
});
