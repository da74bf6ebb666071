import { describe, test } from 'vitest';
import type { SyncReport } from '../../src/report/report.ts';
import type { RunOptions } from '../../src/run/options.ts';
import type { SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { hashOf } from '../cli/customers.ts';
import { runHere } from '../cli/runHere.ts';
import { emailSync, openScenario, type Scenario } from '../cli/scenario.ts';

/* A sync that ends in an error reports all that the stages before it found. */

const emails = (count: number) => Array.from({ length: count }, (_, index) => `person-${index}@example.com`);
const codesOf = ({ warnings }: SyncReport) => warnings.map(({ code }) => code);

async function openMirror(options: SimulatorOptions = {}): Promise<Scenario> {
  const scenario = await openScenario({ strictRates: false, ...options });
  const members = emails(10).map(hashOf);
  scenario.simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members });
  return scenario;
}

/** Mirrors these values to the audience, with further parts of the configuration. */
async function mirror(
  scenario: Scenario,
  values: readonly string[],
  { parts = {}, ...options }: Partial<RunOptions> & { parts?: Record<string, object> } = {},
): Promise<SyncReport> {
  const path = scenario.write('people.csv', ['email', ...values, ''].join('\n'));
  const source = { type: 'files', path };
  const syncs = [emailSync({ mode: 'mirror' })];
  const { report } = await runHere(scenario, scenario.config({ source, syncs, ...parts }), options);
  return report.syncs[0]!;
}

describe.concurrent('a sync that ends in an error', () => {
  test('by a guard of the read reports the counts, the rejects, the plan and its warnings', async ({ expect }) => {
    await using scenario = await openMirror();
    const report = await mirror(scenario, [...emails(1), 'x', 'y']);
    expect(report).toMatchObject({
      status: 'refused',
      error: { code: 'guard.max_rejected' },
      counts: { rows: 3, values: 3, rejected: 2, members: 1, lines: 1, plannedLines: 1, uploaded: 0 },
      rejects: { 'email.no_at': 2 },
      plan: { action: 'replace', batches: 1, requests: 3 },
      remote: 'untouched',
      remoteBatches: { done: 0, total: 1 },
    });
    expect(codesOf(report)).toEqual(['no_baseline', 'few_members']);
  });

  test('by the guard of a Mirror reports the plan that can be approved', async ({ expect }) => {
    await using scenario = await openMirror();
    await mirror(scenario, emails(10));
    const report = await mirror(scenario, emails(4));
    expect(report).toMatchObject({
      status: 'refused',
      error: { code: 'guard.max_shrink', message: expect.stringContaining(report.plan?.id ?? 'no plan') },
      plan: { action: 'replace', added: 0, removed: 6, unchanged: 4 },
      counts: { members: 4, plannedLines: 4 },
    });
  });

  test('by a suppression list reports the warnings of the lists before it', async ({ expect }) => {
    await using scenario = await openMirror();
    const list = (path: string) => ({ source: { type: 'files', path }, identifierType: 'email' });
    const empty = scenario.write('empty.csv', 'email\n');
    const report = await mirror(scenario, emails(10), {
      parts: { suppress: [list(empty), list(`${scenario.folder}/missing.csv`)] },
    });
    expect(report).toMatchObject({ status: 'failed', error: { code: 'source.not_found' }, plan: null });
    expect(codesOf(report)).toEqual(['suppression_empty']);
  });

  test('by a failed job reports the batches and the part that LINE holds', async ({ expect }) => {
    await using scenario = await openMirror({ faults: [{ effect: 'jobFails', skip: 1 }] });
    const report = await mirror(scenario, emails(10), { parts: { batch: { maxRecords: 5 } } });
    expect(report).toMatchObject({
      status: 'partial',
      error: { code: 'job.failed' },
      remote: 'partial',
      remoteBatches: { done: 1, total: 2 },
      counts: { uploaded: 10 },
      batches: [
        { action: 'REPLACE', records: 5, jobStatus: 'FINISHED' },
        { action: 'ADD', records: 5, jobStatus: 'FAILED' },
      ],
    });
  });

  test('while it follows an earlier plan reports that plan, and has not resumed it', async ({ expect }) => {
    await using scenario = await openMirror({ jobs: { queuedMs: 60_000, workingMs: 40 } });
    const { plan } = await mirror(scenario, emails(10), { detach: true });
    const report = await mirror(scenario, emails(5), { parts: { jobs: { timeoutMs: 1_000 } } });
    expect(report).toMatchObject({
      status: 'pending',
      error: { code: 'jobs.timeout' },
      plan,
      counts: { members: 10, uploaded: 10 },
      batches: [{ action: 'REPLACE', records: 10, jobStatus: 'QUEUED' }],
      remote: 'unknown',
    });
  });
});
