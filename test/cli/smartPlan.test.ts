import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { SyncReport } from '../../src/report/report.ts';
import type { RunOptions } from '../../src/run/options.ts';
import type { SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { waitUntil } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

/* What the second run and those after it send, as the source, LINE and the configuration change. */

function people(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `person-${from + index}@example.com`);
}

function hashesOf(addresses: readonly string[]): string[] {
  return addresses.map(hashOf).sort();
}

/** Rates have tests of their own. */
function open(options: SimulatorOptions = {}): Promise<Scenario> {
  return openScenario({ strictRates: false, ...options });
}

interface SyncOptions extends Partial<RunOptions> {
  /** Of the sync. */
  changes?: object;
  /** Of the configuration. */
  parts?: Record<string, object>;
}

function configOf(
  scenario: Scenario,
  addresses: readonly string[],
  { changes = mirror, parts = {} }: SyncOptions = {},
) {
  const rows = addresses.map((email) => `${email},${email}\n`);
  const path = scenario.write('people.csv', `email,other\n${rows.join('')}`);
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync(changes)], ...parts });
}

const mirror = { mode: 'mirror' };

/** Runs a sync of these people. */
async function sync(
  scenario: Scenario,
  addresses: readonly string[],
  { changes, parts, ...options }: SyncOptions = {},
): Promise<{ code: number; sync: SyncReport }> {
  const config = configOf(scenario, addresses, { ...(changes && { changes }), ...(parts && { parts }) });
  const { code, report } = await runHere(scenario, config, options);
  return { code, sync: report.syncs[0]! };
}

function membersOf({ simulator }: Scenario): string[] {
  return [...simulator.members(audienceId(simulator, 'Buyers'))].sort();
}

function codesOf({ warnings }: SyncReport): string[] {
  return warnings.map(({ code }) => code);
}

