import { describe, expect, test } from 'vitest';
import { createUploadWatch, type WatchedPlan } from '../../src/delivery/uploadWatch.ts';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { type Fate, startBatch } from '../../src/report/batches.ts';
import { type Platform, platforms, uploadOn, withReplace } from '../setup/platforms.ts';

type Changes = Partial<WatchedPlan> & { fates?: Fate[]; mode?: 'add' | 'mirror'; replaces?: boolean };

/** A watch over a plan of three batches, the first of which replaces if the platform can. */
function watchOver(platform: Platform, changes: Changes = {}) {
  const { canReplace, maxListedUploads } = platform.capabilities;
  const { fates = [], mode = 'mirror', replaces = canReplace, ...rest } = changes;
  const batches = [0, 1, 2].map((index) => {
    const planned = { index, start: index * 2, end: index * 2 + 2, label: `run-1-people-${index}`, bytes: 130 };
    const batch = startBatch({ ...planned, action: replaces && index === 0 ? 'replace' : 'add' });
    return { ...batch, fate: fates[index] ?? 'unsent' };
  });
  const plan: WatchedPlan = { batches, uploadsBefore: [], uploadsListed: [], unplanned: [], ...rest };
  return { plan, watch: createUploadWatch(plan, { toleratesAdds: mode === 'add', maxListedUploads }) };
}

describe.each(platforms)('on $title', (platform) => {
  const { effects, capabilities } = platform;
  const most = capabilities.maxListedUploads;
  const own = (number: number, index: number) =>
    uploadOn(platform, { id: platform.uploadId(number), label: `run-1-people-${index}` });
  const foreign = (number: number, fields: Partial<RemoteUpload> = {}) =>
    uploadOn(platform, { id: platform.uploadId(number), ...fields });
  const foreigners = (from: number, count: number, fields: Partial<RemoteUpload> = {}) =>
    Array.from({ length: count }, (_, index) => foreign(from + index, fields));
  const ids = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => platform.uploadId(from + index));
  const unplanned = (number: number, effect: RemoteUpload['effect']) =>
    `job ${platform.uploadId(number)} ${effects[effect]}`;

  describe('an upload of others', () => {
    test.each([
      ['mirror', 'add', true],
      ['mirror', 'other', true],
      ['add', 'add', false],
      ['add', 'other', true],
    ] as const)('during a plan of %s with the effect %s counts: %s', (mode, effect, counts) => {
      const { plan, watch } = watchOver(platform, { mode });
      watch.note([foreign(7, { effect })]);
      expect(plan.unplanned).toEqual(counts ? [unplanned(7, effect)] : []);
    });

    test('counts for good once it was seen, though later lists do not show it', () => {
      const { plan, watch } = watchOver(platform);
      watch.note([own(1, 0)]);
      watch.note([own(1, 0), foreign(2)]);
      watch.note([own(1, 0), own(3, 1)]);
      expect(plan.unplanned).toEqual([unplanned(2, 'add')]);
    });

    test('is told once, however often it is listed', () => {
      const { plan, watch } = watchOver(platform);
      for (const state of ['unfinished', 'unfinished', 'finished'] as const) watch.note([foreign(2, { state })]);
      expect(plan.unplanned).toEqual([unplanned(2, 'add')]);
    });

    test('that was there before the plan sent anything does not count', () => {
      const { plan, watch } = watchOver(platform, { uploadsBefore: ids(2, 1) });
      watch.note([foreign(2, { effect: 'other' })]);
      expect(plan.unplanned).toEqual([]);
    });

    test('does not count while the plan has not read the uploads from before', () => {
      const { plan, watch } = watchOver(platform, { uploadsBefore: null });
      watch.note(foreigners(1, most, { effect: 'other' }));
      expect(plan.unplanned).toEqual([]);
      plan.uploadsBefore = plan.uploadsListed;
      watch.note([...foreigners(2, most - 1, { effect: 'other' }), own(99, 0)]);
      expect(plan.unplanned).toEqual([]);
    });
  });

  describe('a list that may have passed over uploads', () => {
    const gap = 'jobs that LINE no longer lists';

    test.each<[string, Partial<WatchedPlan>, RemoteUpload[], boolean]>([
      [
        'is full and holds an upload of the list before',
        { uploadsBefore: ids(1, most) },
        foreigners(most, most),
        false,
      ],
      ['is full and holds none of them', { uploadsBefore: ids(1, most) }, foreigners(most + 1, most), true],
      ['is short and holds none of them', { uploadsBefore: ids(1, most) }, foreigners(most + 1, 3), true],
      ['is the first, and full', {}, foreigners(1, most), true],
      ['is the first, and has room for more', {}, foreigners(1, most - 1), false],
      ['is empty', { uploadsBefore: ids(1, 5) }, [], false],
      [
        'holds an upload that an earlier run saw last',
        { uploadsListed: ids(60, most) },
        foreigners(59 + most, most),
        false,
      ],
      ['holds none that an earlier run saw last', { uploadsListed: ids(60, most) }, foreigners(60 + most, most), true],
    ])('%s', (_, changes, listed, expected) => {
      const { plan, watch } = watchOver(platform, { mode: 'add', ...changes });
      watch.note(listed);
      expect(plan.unplanned).toEqual(expected ? [gap] : []);
    });

    test('is told from one that follows the list before it step by step', () => {
      const { plan, watch } = watchOver(platform, { mode: 'add', uploadsBefore: ids(1, most) });
      for (let from = 1; from < 8 * most; from += most - 2) watch.note(foreigners(from, most));
      expect(plan.unplanned).toEqual([]);
      watch.note(foreigners(12 * most, most));
      expect(plan.unplanned).toEqual([gap]);
    });
  });

  describe('the last list', () => {
    test('tells of unfinished uploads of others and of their uploads since the plan began', () => {
      const { watch } = watchOver(platform, { uploadsBefore: ids(1, 1) });
      const unfinished = { state: 'unfinished' } as const;
      watch.note([foreign(1, unfinished), foreign(2, unfinished), foreign(3), { ...own(4, 1), ...unfinished }]);
      expect([watch.othersUnfinished(), watch.othersSince(), watch.isReplacing()]).toEqual([2, 2, false]);
      watch.note([foreign(5, { effect: 'other', state: 'unfinished' })]);
      expect([watch.othersUnfinished(), watch.othersSince(), watch.isReplacing()]).toEqual([1, 1, false]);
      watch.note([foreign(5, { effect: 'other' })]);
      expect(watch.othersUnfinished()).toBe(0);
    });

    test('changes the record when it shows another upload, and not when it shows the same', () => {
      const { plan, watch } = watchOver(platform, { uploadsBefore: ids(1, 1) });
      expect(watch.note([foreign(1)])).toBe(true);
      expect(watch.note([foreign(1)])).toBe(false);
      expect(watch.note([])).toBe(false);
      expect(plan.uploadsListed).toEqual(ids(1, 1));
      expect(watch.note([foreign(1), foreign(2)])).toBe(true);
      expect(plan.uploadsListed).toEqual(ids(1, 2));
    });
  });
});

