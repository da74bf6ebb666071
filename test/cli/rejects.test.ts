import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { runHere } from './runHere.ts';
import { emailSync, openScenario, type Scenario } from './scenario.ts';
import { writeRows } from './sourceFiles.ts';

/* The rejects file: one line a rejected value, to find it again, and never the value. */

interface Line {
  sync: string;
  row: number;
  key?: string | null;
  column: string;
  code: string;
  shape: string;
}

function open(): Promise<Scenario> {
  return openScenario({ strictRates: false });
}

/** Previews a source with a rejects file, and resolves with its lines. */
async function listRejects(
  scenario: Scenario,
  from: string | object,
  { sync = {}, keyColumn, syncs }: { sync?: object; keyColumn?: string; syncs?: readonly object[] } = {},
) {
  const file = join(scenario.folder, 'rejects.jsonl');
  const config = scenario.config({
    source: typeof from === 'string' ? { type: 'files', path: from } : from,
    syncs: syncs ?? [emailSync(sync)],
    guards: { maxRejected: 1 },
    rejects: { path: file, ...(keyColumn && { keyColumn }) },
  });
  const { code, report } = await runHere(scenario, config, { command: 'preview' });
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.trimEnd().split('\n').filter(Boolean);
  return { code, report, file, text, lines: lines.map((line): Line => JSON.parse(line)) };
}

const rows = [
  { id: 'C-1', email: 'fine@example.com' },
  { id: 'C-2', email: 'marked.nobody' },
  { id: '', email: 'marked@two@example.com' },
  { id: 'C-4', email: '' },
  { id: 'C\n5', email: 'marked nobody@example.com' },
];

