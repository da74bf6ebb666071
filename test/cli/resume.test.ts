import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import { SyncError } from '../../src/errors.ts';
import type { RunReport } from '../../src/report/report.ts';
import type { RunOptions } from '../../src/run/options.ts';
import type { SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { brokenUploadRules } from '../faults/uploadRules.ts';
import { reportOf, waitUntil } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* What a run does about what an earlier one has left. */

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const wanted = names.map((name) => hashOf(`${name}@example.com`)).sort();
const residents = [hashOf('resident@example.com')];

interface Changes {
  sync?: object;
  parts?: Record<string, object>;
  people?: readonly string[];
}

function configOf(scenario: Scenario, { sync = {}, parts = {}, people = names }: Changes = {}): object {
  const rows = people.map((name) => `${name}@example.com,${name}\n`);
  const path = scenario.write('people.csv', `email,id\n${rows.join('')}`);
  return scenario.config({
    source: { type: 'files', path },
    syncs: [emailSync({ mode: 'mirror', ...sync })],
    batch: { maxRecords: 2 },
    limits: { concurrentUploads: 1 },
    guards: { maxShrink: 1 },
    ...parts,
  });
}

async function open(options: SimulatorOptions = {}): Promise<Scenario> {
  const scenario = await openScenario({ strictRates: false, ...options });
  scenario.simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: residents });
  return scenario;
}

/** A run that is stopped once LINE has answered so many uploads. */
async function stopAfter(scenario: Scenario, uploads: number, options: Partial<RunOptions> = {}): Promise<RunReport> {
  const stop = new AbortController();
  const running = runHere(scenario, configOf(scenario), { signal: stop.signal, ...options });
  const answered = () => uploadsTo(scenario.simulator).filter(({ status }) => status === 202).length;
  await waitUntil(() => answered() >= uploads, 'the uploads are answered');
  stop.abort(new SyncError('run.interrupted', 'The run was stopped.', 'Run again.'));
  return (await running).report;
}

function membersOf({ simulator }: Scenario): string[] {
  return [...simulator.members(audienceId(simulator, 'Buyers'))].sort();
}

function rulesBroken({ simulator }: Scenario): string[] {
  return [...simulator.breaches, ...brokenUploadRules(simulator, audienceId(simulator, 'Buyers'))];
}

function clockLater(ms: number): Clock {
  return { ...systemClock, now: () => Date.now() + ms };
}

const hourMs = 3_600_000;

