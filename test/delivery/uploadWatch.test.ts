import { describe, expect, test } from 'vitest';
import { createUploadWatch, type WatchedPlan } from '../../src/delivery/uploadWatch.ts';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { type Fate, startBatch } from '../../src/report/batches.ts';
import { planOf } from '../journal/journalSetup.ts';
import { jobOf } from '../setup/clientSetup.ts';

function watchOver(changes: Partial<WatchedPlan> & { fates?: Fate[]; mode?: 'add' | 'mirror' } = {}) {
  const { fates = [], mode = 'mirror', ...rest } = changes;
  const batches = planOf().batches.map((batch, index) => ({ ...startBatch(batch), fate: fates[index] ?? 'unsent' }));
  const plan: WatchedPlan = { batches, uploadsBefore: [], uploadsListed: [], unplanned: [], ...rest };
  return { plan, watch: createUploadWatch(plan, { toleratesAdds: mode === 'add' }) };
}

/** Our job of a batch of `planOf`, whose first is a REPLACE. */
const own = (id: number, index: number, status = 'FINISHED') =>
  jobOf({
    id: String(id),
    fileName: `run-1-people-${index}.txt`,
    type: index === 0 ? 'DIFF_REPLACE' : 'DIFF_ADD',
    status,
  });
const foreign = (id: number, type = 'DIFF_ADD', status = 'FINISHED') =>
  jobOf({ id: String(id), fileName: 'by-hand.csv', type, status });
const foreigners = (from: number, count: number, type = 'DIFF_ADD') =>
  Array.from({ length: count }, (_, index) => foreign(from + index, type));

describe('an upload of others', () => {
  test.each([
    ['mirror', 'DIFF_ADD', ['job 7 DIFF_ADD']],
    ['mirror', 'DIFF_REPLACE', ['job 7 DIFF_REPLACE']],
    ['add', 'DIFF_ADD', []],
    ['add', 'DIFF_AUTO_ADD', []],
    ['add', 'DIFF_REPLACE', ['job 7 DIFF_REPLACE']],
    ['add', 'DIFF_REMOVE', ['job 7 DIFF_REMOVE']],
    ['add', 'SOMETHING_NEW', ['job 7 SOMETHING_NEW']],
  ] as const)('during a plan of %s, of type %s, counts so: %j', (mode, type, unplanned) => {
    const { plan, watch } = watchOver({ mode });
    watch.note([foreign(7, type)]);
    expect(plan.unplanned).toEqual(unplanned);
  });

  test('counts for good once it was seen, though later lists do not show it', () => {
    const { plan, watch } = watchOver();
    watch.note([own(1, 0)]);
    watch.note([own(1, 0), foreign(2)]);
    watch.note([own(1, 0), own(3, 1)]);
    expect(plan.unplanned).toEqual(['job 2 DIFF_ADD']);
  });

  test('is told once, however often it is listed', () => {
    const { plan, watch } = watchOver();
    for (const status of ['QUEUED', 'WORKING', 'FINISHED']) watch.note([foreign(2, 'DIFF_ADD', status)]);
    expect(plan.unplanned).toEqual(['job 2 DIFF_ADD']);
  });

  test('that was there before the plan sent anything does not count', () => {
    const { plan, watch } = watchOver({ uploadsBefore: ['2'] });
    watch.note([foreign(2, 'DIFF_REPLACE')]);
    expect(plan.unplanned).toEqual([]);
  });

  test('does not count while the plan has not looked at what was there before', () => {
    const { plan, watch } = watchOver({ uploadsBefore: null });
    watch.note(foreigners(1, 50, 'DIFF_REPLACE'));
    expect(plan.unplanned).toEqual([]);
    plan.uploadsBefore = plan.uploadsListed;
    watch.note([...foreigners(2, 49, 'DIFF_REPLACE'), own(99, 0)]);
    expect(plan.unplanned).toEqual([]);
  });
});