describe.concurrent('a mirror', () => {
  test('of the same source sends nothing that changes anything', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 150));
    const before = scenario.simulator.requests.length;
    const again = await sync(scenario, people(0, 150));
    expect(again.code).toBe(0);
    expect(again.sync).toMatchObject({
      status: 'nothing_to_do',
      plan: { action: 'nothing', added: 0, removed: 0, unchanged: 150, batches: 0, requests: 0 },
      counts: { members: 150, lines: 150, plannedLines: 0, uploaded: 0 },
    });
    expect(codesOf(again.sync)).toEqual([]);
    expect(scenario.simulator.requests.slice(before).map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  test('adds those who came with one ADD, as long as nobody left', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200));
    const { code, sync: report } = await sync(scenario, people(0, 300));
    expect(code).toBe(0);
    expect(report.plan).toMatchObject({ action: 'add', added: 100, removed: 0, unchanged: 200, batches: 1 });
    expect(report.counts).toMatchObject({ lines: 300, plannedLines: 100, uploaded: 100 });
    expect(uploadsTo(scenario.simulator).map(({ action, lines }) => [action, lines])).toEqual([
      ['ADD', 200],
      ['ADD', 100],
    ]);
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 300)));
  });

  test('replaces once when somebody left', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200));
    const { sync: report } = await sync(scenario, people(50, 210));
    expect(report.plan).toMatchObject({ action: 'replace', added: 10, removed: 50, unchanged: 150 });
    expect(uploadsTo(scenario.simulator).at(-1)).toMatchObject({ action: 'REPLACE', lines: 160 });
    expect(membersOf(scenario)).toEqual(hashesOf(people(50, 210)));
  });

  test('that shrinks too much is refused and leaves the audience; --approve of the plan lets it through', async ({
    expect,
  }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200));
    const preview = await sync(scenario, people(0, 60), { command: 'preview' });
    const refused = await sync(scenario, people(0, 60));
    expect([preview.code, refused.code]).toEqual([65, 65]);
    expect(refused.sync).toMatchObject({
      status: 'refused',
      remote: 'untouched',
      plan: { action: 'replace', removed: 140, unchanged: 60 },
      error: { code: 'guard.max_shrink', message: expect.stringContaining('140 of the 200 members') },
    });
    const id = refused.sync.plan!.id;
    expect(preview.sync.plan?.id).toBe(id);
    expect(refused.sync.error?.message).toContain(id);
    expect(refused.sync.error?.hint).toContain(`--approve ${id}`);
    expect(uploadsTo(scenario.simulator)).toHaveLength(1);
    expect(membersOf(scenario)).toHaveLength(200);

    const other = await sync(scenario, people(0, 60), { approve: ['a'.repeat(64)] });
    expect([other.code, other.sync.error?.hint]).toEqual([65, expect.stringContaining('another plan')]);
    const approved = await sync(scenario, people(0, 60), { approve: [id] });
    expect(approved.code).toBe(0);
    expect(approved.sync.plan?.id).toBe(id);
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 60)));
  });

  test('that removes no more than an approved plan is let through, and one that removes more is not', async ({
    expect,
  }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200));
    const refused = await sync(scenario, people(0, 60));
    const approve = [refused.sync.plan!.id];
    expect((await sync(scenario, people(0, 59), { approve })).code).toBe(65);
    expect((await sync(scenario, people(0, 61), { approve })).code).toBe(0);
    // The approval is used up: it was of another snapshot.
    expect((await sync(scenario, people(0, 20), { approve })).code).toBe(65);
  });

  test('of nothing is refused always', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 10));
    const { code, sync: report } = await sync(scenario, [], { parts: { guards: { maxShrink: 1 } } });
    expect([code, report.error?.code]).toEqual([65, 'guard.empty_mirror']);
    const approve = [report.plan?.id ?? ''];
    expect((await sync(scenario, [], { parts: { guards: { maxShrink: 1 } }, approve })).code).toBe(65);
    expect(membersOf(scenario)).toHaveLength(10);
  });

  test('sends the whole set when somebody else has uploaded since, and says so', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    await sync(scenario, people(0, 120));
    simulator.uploadByOthers(audienceId(simulator, 'Buyers'), {
      name: 'by-hand.csv',
      type: 'DIFF_ADD',
      lines: new Set([hashOf('stranger@example.com')]),
      lineCount: 1,
    });
    const { code, sync: report } = await sync(scenario, people(0, 120));
    expect(code).toBe(0);
    expect(report.plan).toMatchObject({ action: 'replace', added: null, removed: null, unchanged: null });
    expect(report.warnings[0]).toMatchObject({
      code: 'snapshot_void',
      message: expect.stringContaining('has received another upload since'),
    });
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 120)));
  });

  test('during which somebody else uploads has not succeeded, and the next one converges', async ({ expect }) => {
    await using scenario = await open({ jobs: { queuedMs: 300, workingMs: 300 } });
    const { simulator } = scenario;
    await sync(scenario, people(0, 120));
    const stranger = { name: 'by-hand.csv', type: 'DIFF_ADD', lines: new Set([hashOf('x')]), lineCount: 1 } as const;
    const running = sync(scenario, people(0, 110));
    await waitUntil(() => uploadsTo(simulator).some(({ action }) => action === 'REPLACE'), 'the REPLACE was sent');
    simulator.uploadByOthers(audienceId(simulator, 'Buyers'), stranger);
    expect(await running).toMatchObject({ code: 75, sync: { remote: 'unknown', error: { code: 'audience.changed' } } });
    const again = await sync(scenario, people(0, 110));
    expect([again.code, again.sync.plan?.action]).toEqual([0, 'replace']);
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 110)));
  });

  test('whose REPLACE was sent twice, and came late once, is replaced again', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    const parts = { batch: { maxRecords: 60 } };
    await sync(scenario, people(0, 120), { parts });
    const first = await sync(scenario, people(1, 121), { parts });
    const { file } = first.sync.batches[0]!;
    const lines = new Set(hashesOf(people(1, 61)));
    simulator.uploadByOthers(audienceId(simulator, 'Buyers'), {
      name: file,
      type: 'DIFF_REPLACE',
      lines,
      lineCount: 60,
    });
    const { code, sync: report } = await sync(scenario, people(1, 121), { parts });
    expect([code, report.plan?.action]).toEqual([0, 'replace']);
    expect(report.warnings[0]?.message).toContain('a late one of this sync');
    expect(membersOf(scenario)).toEqual(hashesOf(people(1, 121)));
  });

  test.for([
    { what: 'columns', changes: { columns: ['other'] } },
    { what: 'the setting of hashes', changes: { hashed: 'never' } },
  ])('sends the whole set when $what have changed, and says so', async ({ changes }, { expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 120));
    const { code, sync: report } = await sync(scenario, people(0, 120), { changes: { mode: 'mirror', ...changes } });
    expect([code, report.plan?.action]).toEqual([0, 'replace']);
    expect(report.warnings[0]).toMatchObject({
      code: 'snapshot_void',
      message: expect.stringContaining('has changed'),
    });
  });

  test('of what was an Add before replaces: others may be in the audience', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    const residents = hashesOf(people(500, 510));
    simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: residents });
    await sync(scenario, people(0, 120), { changes: { mode: 'add' } });
    const { sync: report } = await sync(scenario, people(0, 120));
    expect(report.plan?.action).toBe('replace');
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 120)));
  });

  test.for([
    { why: 'with --full', full: true, parts: {} },
    { why: 'when fullRefreshDays are over', full: false, parts: { plan: { fullRefreshDays: 0 } } },
  ])('$why sends the whole set although nothing has changed', async ({ full, parts }, { expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 120));
    const { code, sync: report } = await sync(scenario, people(0, 120), { full, parts });
    expect(code).toBe(0);
    expect(report.plan).toMatchObject({ action: 'replace', added: 0, removed: 0, unchanged: 120 });
    expect(codesOf(report)).toEqual([]);
    expect(uploadsTo(scenario.simulator).at(-1)).toMatchObject({ action: 'REPLACE', lines: 120 });
  });

  test.for([
    { what: 'is gone', spoil: (file: string) => rmSync(file) },
    {
      what: 'is damaged',
      spoil: (file: string) => {
        const bytes = readFileSync(file);
        bytes[40]! ^= 1;
        writeFileSync(file, bytes);
      },
    },
  ])('sends the whole set when the file of its snapshot $what', async ({ spoil }, { expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 120));
    const folder = join(scenario.folder, '.line-ads-sync/members');
    spoil(join(folder, readdirSync(folder)[0]!));
    const { code, sync: report } = await sync(scenario, people(0, 120));
    expect([code, report.plan?.action]).toEqual([0, 'replace']);
    expect(report.warnings[0]).toMatchObject({ message: expect.stringContaining('missing or damaged') });
    // How many there were is known all the same.
    spoil(join(folder, readdirSync(folder)[0]!));
    expect((await sync(scenario, people(0, 20))).sync.error?.code).toBe('guard.max_shrink');
  });

  test('after 150 days without an upload warns that the audience may expire', async ({ expect }) => {
    await using scenario = await open();
    const parts = { plan: { fullRefreshDays: 3_650 } };
    await sync(scenario, people(0, 120), { parts });
    const dayMs = 86_400_000;
    const warningsAfter = async (days: number) => {
      const clock = { ...systemClock, now: () => Date.now() + days * dayMs };
      return codesOf((await sync(scenario, people(0, 120), { parts, clock })).sync);
    };
    expect(await warningsAfter(150)).not.toContain('refresh_overdue');
    expect(await warningsAfter(152)).toContain('refresh_overdue');
  });

  test('whose audience was deleted makes it anew', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    await sync(scenario, people(0, 120));
    simulator.removeAudience(audienceId(simulator, 'Buyers'));
    const { code, sync: report } = await sync(scenario, people(0, 10));
    expect([code, report.plan?.action, report.audience.created]).toEqual([0, 'create', true]);
    expect(codesOf(report)).toContain('snapshot_void');
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 10)));
  });

  test('without snapshots sends the whole set each time, and keeps nobody', async ({ expect }) => {
    await using scenario = await open();
    const parts = { state: { keepSnapshots: false } };
    await sync(scenario, people(0, 120));
    await sync(scenario, people(0, 120), { parts });
    expect(readdirSync(join(scenario.folder, '.line-ads-sync/members'))).toEqual([]);
    const { sync: report } = await sync(scenario, people(0, 120), { parts });
    expect(report.plan).toMatchObject({ action: 'replace', added: null });
    expect(codesOf(report)).toEqual([]);
  });
});