describe.concurrent('a run that was stopped', () => {
  test('is completed by the next: nothing is read or sent again, and the report is of the whole plan', async ({
    expect,
  }) => {
    await using scenario = await open();
    const stopped = await stopAfter(scenario, 1);
    expect(stopped).toMatchObject({ status: 'pending', resumed: false });
    const config = configOf(scenario);
    rmSync(join(scenario.folder, 'people.csv'));
    const { code, report } = await runHere(scenario, config);
    expect(code).toBe(0);
    expect(report).toMatchObject({ status: 'succeeded', resumed: true });
    expect(report.syncs[0]).toMatchObject({
      plan: stopped.syncs[0]!.plan,
      counts: { rows: 6, values: 6, members: 6, lines: 6, plannedLines: 6, uploaded: 6 },
      remote: 'complete',
      remoteBatches: { done: 3, total: 3 },
      error: null,
    });
    expect(uploadsTo(scenario.simulator)).toHaveLength(3);
    expect(membersOf(scenario)).toEqual(wanted);
    expect(rulesBroken(scenario)).toEqual([]);
  });

  test('leaves a snapshot once it is completed', async ({ expect }) => {
    await using scenario = await open();
    await stopAfter(scenario, 2);
    await runHere(scenario, configOf(scenario));
    const { report } = await runHere(scenario, configOf(scenario));
    expect(report.syncs[0]?.plan).toMatchObject({ action: 'nothing', unchanged: 6 });
  });

  test('is completed by `resume`, which reads no source and does no more', async ({ expect }) => {
    await using scenario = await open();
    await stopAfter(scenario, 1);
    const config = configOf(scenario);
    rmSync(join(scenario.folder, 'people.csv'));
    const { code, report } = await runHere(scenario, config, { command: 'resume' });
    expect([code, report.status, report.resumed]).toEqual([0, 'succeeded', true]);
    const again = await runHere(scenario, config, { command: 'resume' });
    expect([again.code, again.report.status, again.report.resumed]).toEqual([0, 'nothing_to_do', false]);
    expect(membersOf(scenario)).toEqual(wanted);
  });

  test('is announced by a preview, which changes nothing', async ({ expect }) => {
    await using scenario = await open();
    await stopAfter(scenario, 1);
    const before = uploadsTo(scenario.simulator).length;
    const { code, report } = await runHere(scenario, configOf(scenario), { command: 'preview' });
    expect([code, report.status]).toEqual([0, 'planned']);
    expect(report.syncs[0]?.warnings[0]).toMatchObject({ code: 'unfinished_plan' });
    expect(uploadsTo(scenario.simulator)).toHaveLength(before);
    expect((await runHere(scenario, configOf(scenario))).report.resumed).toBe(true);
  });

  const givenUp: { why: string; changes?: Changes; options?: Partial<RunOptions>; says: RegExp }[] = [
    { why: 'is older than state.resumeMaxAgeHours', options: { clock: clockLater(25 * hourMs) }, says: /older than/ },
    { why: 'was of another column', changes: { sync: { columns: ['Email'], hashed: 'never' } }, says: /configuration/ },
    { why: 'was of another source', changes: { parts: { source: { type: 'duckdb', query: 'SELECT 1' } } }, says: /./ },
    { why: 'is not wanted (--restart)', options: { restart: true }, says: /--restart/ },
  ];

  test.for(givenUp)(
    'is given up when it $why: the source is read afresh, and that is told',
    async (given, { expect }) => {
      await using scenario = await open();
      const stopped = await stopAfter(scenario, 2);
      const people = ['x', 'y', 'z'];
      const isOtherSource = given.changes?.parts !== undefined;
      const query = "SELECT * FROM (VALUES ('x@example.com'), ('y@example.com'), ('z@example.com')) AS t(email)";
      const parts = isOtherSource ? { source: { type: 'duckdb', query } } : {};
      const config = configOf(scenario, { ...given.changes, people, parts });
      const { code, report } = await runHere(scenario, config, given.options);
      expect([code, report.resumed]).toEqual([0, false]);
      const [warning] = report.syncs[0]!.warnings;
      expect(warning).toMatchObject({ code: 'plan_abandoned', message: expect.stringContaining(stopped.runId) });
      expect(warning?.message).toMatch(given.says);
      expect(membersOf(scenario)).toEqual(people.map((name) => hashOf(`${name}@example.com`)).sort());
      expect(rulesBroken(scenario)).toEqual([]);
    },
  );

  test.for([
    { what: 'gone', spoil: (path: string) => rmSync(path) },
    { what: 'damaged', spoil: (path: string) => writeFileSync(path, Buffer.alloc(6 * 32)) },
  ])('is void when its members are $what', async ({ spoil }, { expect }) => {
    await using scenario = await open();
    await stopAfter(scenario, 1);
    const folder = join(scenario.folder, '.line-ads-sync/members');
    for (const name of readdirSync(folder)) spoil(join(folder, name));
    const { code, report } = await runHere(scenario, configOf(scenario));
    expect([code, report.resumed]).toEqual([0, false]);
    expect(report.syncs[0]?.warnings[0]?.message).toContain('members are missing');
    expect(membersOf(scenario)).toEqual(wanted);
    expect(rulesBroken(scenario)).toEqual([]);
  });

  test('is void when its audience was deleted', async ({ expect }) => {
    await using scenario = await open();
    const { simulator } = scenario;
    await stopAfter(scenario, 1);
    simulator.removeAudience(audienceId(simulator, 'Buyers'));
    const { code, report } = await runHere(scenario, configOf(scenario));
    expect([code, report.syncs[0]?.plan?.action]).toEqual([0, 'create']);
    expect(membersOf(scenario)).toEqual(wanted);
  });
});