describe('a list that may have passed over uploads', () => {
  const gap = 'jobs that LINE no longer lists';
  const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => String(from + index));

  test.each<[string, Partial<WatchedPlan> & { mode?: 'add' }, RemoteUpload[], boolean]>([
    ['is full and holds a job of the list before', { uploadsBefore: ids(1, 50) }, foreigners(50, 50), false],
    ['is full and holds none of them', { uploadsBefore: ids(1, 50) }, foreigners(51, 50), true],
    ['is short and holds none of them', { uploadsBefore: ids(1, 50) }, foreigners(51, 3), true],
    ['is the first, and full', {}, foreigners(1, 50), true],
    ['is the first, and has room for more', {}, foreigners(1, 49), false],
    ['is empty', { uploadsBefore: ids(1, 5) }, [], false],
    ['holds a job that an earlier run saw last', { uploadsListed: ids(60, 50) }, foreigners(109, 50), false],
    ['holds none that an earlier run saw last', { uploadsListed: ids(60, 50) }, foreigners(110, 50), true],
  ])('%s', (_, changes, listed, expected) => {
    const { plan, watch } = watchOver({ mode: 'add', ...changes });
    watch.note(listed);
    expect(plan.unplanned).toEqual(expected ? [gap] : []);
  });

  test('is told from one that follows the list before it step by step', () => {
    const { plan, watch } = watchOver({ mode: 'add', uploadsBefore: ids(1, 50) });
    for (let from = 1; from < 400; from += 40) watch.note(foreigners(from, 50));
    expect(plan.unplanned).toEqual([]);
    watch.note(foreigners(600, 50));
    expect(plan.unplanned).toEqual([gap]);
  });
});

describe('a REPLACE that LINE has twice', () => {
  test('does no harm when both jobs were seen before an ADD was sent', () => {
    const { plan, watch } = watchOver({ fates: ['accepted'] });
    watch.note([own(1, 0), own(2, 0)]);
    plan.batches[1]!.fate = 'accepted';
    watch.note([own(1, 0), own(2, 0), own(3, 1)]);
    expect(plan.unplanned).toEqual([]);
  });

  test.each<[string, Fate]>([
    ['under way', 'sending'],
    ['accepted', 'accepted'],
    ['of unknown fate', 'unknown'],
  ])('has removed an ADD that is %s when its second job comes to light', (_, fate) => {
    const { plan, watch } = watchOver({ fates: ['accepted'] });
    watch.note([own(2, 0)]);
    plan.batches[1]!.fate = fate;
    watch.note([own(2, 0), own(1, 0, 'QUEUED')]);
    watch.note([own(2, 0), own(3, 1)]);
    expect(plan.unplanned).toEqual(['job 1 DIFF_REPLACE']);
  });

  test('is not taken for late by a later process that knows its job from the journal', () => {
    const { plan } = watchOver({ fates: ['accepted', 'accepted'] });
    plan.batches[0]!.report.jobId = 1;
    createUploadWatch(plan, { toleratesAdds: false }).note([own(1, 0), own(2, 1)]);
    expect(plan.unplanned).toEqual([]);
  });
});

describe('the last list', () => {
  test('tells of unfinished jobs of others, of their jobs since the plan began, and of an unfinished REPLACE', () => {
    const { watch } = watchOver({ uploadsBefore: ['1'] });
    watch.note([foreign(1, 'DIFF_ADD', 'WORKING'), foreign(2, 'DIFF_ADD', 'QUEUED'), foreign(3), own(4, 1, 'WORKING')]);
    expect([watch.othersUnfinished(), watch.othersSince(), watch.isReplacing()]).toEqual([2, 2, false]);
    watch.note([foreign(5, 'DIFF_REPLACE', 'QUEUED')]);
    expect([watch.othersUnfinished(), watch.othersSince(), watch.isReplacing()]).toEqual([1, 1, true]);
    watch.note([foreign(5, 'DIFF_REPLACE')]);
    expect([watch.othersUnfinished(), watch.isReplacing()]).toEqual([0, false]);
  });

  test('changes the record when it shows another job, and not when it shows the same', () => {
    const { plan, watch } = watchOver({ uploadsBefore: ['1'] });
    expect(watch.note([foreign(1)])).toBe(true);
    expect(watch.note([foreign(1)])).toBe(false);
    expect(watch.note([])).toBe(false);
    expect(plan.uploadsListed).toEqual(['1']);
    expect(watch.note([foreign(1), foreign(2)])).toBe(true);
    expect(plan.uploadsListed).toEqual(['1', '2']);
  });
});
