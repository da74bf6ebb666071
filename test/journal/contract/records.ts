import { describe, expect, test } from 'vitest';
import type { Journal, Refusal } from '../../../src/journal/journal.ts';
import { beginPlan, beginTwo, key, others, runReport, snapshotOf } from '../journalSetup.ts';
import { type JournalStore, useStore } from './store.ts';

/** The promises of `Journal` about all that outlives a plan. */
export function testRecords(createStore: () => Promise<JournalStore>): void {
  const { store, withJournal } = useStore(createStore);

  describe('snapshots', () => {
    test('a snapshot is there after a success, and no longer current once a later plan begins to send', async () => {
      await withJournal(async (journal) => {
        const plan = await beginPlan(journal);
        const snapshot = snapshotOf(plan);
        await journal.succeed(plan, snapshot);
        expect(await journal.snapshot(key)).toEqual(snapshot);
        const later = await beginPlan(journal, 'run-2');
        expect((await journal.snapshot(key))?.isCurrent).toBe(true);
        await journal.noteIntent(later, later.batches[0]!);
        expect((await journal.snapshot(key))?.isCurrent).toBe(false);
        await journal.succeed(later, snapshotOf(later));
        expect(await journal.snapshot(key)).toEqual(snapshotOf(later));
      });
    });

    test('a later success replaces every field of the snapshot, and only that of its own sync', async () => {
      await withJournal(async (journal) => {
        const [plan, other] = await beginTwo(journal);
        await journal.succeed(plan, snapshotOf(plan));
        await journal.succeed(other, snapshotOf(other));
        const later = await beginPlan(journal, 'run-2');
        const replaced = {
          planRow: later.row,
          membership: 'other settings',
          audienceId: '78',
          uploadId: null,
          uploadsListed: [],
          takenMs: 5_000,
          fullMs: 4_000,
          set: later.next,
          cursor: null,
          isCurrent: false,
        };
        await journal.succeed(later, replaced);
        expect(await journal.snapshot(key)).toEqual(replaced);
        expect(await journal.snapshot(others)).toEqual(snapshotOf(other));
      });
    });

    test('a success that leaves no snapshot removes the earlier one', async () => {
      await withJournal(async (journal) => {
        const plan = await beginPlan(journal);
        await journal.succeed(plan, snapshotOf(plan));
        await journal.succeed(await beginPlan(journal, 'run-2'), undefined);
        expect(await journal.snapshot(key)).toBeUndefined();
      });
    });

    test('a plan that is given up leaves the snapshot as it was', async () => {
      await withJournal(async (journal) => {
        const plan = await beginPlan(journal);
        await journal.succeed(plan, snapshotOf(plan));
        await journal.giveUp(await beginPlan(journal, 'run-2'), 'failed');
        expect(await journal.snapshot(key)).toEqual(snapshotOf(plan));
      });
    });

    test('a snapshot can be forgotten, and its cursor can move on', async () => {
      await withJournal(async (journal) => {
        const [plan, other] = await beginTwo(journal);
        for (const each of [plan, other]) await journal.succeed(each, snapshotOf(each));
        const cursor = { origin: 'o', value: '2026-11-25' };
        await journal.noteCursor(key, cursor);
        expect(await journal.snapshot(key)).toEqual({ ...snapshotOf(plan), cursor });
        expect(await journal.snapshot(others)).toEqual(snapshotOf(other));
        await journal.forgetSnapshot(key);
        expect(await journal.snapshot(key)).toBeUndefined();
        expect(await journal.snapshot(others)).toEqual(snapshotOf(other));
      });
    });
  });

  describe('refusals', () => {
    const refusal: Refusal = { ...key, planId: 'p-1', audienceId: '77', snapshot: 'digest', removes: 9 };

    test('a refusal is read back by a later process, and only for its own sync', async () => {
      await withJournal((journal) => journal.refuse(refusal));
      await withJournal(async (journal) => {
        expect(await journal.refusals(key)).toEqual([refusal]);
        expect(await journal.refusals(others)).toEqual([]);
        expect(await journal.refusals({ ...key, accountId: 'line_ads:A2' })).toEqual([]);
      });
    });

    test('a plan that is refused again replaces its refusal, and another plan adds one', async () => {
      await withJournal(async (journal) => {
        const again = { ...refusal, audienceId: '78', snapshot: null, removes: 12 };
        const second = { ...refusal, planId: 'p-2' };
        for (const each of [refusal, again, second]) await journal.refuse(each);
        const found = await journal.refusals(key);
        expect(found).toHaveLength(2);
        expect(found).toEqual(expect.arrayContaining([again, second]));
      });
    });

    test('a success forgets the refusals of its sync only, and a failure forgets none', async () => {
      await withJournal(async (journal) => {
        const ofOthers = { ...refusal, ...others };
        for (const each of [refusal, ofOthers]) await journal.refuse(each);
        await journal.giveUp(await beginPlan(journal), 'failed');
        expect(await journal.refusals(key)).toEqual([refusal]);
        await journal.succeed(await beginPlan(journal, 'run-2'), undefined);
        expect(await journal.refusals(key)).toEqual([]);
        expect(await journal.refusals(others)).toEqual([ofOthers]);
      });
    });
  });

  describe('runs', () => {
    test('runs are listed newest first, with their reports once they have ended', async () => {
      await withJournal(async (journal) => {
        const report = runReport();
        await journal.beginRun({ runId: 'a', command: 'sync', startedMs: 1 });
        await journal.endRun('a', report);
        await journal.beginRun({ runId: 'b', command: 'resume', startedMs: 2 });
        expect(await journal.lastRuns(5)).toEqual([
          { runId: 'b', command: 'resume', startedMs: 2, report: null },
          { runId: 'a', command: 'sync', startedMs: 1, report },
        ]);
        expect((await journal.lastRuns(1)).map(({ runId }) => runId)).toEqual(['b']);
      });
    });

    test('a fault of the program, such as a run that begins twice, is not reported as a fault of the state', async () => {
      await withJournal(async (journal) => {
        await beginPlan(journal);
        await expect(beginPlan(journal)).rejects.toThrow(expect.not.objectContaining({ name: 'SyncError' }));
      });
    });
  });

  describe('tidying', () => {
    test('old runs are forgotten except those of a snapshot, and a plan that no run asks for is given up', async () => {
      const day = 86_400_000;
      await withJournal(async (journal) => {
        const first = await beginPlan(journal, 'run-0', 0);
        await journal.succeed(first, snapshotOf(first));
        for (let run = 1; run <= 120; run += 1)
          await journal.giveUp(await beginPlan(journal, `run-${run}`, run * 1_000), 'failed');
        await beginPlan(journal, 'run-121', 121_000);
        await journal.tidy(2 * day);
        expect((await journal.lastRuns(1_000)).map(({ runId }) => runId)).toHaveLength(101);
        expect(await journal.snapshot(key)).toEqual(snapshotOf(first));
        expect((await journal.unfinishedPlan(key))?.runId).toBe('run-121');
        await journal.tidy(40 * day);
        expect(await journal.unfinishedPlan(key)).toBeUndefined();
      });
    });

    const ahead = 10 * 365 * 86_400_000;

    test('a run keeps its record when many earlier runs are dated ahead of it by a wrong clock', async () => {
      await withJournal(async (journal) => {
        for (let run = 0; run < 150; run += 1)
          await journal.beginRun({ runId: `ahead-${run}`, command: 'sync', startedMs: ahead + run });
        const plan = await beginPlan(journal, 'now', 1_000);
        await journal.tidy(1_000);
        expect(await journal.lastRuns(1_000)).toHaveLength(100);
        expect((await journal.lastRuns(2)).map(({ runId }) => runId)).toEqual(['now', 'ahead-149']);
        await journal.succeed(plan, snapshotOf(plan));
        await beginPlan(journal, 'next', 2_000);
        await journal.tidy(2_000);
        expect((await journal.lastRuns(2)).map(({ runId }) => runId)).toEqual(['next', 'now']);
      });
    });

    test('a plan that is dated far ahead by a wrong clock is given up as an old one is', async () => {
      await withJournal(async (journal) => {
        await beginPlan(journal, 'ahead', ahead);
        await journal.tidy(1_000);
        expect(await journal.unfinishedPlan(key)).toBeUndefined();
      });
    });
  });

  describe('readers and keys', () => {
    test('a reader finds nothing where there is no journal', async () => {
      await withJournal(async (journal) => {
        expect(await journal.lastRuns(1)).toEqual([]);
        expect(await journal.snapshot(key)).toBeUndefined();
        expect(await journal.unfinishedPlan(key)).toBeUndefined();
        expect(await journal.refusals(key)).toEqual([]);
      }, 'read');
    });

    test('a journal can be read while a run is at work', async () => {
      await withJournal(async (journal) => {
        const plan = await beginPlan(journal);
        await using reader = await store().open('read');
        expect((await reader.unfinishedPlan(key))?.row).toBe(plan.row);
        await journal.noteIntent(plan, plan.batches[0]!);
        expect((await reader.unfinishedPlan(key))?.batches[0]?.fate).toBe('unsent');
      });
    });

    test('a journal has a random key of its own, so that digests identify no member', async () => {
      const keyed = (journal: Journal) => Promise.resolve(journal.keyed('a'));
      const digest = await withJournal(keyed);
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await withJournal(keyed)).toBe(digest);
      expect(await withJournal(keyed, 'read')).toBe(digest);
      expect(await withJournal(async (journal) => journal.keyed('b'))).not.toBe(digest);
      await using another = await createStore();
      await using journal = await another.open('write');
      expect(journal.keyed('a')).not.toBe(digest);
    });
  });
}