describe.concurrent('without a snapshot', () => {
  const replaced = { name: 'a.txt', type: 'DIFF_REPLACE', audienceCount: 300 } as const;
  const added = { name: 'b.txt', type: 'DIFF_ADD', audienceCount: 100 } as const;
  const failed = { name: 'c.txt', type: 'DIFF_REPLACE', audienceCount: 5, failedType: 'UNKNOWN' } as const;

  test('a mirror is held against what LINE tells of the last REPLACE and the ADDs after it', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    const jobs = [added, replaced, added, failed];
    simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', jobs });
    const refused = await sync(scenario, people(0, 150));
    expect(refused.code).toBe(65);
    expect(refused.sync.error?.message).toContain('250 of the 400 lines');
    expect(codesOf(refused.sync)).toEqual([]);
    const { code } = await sync(scenario, people(0, 150), { approve: [refused.sync.plan!.id] });
    expect(code).toBe(0);
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 150)));
  });

  test('and with no upload that LINE tells of, a mirror goes through with a warning', async ({ expect }) => {
    await using scenario = await open();
    scenario.simulator.seedAudience({
      name: 'Buyers',
      functionType: 'HASHED_EMAIL_UPLOAD',
      members: hashesOf(people(0, 900)),
    });
    const { code, sync: report } = await sync(scenario, people(0, 120));
    expect([code, codesOf(report)]).toEqual([0, ['no_baseline']]);
  });

  test.for([{ lost: 'the state directory' }, { lost: 'nothing but that snapshots are not kept' }])(
    'a mirror of an audience that was made by ADDs is held against all of them, though $lost is lost',
    async ({ lost }, { expect }) => {
      await using scenario = await open();
      const parts = { batch: { maxRecords: 50 }, state: { keepSnapshots: lost === 'the state directory' } };
      await sync(scenario, people(0, 200), { parts });
      if (lost === 'the state directory')
        rmSync(join(scenario.folder, '.line-ads-sync'), { recursive: true, force: true });
      const { code, sync: report } = await sync(scenario, people(0, 60), { parts });
      expect([code, report.error?.message]).toEqual([65, expect.stringContaining('140 of the 200 lines')]);
      expect(codesOf(report)).toContain('no_baseline');
    },
  );

  test('nor does an upload by somebody else make a mirror forget how many there were', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    await sync(scenario, people(0, 200));
    const stranger = {
      name: 'by-hand.csv',
      type: 'DIFF_REPLACE',
      lines: new Set([hashOf('x')]),
      lineCount: 1,
    } as const;
    simulator.uploadByOthers(audienceId(simulator, 'Buyers'), stranger);
    const { code, sync: report } = await sync(scenario, people(0, 30));
    expect([code, report.error?.message]).toEqual([65, expect.stringContaining('170 of the 200 members')]);
  });

  test('a clock that is ten minutes off does no harm, and is told of once', async ({ expect }) => {
    await using scenario = await open({ clockSkewMs: -600_000 });
    const others = emailSync({ name: 'others', audienceName: 'Others', mode: 'mirror' });
    const config = configOf(scenario, people(0, 120)) as { syncs: object[] };
    const { code, report } = await runHere(scenario, { ...config, syncs: [...config.syncs, others] });
    expect(code).toBe(0);
    const told = report.syncs.flatMap(({ warnings }) => warnings).filter(({ code: warned }) => warned === 'clock_skew');
    expect(told).toEqual([{ code: 'clock_skew', message: expect.stringMatching(/(59|60)\d s ahead of LINE's/) }]);
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 120)));
  });

  test('few members are warned of', async ({ expect }) => {
    await using scenario = await open();
    expect(codesOf((await sync(scenario, people(0, 99))).sync)).toContain('few_members');
  });
});

