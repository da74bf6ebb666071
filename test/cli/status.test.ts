import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import type { StatusReport } from '../../src/run/status.ts';
import { type CliOutcome, waitUntil } from './cliProcess.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';

function configOf(scenario: Scenario): object {
  const path = scenario.write('people.csv', 'email\na@example.com\nb@example.com\nc@example.com\n');
  return scenario.config({
    source: { type: 'files', path },
    syncs: [emailSync()],
    batch: { maxRecords: 1 },
    limits: { concurrentUploads: 1 },
  });
}

function statusOf({ stdout }: CliOutcome): StatusReport {
  return JSON.parse(stdout);
}

describe.concurrent('check', () => {
  test('looks at the journal, and names one that is damaged', async ({ expect }) => {
    await using scenario = await openScenario();
    const config = configOf(scenario);
    const before = await scenario.run('check', config);
    expect([before.code, before.stderr]).toEqual([0, expect.stringContaining('No run is recorded.')]);
    await scenario.run('sync', config);
    expect((await scenario.run('check', config)).stderr).toContain('The last run was');
    truncateSync(join(scenario.folder, '.line-ads-sync/journal.db'), 5_000);
    const after = await scenario.run('check', config);
    expect([after.code, after.stdout]).toEqual([73, expect.stringContaining('state.corrupt')]);
  });
});

describe.concurrent('status', () => {
  test('of a state directory that is not there tells nothing, and makes none', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('status', configOf(scenario));
    expect(outcome.code).toBe(0);
    expect(statusOf(outcome)).toEqual({ runs: [], syncs: [{ name: 'buyers', unfinished: null, snapshot: null }] });
    expect(existsSync(join(scenario.folder, '.line-ads-sync'))).toBe(false);
    expect(scenario.simulator.requests).toEqual([]);
  });

  test('shows the last runs and what is held, and with --remote LINE’s audience and jobs', async ({ expect }) => {
    await using scenario = await openScenario();
    await scenario.run('sync', configOf(scenario));
    const outcome = await scenario.run('status', configOf(scenario), { args: ['--remote'] });
    const { runs, syncs } = statusOf(outcome);
    expect(runs).toMatchObject([
      { command: 'sync', status: 'succeeded', resumed: false, syncs: [{ name: 'buyers', plan: { action: 'create' } }] },
    ]);
    const id = audienceId(scenario.simulator, 'Buyers');
    expect(syncs).toMatchObject([
      { name: 'buyers', unfinished: null, snapshot: { audienceId: id, members: 3, isCurrent: true } },
    ]);
    expect(syncs[0]?.remote?.audience).toMatchObject({ id, status: 'READY' });
    expect(syncs[0]?.remote?.jobs.map(({ status }) => status)).toEqual(['FINISHED', 'FINISHED', 'FINISHED']);
  });

  test('shows what a killed run has left, and a run at work does not mind', async ({ expect }) => {
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', skip: 1, ms: 60_000 }] });
    const config = configOf(scenario);
    await scenario.run('sync', config, {
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length === 2, 'the second upload was sent');
        const meanwhile = statusOf(await scenario.run('status', config));
        expect(meanwhile.runs[0]).toMatchObject({ status: 'unfinished', finishedAt: null });
        cli.kill('SIGKILL');
      },
    });
    const { runs, syncs } = statusOf(await scenario.run('status', config));
    expect(runs).toMatchObject([{ status: 'unfinished', syncs: [] }]);
    expect(syncs[0]?.unfinished?.batches).toMatchObject({ total: 3, accepted: 1 });
  });
});
