import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Journal, Refusal } from '../../src/journal/journal.ts';
import type { NewPlan, RecordedPlan } from '../../src/journal/plans.ts';
import { type DeliveredBatch, type Fate, fates } from '../../src/report/batches.ts';
import { beginPlan, key, planOf, runReport, snapshotOf } from './journalSetup.ts';

/** A place for one journal, empty at first. */
export interface JournalStore extends AsyncDisposable {
  /** Opens the journal as a process does. */
  open(access: 'write' | 'read'): Promise<Journal>;
}

/** The promises of `Journal`, for any store. */
export function testJournalContract(name: string, createStore: () => Promise<JournalStore>): void {
  describe(`the journal in ${name}`, () => {
    let store: JournalStore;

    beforeEach(async () => {
      store = await createStore();
    });

    afterEach(async () => {
      await store[Symbol.asyncDispose]();
    });

    /** Does something in a journal that is opened for it alone. */
    async function withJournal<T>(work: (journal: Journal) => Promise<T>, access: 'write' | 'read' = 'write') {
      await using journal = await store.open(access);
      return await work(journal);
    }

    const others = { ...key, syncName: 'others' };

    /** Begins a run with the plans of two syncs. */
    async function beginTwo(journal: Journal): Promise<[RecordedPlan, RecordedPlan]> {
      const plan = await beginPlan(journal);
      return [plan, await journal.beginPlan(planOf({ syncName: 'others' }))];
    }

    /** A batch after a step of its delivery. */
    function changed(batch: DeliveredBatch, changes: Partial<DeliveredBatch>): DeliveredBatch {
      return { ...structuredClone(batch), ...changes };
    }

    const upload = { id: '5', state: 'finished', status: 'DONE', processed: 2 } as const;

    describe('plans', () => {
      test('a later process reads a plan back as it was written', async () => {
        const recorded = await withJournal((journal) => beginPlan(journal));
        expect(await withJournal((journal) => journal.unfinishedPlan(key))).toEqual(recorded);
        expect(recorded.batches.map(({ fate }) => fate)).toEqual(['unsent', 'unsent', 'unsent']);
      });

      test('every field of a plan is read back, filled or null', async () => {
        await withJournal(async (journal) => {
          await journal.beginRun({ runId: 'run-1', command: 'sync', startedMs: 1 });
          const full: Partial<NewPlan> = {
            uploadsBefore: ['1', '2'],
            uploadsListed: ['2'],
            unplanned: ['3 DIFF_ADD'],
            cursor: { origin: 'o', value: '2026-11-24' },
          };
          const plan = await journal.beginPlan(planOf(full));
          expect(plan).toMatchObject({ ...full, ...key, audienceId: '77', audienceCreated: false });
          expect(await journal.unfinishedPlan(key)).toEqual(plan);
          const created = await journal.beginPlan(planOf({ syncName: 'others', audienceId: null }));
          expect(await journal.unfinishedPlan(others)).toEqual(created);
          expect(created.audienceId).toBeNull();
        });
      });

      test('a plan does not concern another sync or another account', async () => {
        await withJournal(async (journal) => {
          await beginPlan(journal);
          expect(await journal.unfinishedPlan(others)).toBeUndefined();
          expect(await journal.unfinishedPlan({ ...key, accountId: 'line_ads:A2' })).toBeUndefined();
          expect(await journal.unfinishedPlan({ ...key, accountId: 'line_messaging:A1' })).toBeUndefined();
        });
      });

      test('a plan cannot begin while an earlier one of its sync is unfinished', async () => {
        await withJournal(async (journal) => {
          const plan = await beginPlan(journal);
          await expect(beginPlan(journal, 'run-2')).rejects.toThrow();
          expect(await journal.unfinishedPlan(key)).toEqual(plan);
        });
      });

      test('a plan that has ended is not found again', async () => {
        await withJournal(async (journal) => {
          await journal.giveUp(await beginPlan(journal), 'failed');
          expect(await journal.unfinishedPlan(key)).toBeUndefined();
          await journal.giveUp(await beginPlan(journal, 'run-2'), 'abandoned');
          expect(await journal.unfinishedPlan(key)).toBeUndefined();
          const plan = await beginPlan(journal, 'run-3');
          await journal.succeed(plan, undefined);
          expect(await journal.unfinishedPlan(key)).toBeUndefined();
        });
      });

      test('the uploads from before a plan are recorded, and its unplanned uploads are emptied', async () => {
        await withJournal(async (journal) => {
          const plan = await beginPlan(journal);
          plan.unplanned = ['4 DIFF_ADD'];
          plan.uploadsListed = ['4'];
          await journal.noteUploads(plan, []);
          expect(await journal.unfinishedPlan(key)).toMatchObject({ unplanned: ['4 DIFF_ADD'], uploadsBefore: null });
          await journal.noteUploadsBefore(plan, ['4', '3']);
          expect(await journal.unfinishedPlan(key)).toMatchObject({
            unplanned: [],
            uploadsListed: ['4'],
            uploadsBefore: ['4', '3'],
          });
        });
      });

      test('the audience that an upload created is recorded with its answer', async () => {
        await withJournal(async (journal) => {
          await journal.beginRun({ runId: 'run-1', command: 'sync', startedMs: 1 });
          const plan = await journal.beginPlan(planOf({ audienceId: null }));
          plan.audienceId = '88';
          plan.audienceCreated = true;
          await journal.noteAnswer(plan, changed(plan.batches[0]!, { fate: 'accepted' }));
          expect(await journal.unfinishedPlan(key)).toMatchObject({ audienceId: '88', audienceCreated: true });
        });
      });

      /** A step of a batch's delivery, and whether its process is killed after it. */
      const event = fc.record({
        batch: fc.integer({ min: 0, max: 2 }),
        kind: fc.constantFrom('intent', 'answer', 'uploads'),
        fate: fc.constantFrom<Fate>(...fates),
        attempts: fc.integer({ min: 0, max: 9 }),
        upload: fc.option(
          fc.record({
            id: fc.constantFrom('1', '77', '90071992547409931', 'U-1'),
            state: fc.constantFrom('unfinished', 'finished', 'failed'),
            status: fc.constantFrom('QUEUED', 'FINISHED', ''),
            processed: fc.option(fc.integer({ min: 0, max: 9 })),
          }),
        ),
        isKilledAfter: fc.boolean(),
      });

      test('whenever its process is killed, a plan has every step that was recorded', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
            await using own = await createStore();
            let journal = await own.open('write');
            let plan = await beginPlan(journal);
            for (const { batch, kind, isKilledAfter, ...state } of events) {
              const step = Object.assign(plan.batches[batch]!, state);
              if (kind === 'intent') await journal.noteIntent(plan, step);
              else if (kind === 'answer') await journal.noteAnswer(plan, step);
              else {
                plan.uploadsListed = [...plan.uploadsListed, `${state.attempts}`];
                plan.unplanned = [...plan.unplanned, `${state.attempts} DIFF_REPLACE`];
                await journal.noteUploads(plan, [step]);
              }
              if (!isKilledAfter) continue;
              await journal[Symbol.asyncDispose]();
              journal = await own.open('write');
              const restored = (await journal.unfinishedPlan(key))!;
              const restoredFates: Partial<Record<Fate, Fate>> = { sending: 'unknown', refused: 'unsent' };
              for (const each of plan.batches) each.fate = restoredFates[each.fate] ?? each.fate;
              expect(restored).toEqual(plan);
              plan = restored;
            }
            await journal[Symbol.asyncDispose]();
          }),
          { numRuns: 40 },
        );
      });
    });

    describe('calls that overlap', () => {
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
        const journal = await store.open('write');
        await beginPlan(journal);
        const failing = journal.beginRun({ runId: 'run-1', command: 'sync', startedMs: 1 });
        await expect(failing).rejects.toThrow();
        await journal[Symbol.asyncDispose]();
        const tooLate = [journal.lastRuns(1), journal.beginRun({ runId: 'z', command: 'sync', startedMs: 1 })];
        for (const call of tooLate) await expect(call).rejects.toThrow();
      });

      test('disposal waits for the calls in flight, and later calls are refused', async () => {
        const journal = await store.open('write');
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
    });

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
          await using reader = await store.open('read');
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
  });
}
