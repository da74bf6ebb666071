import { describe, expect, test } from 'vitest';
import {
  type EarlierPlanVerdict,
  earlierPlanFailed,
  hasEndedPlan,
  judgeInRun,
  planAbandoned,
  unfinishedPlan,
} from '../../src/delivery/resume.ts';
import { SyncError } from '../../src/errors.ts';
import type { RecordedPlan } from '../../src/journal/plans.ts';
import type { Warning } from '../../src/report/report.ts';
import type { FakeOptions } from '../setup/fakeDestination.ts';
import { type RunChanges, type SyncSetup, useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();
const hourMs = 3_600_000;

/** A sync of five members in three batches that left its plan: in the midst of its uploads, or after the last of them. */
async function leavePlan(left: 'uploads' | 'jobs', options: FakeOptions = {}): Promise<SyncSetup> {
  const setup = setUp({
    fateOf: (label) => (left === 'uploads' && label.includes('-1.') ? 'lose upload' : 'accept'),
    ...options,
  });
  await setup.sync([1, 2, 3, 4, 5], { wait: false });
  return setup;
}

/** Judges the plan that an earlier run has left, or that plan with changes. */
async function judge(setup: SyncSetup, changes: RunChanges = {}, planChanges: Partial<RecordedPlan> = {}) {
  const run = await setup.start(changes);
  const plan = await setup.journal.unfinishedPlan(run.key);
  return judgeInRun(run, { ...plan!, ...planChanges });
}

/** What is judged of a kept set whose file is gone, or has other content. */
async function damaged(setup: SyncSetup, set: 'lines' | 'next', damage: 'file' | 'keyedDigest') {
  const plan = await setup.journal.unfinishedPlan({ accountId: 'line_ads:A1', syncName: 'people' });
  return { [set]: { ...plan![set], [damage]: 'another' } };
}

describe('the plan of an earlier run', () => {
  test.each([
    ['uploads', 'complete'],
    ['jobs', 'follow'],
  ] as const)('of which %s are left is continued under the same settings: %s', async (left, next) => {
    expect(await judge(await leavePlan(left))).toEqual({ next });
  });

  test.each<[string, RunChanges]>([
    ['with --restart', { isToRestart: true }],
    ['under another mode', { sync: { mode: 'add' } }],
    ['for another audience', { sync: { audienceName: 'Others' } }],
    ['once its audience is gone', { audience: undefined }],
  ])('is abandoned %s', async (_, changes) => {
    expect(await judge(await leavePlan('uploads'), changes)).toMatchObject({ next: 'abandon' });
  });

  test.each([
    ['lines', 'file'],
    ['next', 'file'],
    ['lines', 'keyedDigest'],
  ] as const)('is abandoned if uploads are left and its %s have another %s', async (set, damage) => {
    const setup = await leavePlan('uploads');
    expect(await judge(setup, {}, await damaged(setup, set, damage))).toMatchObject({ next: 'abandon' });
  });

  test('is followed without its lines if only jobs are left', async () => {
    const setup = await leavePlan('jobs');
    expect(await judge(setup, {}, await damaged(setup, 'lines', 'keyedDigest'))).toEqual({ next: 'follow' });
  });

  test('is too old for further uploads after state.resumeMaxAgeHours', async () => {
    const setup = await leavePlan('uploads');
    const { config } = await setup.start();
    const settings = { state: { ...config.state, resumeMaxAgeHours: 2 } };
    await setup.clock.sleep(2 * hourMs - (setup.clock.now() - (await plannedMs(setup))));
    expect(await judge(setup, { settings })).toEqual({ next: 'complete' });
    await setup.clock.sleep(1);
    expect(await judge(setup, { settings })).toMatchObject({ next: 'abandon' });
  });

  test('is abandoned after state.resumeMaxAgeHours if some of its jobs are not listed, with their number', async () => {
    const setup = await leavePlan('jobs', { listedAfterMs: (label) => (label.includes('-0.') ? 0 : 1e12) });
    expect(await judge(setup)).toEqual({ next: 'follow' });
    expect(setup.destination.requests.at(-1)).toBe('audiences');
    await setup.clock.sleep(1000 * hourMs);
    const verdict = await judge(setup);
    expect(verdict).toMatchObject({ next: 'abandon', because: expect.stringMatching(/\b2\b/) });
    expect(setup.destination.requests.at(-1)).toBe('uploads');
  });

  test('is followed however old if all of its jobs are listed, or have ended', async () => {
    const setup = await leavePlan('jobs');
    await setup.clock.sleep(1000 * hourMs);
    expect(await judge(setup)).toEqual({ next: 'follow' });
    const plan = await setup.journal.unfinishedPlan({ accountId: 'line_ads:A1', syncName: 'people' });
    const upload = { id: '1', state: 'finished', status: 'DONE', processed: 2 } as const;
    const batches = plan!.batches.map((batch) => ({ ...batch, upload }));
    const asksNothing: RunChanges = {
      destination: { ...setup.destination, uploadsTo: () => Promise.reject(new Error()) },
    };
    expect(await judge(setup, asksNothing, { batches })).toEqual({ next: 'follow' });
    const listsNone: RunChanges = { destination: { ...setup.destination, uploadsTo: async () => [] } };
    expect(await judge(setup, listsNone, { batches })).toEqual({ next: 'follow' });
    expect(await judge(setup, listsNone)).toMatchObject({ next: 'abandon' });
  });
});

async function plannedMs({ journal }: SyncSetup): Promise<number> {
  return (await journal.unfinishedPlan({ accountId: 'line_ads:A1', syncName: 'people' }))!.plannedMs;
}

describe('the warning about an earlier plan', () => {
  const plan = { runId: 'run-7' } as RecordedPlan;
  const failure = new SyncError('job.failed', 'The jobs failed.', 'Again.');

  test.each<[string, Warning['code'], () => Warning, RegExp]>([
    ['that failed', 'earlier_plan_failed', () => earlierPlanFailed(plan, failure), /The jobs failed/],
    ['that was abandoned', 'plan_abandoned', () => planAbandoned(plan, 'it is old'), /it is old/],
    ['that would be abandoned', 'unfinished_plan', () => unfinishedPlan(plan, abandonBecause('old')), /\bold\b/],
    ['that would be completed', 'unfinished_plan', () => unfinishedPlan(plan, { next: 'complete' }), /run-7/],
  ])('%s names its run and the reason', (_, code, warn, reason) => {
    const warning = warn();
    expect(warning).toEqual({ code, message: expect.stringMatching(reason) });
    expect(warning.message).toContain('run-7');
  });

  test('tells whether the plan would be abandoned', () => {
    const messages = [{ next: 'complete' } as const, abandonBecause('')].map(
      (verdict) => unfinishedPlan(plan, verdict).message,
    );
    expect(messages[0]).not.toBe(messages[1]);
  });
});

function abandonBecause(because: string): EarlierPlanVerdict {
  return { next: 'abandon', because };
}

test.each([
  [true, 'job.failed', new SyncError('job.failed', 'No.', 'Again.')],
  [true, 'audience.changed', new SyncError('audience.changed', 'No.', 'Again.')],
  [false, 'jobs.timeout', new SyncError('jobs.timeout', 'No.', 'Again.')],
  [false, 'a fault of the program', new TypeError('job.failed')],
])('that a failure ended a plan is %s for %s', (hasEnded, _, error) => {
  expect(hasEndedPlan(error)).toBe(hasEnded);
});
