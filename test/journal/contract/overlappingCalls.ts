import { expect, test } from 'vitest';
import type { RecordedPlan } from '../../../src/journal/plans.ts';
import type { DeliveredBatch } from '../../../src/report/batches.ts';
import { beginPlan, beginTwo, changed, key, others, planOf, runReport, snapshotOf } from '../journalSetup.ts';
import { type JournalStore, useStore } from './store.ts';

const upload = { id: '5', state: 'finished', status: 'DONE', processed: 2 } as const;

/** The promises of `Journal` about calls that are made before earlier ones have resolved. */
export function testOverlappingCalls(createStore: () => Promise<JournalStore>): void {
  const { store, withJournal } = useStore(createStore);

  test('each call reads its arguments when it is made, whatever the caller does to them afterwards', async () => {
    const report = runReport();
    await withJournal(async (journal) => {
      const [plan, other] = await beginTwo(journal);
      const [first, second] = plan.batches as [DeliveredBatch, DeliveredBatch];
      const ids = ['4'];
      const snapshot = { ...snapshotOf(other), uploadsListed: ['9'] };
      const run = { runId: 'run-2', command: 'sync', startedMs: 5 };
      plan.audienceId = '88';
      first.fate = 'sending';
      second.fate = 'accepted';
      second.upload = { ...upload };
      plan.uploadsListed = ['5'];
      const calls = [
        journal.noteUploadsBefore(plan, ids),
        journal.noteIntent(plan, first),
        journal.noteAnswer(plan, second),
        journal.noteUploads(plan, [second]),
        journal.succeed(other, snapshot),
        journal.beginRun(run),
        journal.endRun('run-1', report),
      ];
      ids.push('changed');
      Object.assign(plan, { audienceId: 'changed', uploadsListed: ['changed'] });
      Object.assign(first, { fate: 'unsent', attempts: 9 });
      Object.assign(second.upload, { id: 'changed', processed: 9 });
      snapshot.uploadsListed.push('changed');
      Object.assign(run, { runId: 'changed' });
      Object.assign(report, { status: 'succeeded' });
      await Promise.all(calls);
    });
    await withJournal(async (journal) => {
      const plan = (await journal.unfinishedPlan(key))!;
      expect(plan).toMatchObject({ audienceId: '88', uploadsBefore: ['4'], uploadsListed: ['5'] });
      expect(plan.batches.map((batch) => [batch.fate, batch.attempts, batch.upload])).toEqual([
        ['unknown', 0, null],
        ['accepted', 0, upload],
        ['unsent', 0, null],
      ]);
      expect((await journal.snapshot(others))?.uploadsListed).toEqual(['9']);
      expect((await journal.lastRuns(5)).map((run) => [run.runId, run.report?.status])).toEqual([
        ['run-2', undefined],
        ['run-1', 'failed'],
      ]);
    });
  });

  test('calls take effect in the order in which they are made', async () => {
    await withJournal(async (journal) => {
      const plan = await beginPlan(journal);
      const [first] = plan.batches as [DeliveredBatch];
      const seen: Promise<RecordedPlan | undefined>[] = [];
      const calls: Promise<void>[] = [];
      for (let attempts = 1; attempts <= 20; attempts += 1) {
        calls.push(journal.noteIntent(plan, changed(first, { fate: 'sending', attempts })));
        calls.push(journal.noteAnswer(plan, changed(first, { fate: 'refused', attempts })));
        seen.push(journal.unfinishedPlan(key));
      }
      calls.push(journal.giveUp(plan, 'failed'), journal.beginRun({ runId: 'b', command: 'sync', startedMs: 2 }));
      const next = journal.beginPlan(planOf({ runId: 'b' }));
      await Promise.all(calls);
      const found = await Promise.all(seen);
      expect(found.map((each) => each?.batches[0]?.attempts)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      expect((await journal.unfinishedPlan(key))?.row).toBe((await next).row);
    });
  });

  test('the steps of many batches and syncs, side by side, are all there in a later process', async () => {
    const total = 30;
    await withJournal(async (journal) => {
      await journal.beginRun({ runId: 'run-1', command: 'sync', startedMs: 1 });
      const plans = await Promise.all([
        journal.beginPlan(planOf({}, total)),
        journal.beginPlan(planOf({ syncName: 'others' }, total)),
      ]);
      const deliver = async (plan: RecordedPlan, batch: DeliveredBatch) => {
        batch.fate = 'sending';
        await journal.noteIntent(plan, batch);
        batch.fate = batch.planned.index % 3 === 0 ? 'refused' : 'accepted';
        batch.attempts = batch.planned.index;
        await journal.noteAnswer(plan, batch);
        if (batch.planned.index % 3 !== 1) return;
        batch.upload = { ...upload, id: batch.planned.label };
        await journal.noteUploads(plan, [batch]);
      };
      await Promise.all(plans.flatMap((plan) => plan.batches.map((batch) => deliver(plan, batch))));
    });
    await withJournal(async (journal) => {
      for (const syncKey of [key, others]) {
        const { batches } = (await journal.unfinishedPlan(syncKey))!;
        expect(batches.map(({ fate, attempts, upload: listed }) => [fate, attempts, listed?.id ?? null])).toEqual(
          batches.map(({ planned: { index, label } }) => [
            index % 3 === 0 ? 'unsent' : 'accepted',
            index,
            index % 3 === 1 ? label : null,
          ]),
        );
        expect(batches).toHaveLength(total);
      }
    });
  });

  test('a call that fails halfway leaves nothing behind, and does not affect the calls around it', async () => {
    await withJournal(async (journal) => {
      const plan = await beginPlan(journal);
      const [first, second] = plan.batches as [DeliveredBatch, DeliveredBatch];
      const taken = planOf({ syncName: 'others' });
      // A label of another plan: the plan and its first batches are inserted before this one fails.
      taken.batches = taken.batches.map((batch, index) =>
        index === 2 ? { ...batch, label: first.planned.label } : batch,
      );
      const results = await Promise.allSettled([
        journal.noteIntent(plan, changed(first, { fate: 'accepted' })),
        journal.beginPlan(taken),
        journal.noteIntent(plan, changed(second, { fate: 'accepted' })),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await journal.unfinishedPlan(others)).toBeUndefined();
      const fatesNow = (await journal.unfinishedPlan(key))?.batches.map(({ fate }) => fate);
      expect(fatesNow).toEqual(['accepted', 'accepted', 'unsent']);
      await journal.beginPlan(planOf({ syncName: 'others' }));
    });
  });

  test('a call that fails rejects, and never throws at its caller', async () => {
    const journal = await store().open('write');
    await beginPlan(journal);
    const failing = journal.beginRun({ runId: 'run-1', command: 'sync', startedMs: 1 });
    await expect(failing).rejects.toThrow();
    await journal[Symbol.asyncDispose]();
    const tooLate = [journal.lastRuns(1), journal.beginRun({ runId: 'z', command: 'sync', startedMs: 1 })];
    for (const call of tooLate) await expect(call).rejects.toThrow();
  });

  test('disposal waits for the calls in flight, and later calls are refused', async () => {
    const journal = await store().open('write');
    const plan = await beginPlan(journal);
    const calls = [
      journal.noteIntent(plan, changed(plan.batches[0]!, { fate: 'accepted' })),
      journal.beginRun({ runId: 'run-2', command: 'sync', startedMs: 2 }),
    ];
    const disposal = journal[Symbol.asyncDispose]();
    await expect(journal.beginRun({ runId: 'run-3', command: 'sync', startedMs: 3 })).rejects.toThrow();
    await disposal;
    await Promise.all(calls);
    await withJournal(async (later) => {
      expect((await later.unfinishedPlan(key))?.batches[0]?.fate).toBe('accepted');
      expect((await later.lastRuns(5)).map(({ runId }) => runId)).toEqual(['run-2', 'run-1']);
    });
  });
}
