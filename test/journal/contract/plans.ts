import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NewPlan } from '../../../src/journal/plans.ts';
import { type Fate, fates } from '../../../src/report/batches.ts';
import { beginPlan, changed, key, others, planOf } from '../journalSetup.ts';
import { type JournalStore, useStore } from './store.ts';

/** The promises of `Journal` about plans and the steps of their delivery. */
export function testPlans(createStore: () => Promise<JournalStore>): void {
  const { withJournal } = useStore(createStore);

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
}
