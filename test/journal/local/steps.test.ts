import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal } from '../../../src/journal/journal.ts';
import { claimStateDirectory } from '../../../src/journal/local/stateDirectory.ts';
import { openJournal } from '../../../src/journal/openJournal.ts';
import type { RecordedPlan } from '../../../src/journal/plans.ts';
import { failJournalAt } from '../../faults/failJournal.ts';
import { interceptJournalSteps } from '../../faults/journalSteps.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import { beginPlan, codeOf, key, others, planOf, runReport, snapshotOf } from '../journalSetup.ts';

let directory = '';

beforeEach(() => {
  directory = makeFastFolder('journal-');
  claimStateDirectory(directory);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const cursor = { origin: 'o', value: '2' };
const refusal = { planId: 'p', audienceId: '77', snapshot: null, removes: 1 };

/** Every call that writes, made on a journal with an unfinished plan of one sync and a snapshot of another. */
const calls: [name: string, call: (journal: Journal, plan: RecordedPlan) => Promise<unknown>][] = [
  ['beginRun', (journal) => journal.beginRun({ runId: 'run-2', command: 'sync', startedMs: 2 })],
  ['endRun', (journal) => journal.endRun('run-1', runReport())],
  ['beginPlan', (journal) => journal.beginPlan(planOf({ syncName: 'third' }))],
  ['noteUploadsBefore', (journal, plan) => journal.noteUploadsBefore(plan, ['1'])],
  ['noteIntent', (journal, plan) => journal.noteIntent(plan, { ...plan.batches[0]!, fate: 'sending' })],
  [
    'noteAnswer',
    (journal, plan) => journal.noteAnswer({ ...plan, audienceId: '88' }, { ...plan.batches[0]!, attempts: 3 }),
  ],
  [
    'noteUploads',
    (journal, plan) =>
      journal.noteUploads(
        { ...plan, uploadsListed: ['1'] },
        plan.batches.map((batch) => ({ ...batch, fate: 'accepted' })),
      ),
  ],
  ['succeed', (journal, plan) => journal.succeed(plan, snapshotOf(plan))],
  ['giveUp', (journal, plan) => journal.giveUp(plan, 'failed')],
  ['forgetSnapshot', (journal) => journal.forgetSnapshot(others)],
  ['noteCursor', (journal) => journal.noteCursor(others, cursor)],
  ['refuse', (journal) => journal.refuse({ ...key, ...refusal })],
  ['tidy', (journal) => journal.tidy(365 * 86_400_000)],
];

async function withPlans<T>(work: (journal: Journal, plan: RecordedPlan) => Promise<T>): Promise<T> {
  await using journal = await openJournal(directory, 'write');
  const plan = await beginPlan(journal);
  const other = await journal.beginPlan(planOf({ syncName: 'others' }));
  await journal.succeed(other, snapshotOf(other));
  return await work(journal, plan);
}

async function contentOf(journal: Journal): Promise<string> {
  const ofSync = async (syncKey: typeof key) => [
    await journal.unfinishedPlan(syncKey),
    await journal.snapshot(syncKey),
    await journal.refusals(syncKey),
  ];
  const syncs = [key, others, { ...key, syncName: 'third' }].map(ofSync);
  return JSON.stringify([await journal.lastRuns(9), await Promise.all(syncs)]);
}

test.each(calls)('%s is one step: with a full disk it rejects and changes nothing', async (_, call) => {
  await withPlans(async (journal, plan) => {
    const before = await contentOf(journal);
    {
      using _full = failJournalAt(1);
      expect(await codeOf(call(journal, plan))).toBe('state.disk_full');
    }
    expect(await contentOf(journal)).toBe(before);
    let steps = 0;
    {
      using _count = interceptJournalSteps((step, run) => {
        steps = step;
        return run();
      });
      await call(journal, plan);
    }
    expect(steps).toBe(1);
    expect(await contentOf(journal)).not.toBe(before);
  });
});

test('every call of the journal either only reads or is listed here as a step', async () => {
  await withPlans(async (journal) => {
    const readers = ['keyed', 'lastRuns', 'unfinishedPlan', 'snapshot', 'refusals', 'sets'];
    expect(Object.keys(journal).sort()).toEqual([...readers, ...calls.map(([name]) => name)].sort());
  });
});