describe('an upload of others that replaces', () => {
  const foreign = (fields: Partial<RemoteUpload> = {}) =>
    uploadOn(withReplace, { id: '7', effect: 'replace', ...fields });

  test.each(['mirror', 'add'] as const)('counts during a plan of %s', (mode) => {
    const { plan, watch } = watchOver(withReplace, { mode });
    watch.note([foreign()]);
    expect(plan.unplanned).toEqual(['job 7 SWAPPING']);
  });

  test('does not count if it was there before the plan sent anything', () => {
    const { plan, watch } = watchOver(withReplace, { uploadsBefore: ['7'] });
    watch.note([foreign()]);
    expect(plan.unplanned).toEqual([]);
  });

  test('does not count while the plan has not read the uploads from before', () => {
    const { plan, watch } = watchOver(withReplace, { uploadsBefore: null });
    const others = Array.from({ length: 50 }, (_, index) => foreign({ id: `${index + 1}` }));
    watch.note(others);
    expect(plan.unplanned).toEqual([]);
    plan.uploadsBefore = plan.uploadsListed;
    watch.note(others.slice(1));
    expect(plan.unplanned).toEqual([]);
  });

  test('is told of while it is unfinished', () => {
    const { watch } = watchOver(withReplace);
    watch.note([foreign({ state: 'unfinished' })]);
    expect([watch.othersUnfinished(), watch.othersSince(), watch.isReplacing()]).toEqual([1, 1, true]);
    watch.note([foreign()]);
    expect([watch.othersUnfinished(), watch.isReplacing()]).toEqual([0, false]);
  });
});

describe('an upload that replaces and that the destination has twice', () => {
  const own = (id: number, index: number, state: RemoteUpload['state'] = 'finished') => {
    const effect = index === 0 ? 'replace' : 'add';
    return uploadOn(withReplace, { id: String(id), label: `run-1-people-${index}`, effect, state });
  };

  test('does no harm when both were seen before anything was added', () => {
    const { plan, watch } = watchOver(withReplace, { fates: ['accepted'] });
    watch.note([own(1, 0), own(2, 0)]);
    plan.batches[1]!.fate = 'accepted';
    watch.note([own(1, 0), own(2, 0), own(3, 1)]);
    expect(plan.unplanned).toEqual([]);
  });

  test.each<[string, Fate]>([
    ['under way', 'sending'],
    ['accepted', 'accepted'],
    ['of unknown fate', 'unknown'],
  ])('has removed the members of an added batch that is %s when the second is listed', (_, fate) => {
    const { plan, watch } = watchOver(withReplace, { fates: ['accepted'] });
    watch.note([own(2, 0)]);
    plan.batches[1]!.fate = fate;
    watch.note([own(2, 0), own(1, 0, 'unfinished')]);
    watch.note([own(2, 0), own(3, 1)]);
    expect(plan.unplanned).toEqual(['job 1 SWAPPING']);
  });

  test('is not taken for late by a later process that knows it from the journal', () => {
    const { plan } = watchOver(withReplace, { fates: ['accepted', 'accepted'] });
    plan.batches[0]!.upload = { id: '1', state: 'finished', status: 'DONE', processed: 2 };
    const { maxListedUploads } = withReplace.capabilities;
    createUploadWatch(plan, { toleratesAdds: false, maxListedUploads }).note([own(1, 0), own(2, 1)]);
    expect(plan.unplanned).toEqual([]);
  });

  test('does no harm if it only adds', () => {
    const { plan, watch } = watchOver(withReplace, { fates: ['accepted', 'accepted'], replaces: false });
    watch.note([own(1, 0), own(2, 0)]);
    expect(plan.unplanned).toEqual([]);
  });
});