describe.concurrent('the rejects file', () => {
  test.for(['csv', 'jsonl', 'parquet'] as const)(
    'of %s has each reject, with its row and key',
    async (as, { expect }) => {
      await using scenario = await open();
      const path = join(scenario.folder, `people.${as}`);
      await writeRows(path, rows, as);
      const { code, lines, text, file } = await listRejects(scenario, path, { keyColumn: 'ID' });
      expect(code).toBe(0);
      const of = { sync: 'buyers', column: 'email' };
      expect(lines).toEqual([
        { ...of, row: 2, key: 'C-2', code: 'email.no_at', shape: 'aaaaaa.aaaaaa' },
        { ...of, row: 3, key: null, code: 'email.several_at', shape: 'aaaaaa@aaa@aaaaaaa.aaa' },
        { ...of, row: 5, key: 'C\r5', code: 'email.inner_space', shape: 'aaaaaa aaaaaa@aaaaaaa.aaa' },
      ]);
      expect(text).not.toContain('marked');
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );

  test('without a key column has no keys; a file that was open to all is closed to them', async ({ expect }) => {
    await using scenario = await open();
    const path = scenario.write('people.csv', 'email\nnobody\n');
    writeFileSync(
      join(scenario.folder, 'rejects.jsonl'),
      '{"sync":"earlier","row":1,"column":"email","code":"email.no_at","shape":"a"}\n',
      { mode: 0o644 },
    );
    chmodSync(join(scenario.folder, 'rejects.jsonl'), 0o644);
    const { lines, file } = await listRejects(scenario, path);
    expect(lines).toEqual([{ sync: 'buyers', row: 1, column: 'email', code: 'email.no_at', shape: 'aaaaaa' }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('has every reject of many, over several files, and the report only examples', async ({ expect }) => {
    await using scenario = await open();
    const half = (from: number) =>
      `id,email\n${Array.from({ length: 15_000 }, (_, index) => `K${from + index},x${from + index}`).join('\n')}\n`;
    scenario.write('people-1.csv', `${half(1)}good,fine@example.com\n`);
    scenario.write('people-2.csv', half(20_000));
    const { lines, report } = await listRejects(scenario, join(scenario.folder, 'people-*.csv'), { keyColumn: 'id' });
    expect(lines).toHaveLength(30_000);
    expect(lines.map(({ row }) => row)).toEqual(
      Array.from({ length: 30_000 }, (_, index) => (index < 15_000 ? index + 1 : index + 2)),
    );
    expect(lines[15_000]).toMatchObject({ row: 15_002, key: 'K20000' });
    expect(report.syncs[0]?.rejects).toEqual({ 'email.no_at': 30_000 });
    expect(report.syncs[0]?.rejectExamples).toHaveLength(5);
    expect(JSON.stringify(report)).not.toContain('"key"');
  });

  test('of lists has the row of each element', async ({ expect }) => {
    await using scenario = await open();
    const path = scenario.write(
      'people.jsonl',
      '{"id":1,"email":["fine@example.com","bad"]}\n{"id":2,"email":[]}\n{"id":3,"email":["worse","worst"]}\n',
    );
    const { lines } = await listRejects(scenario, path, { keyColumn: 'id' });
    expect(lines.map(({ row, key }) => [row, key])).toEqual([
      [1, '1'],
      [3, '3'],
      [3, '3'],
    ]);
  });

  test('is shared by the syncs of a run, whose lines are whole', async ({ expect }) => {
    await using scenario = await open();
    const bad = Array.from({ length: 3_000 }, (_, index) => `bad${index},worse${index}`).join('\n');
    const path = scenario.write('people.csv', `email,other\nfine@example.com,fine@example.com\n${bad}\n`);
    const syncs = [emailSync(), emailSync({ name: 'others', audienceName: 'Others', columns: ['other'] })];
    const { lines } = await listRejects(scenario, path, { syncs });
    for (const sync of ['buyers', 'others']) expect(lines.filter((line) => line.sync === sync)).toHaveLength(3_000);
  });

  test.for([
    { what: 'is missing', keyColumn: 'customer', code: 66, says: 'customer' },
    { what: 'holds lists', keyColumn: 'tags', code: 66, says: 'tags' },
  ])('whose key column $what ends the sync, and says so', async ({ keyColumn, code, says }, { expect }) => {
    await using scenario = await open();
    const source = { type: 'duckdb', query: "SELECT 'nobody' AS email, ['a'] AS tags" };
    const outcome = await listRejects(scenario, source, { keyColumn });
    expect(outcome.code).toBe(code);
    expect(outcome.report.syncs[0]?.error).toMatchObject({
      code: 'source.column_missing',
      message: expect.stringContaining(says),
      hint: expect.stringContaining('rejects.keyColumn'),
    });
  });

  test('that cannot be written ends the sync before anything is sent', async ({ expect }) => {
    await using scenario = await open();
    const path = scenario.write('people.csv', 'email\nnobody\n');
    const config = scenario.config({
      source: { type: 'files', path },
      syncs: [emailSync()],
      rejects: { path: join(scenario.folder, 'nowhere/rejects.jsonl') },
    });
    const { code, report } = await runHere(scenario, config);
    expect(code).toBe(73);
    expect(report.syncs[0]?.error?.message).toContain('nowhere/rejects.jsonl');
  });

  test('is never the source itself, nor any other file that holds something', async ({ expect }) => {
    await using scenario = await open();
    const path = scenario.write('people.csv', 'email\nnobody\nfine@example.com\n');
    const config = scenario.config({
      source: { type: 'files', path },
      syncs: [emailSync()],
      rejects: { path },
    });
    const { code, report } = await runHere(scenario, config);
    expect([code, report.syncs[0]?.error?.message]).toEqual([
      73,
      expect.stringContaining('something other than rejects'),
    ]);
    expect(readFileSync(path, 'utf8')).toContain('fine@example.com');
  });

  test('is not written with a column of identifiers as key', async ({ expect }) => {
    await using scenario = await open();
    const path = scenario.write('people.csv', 'email\nnobody\n');
    await expect(listRejects(scenario, path, { keyColumn: 'EMAIL' })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('rejects.keyColumn'),
    });
  });
});