describe.concurrent('an Add', () => {
  const changes = { mode: 'add' };

  test('sends only those whom it has not sent yet, and remembers those who left', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200), { changes });
    const grown = await sync(scenario, people(100, 250), { changes });
    expect(grown.sync.plan).toMatchObject({ action: 'add', added: 50, removed: 0, unchanged: 100 });
    expect(uploadsTo(scenario.simulator).at(-1)).toMatchObject({ action: 'ADD', lines: 50 });
    const back = await sync(scenario, people(0, 250), { changes });
    expect(back.sync.plan).toMatchObject({ action: 'nothing', added: 0, unchanged: 250 });
    expect(membersOf(scenario)).toEqual(hashesOf(people(0, 250)));
  });

  test('with --full sends everybody of the source once more', async ({ expect }) => {
    await using scenario = await open();
    await sync(scenario, people(0, 200), { changes });
    const { sync: report } = await sync(scenario, people(150, 300), { changes, full: true });
    expect(report.plan).toMatchObject({ action: 'add', added: 100 });
    expect(report.counts.uploaded).toBe(150);
    const again = await sync(scenario, people(0, 300), { changes });
    expect(again.sync.plan?.action).toBe('nothing');
  });
});

describe.concurrent('phones', () => {
  test('that come in more forms are added to, and narrowing the forms sends the whole set', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    const numbers = Array.from({ length: 120 }, (_, index) => `+8190100${String(index).padStart(5, '0')}`);
    const run = async (values: readonly string[], phoneFormats: string[]) => {
      const path = scenario.write('phones.csv', csvText(values.map((phone) => ({ phone }))));
      const phones = { name: 'phones', audienceName: 'Phones', identifierType: 'phone', mode: 'mirror', phoneFormats };
      const config = scenario.config({ source: { type: 'files', path }, syncs: [phones] });
      return (await runHere(scenario, config)).report.syncs[0]!;
    };
    await run(numbers.map(hashOf), ['e164', 'e164-digits']);
    const grown = await run(numbers, ['e164', 'e164-digits']);
    expect(grown.plan).toMatchObject({ action: 'add', added: 0, removed: 0, unchanged: 120 });
    expect(simulator.members(audienceId(simulator, 'Phones')).size).toBe(240);
    const back = await run(numbers.map(hashOf), ['e164', 'e164-digits']);
    expect(back.plan).toMatchObject({ action: 'replace', added: 0, removed: 0, unchanged: 120 });
    expect(simulator.members(audienceId(simulator, 'Phones')).size).toBe(120);
    const narrowed = await run(numbers, ['e164']);
    expect(narrowed.plan?.action).toBe('replace');
    expect(codesOf(narrowed)).toContain('snapshot_void');
  });
});