describe.concurrent('when only jobs are left', () => {
  const detached = { detach: true };

  test('the next run follows them, and then does its fresh sync', async ({ expect }) => {
    await using scenario = await open({ jobs: { queuedMs: 100, workingMs: 200 } });
    expect((await runHere(scenario, configOf(scenario), detached)).report.status).toBe('pending');
    const people = [...names, 'g'];
    const { code, report } = await runHere(scenario, configOf(scenario, { people }));
    expect([code, report.resumed]).toEqual([0, false]);
    expect(report.syncs[0]?.plan).toMatchObject({ action: 'add', added: 1, unchanged: 6 });
    expect(membersOf(scenario)).toHaveLength(7);
    expect(rulesBroken(scenario)).toEqual([]);
  });

  test('`resume` follows them, and reports their end', async ({ expect }) => {
    await using scenario = await open({ jobs: { queuedMs: 100, workingMs: 200 } });
    await runHere(scenario, configOf(scenario), detached);
    const { code, report } = await runHere(scenario, configOf(scenario), { command: 'resume' });
    expect([code, report.status, report.resumed]).toEqual([0, 'succeeded', true]);
    expect(report.syncs[0]).toMatchObject({ remote: 'complete', counts: { uploaded: 6 } });
  });

  test('and one has failed, the whole set is sent anew, and that is told', async ({ expect }) => {
    await using scenario = await open({ faults: [{ effect: 'jobFails', skip: 2 }] });
    await runHere(scenario, configOf(scenario), detached);
    const { code, report } = await runHere(scenario, configOf(scenario));
    expect(code).toBe(0);
    expect(report.syncs[0]?.warnings.map(({ code: warning }) => warning)).toContain('earlier_plan_failed');
    expect(report.syncs[0]?.plan).toMatchObject({ action: 'replace', added: null });
    expect(membersOf(scenario)).toEqual(wanted);
  });

  test('and they do not end in time, the run is pending and says which', async ({ expect }) => {
    await using scenario = await open({ faults: [{ effect: 'jobSlow', extraMs: 3_600_000, skip: 2 }] });
    const parts = { jobs: { timeoutMs: 1_000 } };
    await runHere(scenario, configOf(scenario, { parts }), detached);
    const { code, report } = await runHere(scenario, configOf(scenario, { parts }));
    expect(code).toBe(75);
    expect(report.syncs[0]).toMatchObject({
      status: 'pending',
      error: { code: 'jobs.timeout' },
      counts: { uploaded: 6 },
      remoteBatches: { done: 2, total: 3 },
    });
  });
});

describe.concurrent('a creation whose answer was lost with its process', () => {
  test('is found by name and file, and not made twice', async ({ expect }) => {
    await using scenario = await openScenario({
      strictRates: false,
      faults: [{ effect: 'delay', on: 'upload', ms: 60_000 }],
    });
    const { simulator } = scenario;
    const parts = { shutdown: { graceMs: 0 } };
    const stop = new AbortController();
    const running = runHere(scenario, configOf(scenario, { parts }), { signal: stop.signal });
    await waitUntil(() => simulator.audiences().length === 1, 'the audience was created');
    stop.abort(new SyncError('run.interrupted', 'The run was stopped.', 'Run again.'));
    expect((await running).report.syncs[0]).toMatchObject({ remote: 'unknown', audience: { id: null } });
    const { code, report } = await runHere(scenario, configOf(scenario, { parts }));
    expect([code, report.resumed]).toEqual([0, true]);
    expect(report.syncs[0]?.audience).toMatchObject({ id: audienceId(simulator, 'Buyers'), created: true });
    expect(membersOf(scenario)).toEqual(wanted);
    expect(rulesBroken(scenario)).toEqual([]);
  });
});

describe.concurrent('SIGTERM', () => {
  test('lets uploads in flight end within shutdown.graceMs, and no other start', async ({ expect }) => {
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', ms: 1_500, times: 9 }] });
    const { simulator } = scenario;
    const outcome = await scenario.run('sync', configOf(scenario), {
      async during(cli) {
        await waitUntil(() => uploadsTo(simulator).some(({ lines }) => lines === 2), 'an upload was sent');
        cli.kill('SIGTERM');
      },
    });
    expect(outcome.code).toBe(75);
    expect(reportOf(outcome).syncs[0]).toMatchObject({
      status: 'pending',
      counts: { uploaded: 2, plannedLines: 6 },
      error: { code: 'run.interrupted' },
    });
    expect(uploadsTo(simulator).map(({ status }) => status)).toEqual([202]);
    const resumed = await scenario.run('sync', configOf(scenario));
    expect([resumed.code, reportOf(resumed).resumed]).toEqual([0, true]);
    expect(uploadsTo(simulator)).toHaveLength(3);
    expect(membersOf(scenario)).toEqual(wanted);
  });

  test('twice ends the run at once', async ({ expect }) => {
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', ms: 60_000 }] });
    const startedMs = performance.now();
    const outcome = await scenario.run('sync', configOf(scenario), {
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length === 1, 'an upload was sent');
        cli.kill('SIGTERM');
        await waitUntil(() => cli.stderr().includes('Stopping'), 'the first signal was seen');
        cli.kill('SIGINT');
      },
    });
    expect(outcome).toMatchObject({ code: 75, stdout: '' });
    // Far below the grace that one signal gives.
    expect(performance.now() - startedMs).toBeLessThan(19_000);
  });
});
