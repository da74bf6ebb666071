import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { isRefreshDue, type LastUpload, type LastUploadInput, recallLastUpload } from '../../src/journal/lastUpload.ts';
import type { Snapshot } from '../../src/journal/snapshots.ts';
import { audienceOf, createFakeClock, jobOf } from '../setup/clientSetup.ts';
import { syncOf } from '../setup/memberSetup.ts';

const job = (id: number, changes: Partial<RemoteUpload> = {}) =>
  jobOf({ id: String(id), createdMs: id * 1000, ...changes });
const jobs = (from: number, count: number) => Array.from({ length: count }, (_, index) => job(from + index));
const setOfSnapshot = { path: '/set' };
const idsOf = (listed: readonly RemoteUpload[]) => listed.map(({ id }) => id);

const current: Snapshot = {
  planRow: 1,
  membership: 'settings',
  audienceId: audienceOf().id,
  uploadId: '2',
  uploadsListed: ['2', '1'],
  takenMs: 7_000,
  fullMs: 6_000,
  set: { file: 'set', recordBytes: 32, count: 9, keyedDigest: 'digest' },
  cursor: null,
  isCurrent: true,
};

/** Recalls the last upload of a sync whose snapshot counts, with changes. */
function recall(changes: Partial<LastUploadInput> & { isIntact?: boolean } = {}): Promise<LastUpload> {
  const { isIntact = true, ...rest } = changes;
  const journal = {
    keyed: (text: string) => (text.includes('"mode":"mirror"') ? 'settings' : 'others'),
    sets: { isIntact: async () => isIntact, open: async () => setOfSnapshot },
  } as unknown as Journal;
  const listed = [job(2, { type: 'DIFF_REPLACE', processed: 30 }), job(1)];
  const sync = syncOf({ identifierType: 'email' });
  return recallLastUpload({ sync, journal, snapshot: current, audience: audienceOf(), listed, ...rest });
}

describe('the last upload', () => {
  const members = { count: 9, unit: 'members', isGuess: false };
  const lines = { count: 30, unit: 'lines', isGuess: false };

  test('is that of the snapshot if it counts', async () => {
    expect(await recall()).toEqual({
      known: { snapshot: current, set: setOfSnapshot },
      voidBecause: undefined,
      baselines: [members],
      uploadedMs: 7_000,
    });
  });

  test('is told by the list alone without a snapshot', async () => {
    const byList = { known: undefined, voidBecause: undefined, baselines: [lines], uploadedMs: 2_000 };
    expect(await recall({ snapshot: undefined })).toEqual(byList);
    const untimed = [job(2, { createdMs: null }), job(1, { processed: null })];
    const guess = { count: 2, unit: 'lines', isGuess: true };
    const listed = { ...byList, baselines: [guess], uploadedMs: undefined };
    expect(await recall({ snapshot: undefined, listed: untimed })).toEqual(listed);
    expect(await recall({ snapshot: undefined, listed: [] })).toEqual({ ...listed, baselines: [] });
  });

  test.each<[string, Parameters<typeof recall>[0], RegExp]>([
    ['of another audience', { audience: audienceOf({ id: '8' }) }, new RegExp(audienceOf().id)],
    ['of an audience that is gone', { audience: undefined }, new RegExp(audienceOf().id)],
  ])('is told by the list alone if the snapshot is %s', async (_, changes, reason) => {
    expect(await recall(changes)).toEqual({
      known: undefined,
      voidBecause: expect.stringMatching(reason),
      baselines: [lines],
      uploadedMs: 2_000,
    });
  });

  test.each<[string, Parameters<typeof recall>[0], object[]]>([
    ['a later run began to upload', { snapshot: { ...current, isCurrent: false } }, [members]],
    ['no upload is listed', { listed: [] }, [members]],
    ['an unknown upload is listed', { listed: [job(3, { type: 'DIFF_REPLACE', processed: 30 })] }, [members, lines]],
    ['settings have changed', { sync: syncOf({ identifierType: 'email', mode: 'add' }) }, [members]],
    ['its file is damaged', { isIntact: false }, [members]],
  ])('has the numbers of the snapshot, which does not count as %s', async (_, changes, baselines) => {
    const last = await recall(changes);
    expect(last).toEqual({ known: undefined, voidBecause: expect.any(String), baselines, uploadedMs: 7_000 });
  });

  test('has another reason for each snapshot that does not count', async () => {
    const changes: Parameters<typeof recall>[0][] = [
      { audience: undefined },
      { snapshot: { ...current, isCurrent: false } },
      { listed: [] },
      { snapshot: { ...current, uploadsListed: [] } },
      { listed: [job(3)] },
      { listed: [job(1)] },
      { sync: syncOf({ identifierType: 'email', mode: 'add' }) },
      { isIntact: false },
    ];
    const reasons = await Promise.all(changes.map(async (change) => (await recall(change)).voidBecause));
    expect(new Set(reasons).size).toBe(changes.length);
    expect(reasons).not.toContain('');
  });
});

describe('a refresh', () => {
  const dayMs = 86_400_000;
  const known = { snapshot: { fullMs: 1_000 } } as NonNullable<LastUpload['known']>;

  test.each<[string, boolean, Partial<Parameters<typeof isRefreshDue>[1]> & { nowMs: number; known?: undefined }]>([
    ['is not due before its days are over', false, { nowMs: 999 + 30 * dayMs }],
    ['is due once its days are over', true, { nowMs: 1_000 + 30 * dayMs }],
    ['is not due at the instant of the last one', false, { nowMs: 1_000 }],
    ['is due if the clock was set back since', true, { nowMs: 999 }],
    ['is due with --full', true, { nowMs: 1_000, isFull: true }],
    ['is due with --full without a snapshot', true, { nowMs: 1_000, isFull: true, known: undefined }],
    ['is not due without a snapshot', false, { nowMs: 1_000 + 99 * dayMs, known: undefined }],
  ])('%s', (_, isDue, { nowMs, isFull = false, ...changes }) => {
    const last = { known, voidBecause: undefined, baselines: [], uploadedMs: undefined, ...changes };
    const config = { plan: { fullRefreshDays: 30 } } as Config;
    const clock = { ...createFakeClock(), now: () => nowMs };
    expect(isRefreshDue(last, { isFull, config, clock })).toBe(isDue);
  });
});

/** Whether a snapshot that was taken when LINE listed some jobs counts now that it lists others; else why not. */
async function judge(
  then: { uploadId: string | null; uploadsListed: readonly string[] },
  listed: readonly RemoteUpload[],
) {
  const snapshot: Snapshot = {
    planRow: 1,
    membership: 'settings',
    audienceId: audienceOf().id,
    takenMs: 0,
    fullMs: 0,
    set: { file: 'set', recordBytes: 32, count: 9, keyedDigest: 'digest' },
    cursor: null,
    isCurrent: true,
    ...then,
  };
  const journal = {
    keyed: () => 'settings',
    sets: { isIntact: async () => true, open: async () => ({}) },
  } as unknown as Journal;
  const sync = syncOf({ identifierType: 'email' });
  const { known, voidBecause } = await recallLastUpload({ sync, journal, snapshot, audience: audienceOf(), listed });
  expect(known === undefined).toBe(voidBecause !== undefined);
  return voidBecause ?? 'counts';
}

describe('a snapshot', () => {
  const full = jobs(101, 50);
  const then = { uploadId: '150', uploadsListed: idsOf(full) };

  test.each<[string, Parameters<typeof judge>[0], RemoteUpload[], string | RegExp]>([
    ['nothing was uploaded since', then, full, 'counts'],
    ['nothing was uploaded since, and LINE lists in another order', then, full.toReversed(), 'counts'],
    ['LINE has forgotten its oldest jobs', then, full.slice(10), 'counts'],
    ['somebody uploaded since', then, [...full.slice(1), job(151)], /job 151/],
    ['somebody uploaded since more than LINE lists', then, jobs(200, 50), /job 249/],
    [
      'an upload that came since is told with an older time',
      then,
      [...full.slice(1), job(151, { createdMs: 5 })],
      /job 151/,
    ],
    [
      'an upload that came since is told without a time',
      then,
      [...full.slice(1), job(151, { createdMs: null })],
      /job 151/,
    ],
    [
      'an upload that came since within the same second has a lower number',
      then,
      [...full.slice(1), job(99, { createdMs: 150_000 })],
      /job 99/,
    ],
    [
      'somebody added members while an Add ran, which it tolerated',
      { uploadId: '1', uploadsListed: ['2', '1'] },
      [job(2), job(1)],
      'counts',
    ],
    ['LINE lists its last upload no more', then, full.slice(0, 49), /no longer lists its last upload \(job 150\)/],
    ['LINE lists nothing any more', then, [], /no longer lists any upload/],
    ['an older version took it', { uploadId: '150', uploadsListed: [] }, full, /an earlier version took it/],
  ])('when %s', async (_, taken, listed, expected) => {
    const verdict = await judge(taken, listed);
    if (typeof expected === 'string') expect(verdict).toBe(expected);
    else expect(verdict).toMatch(expected);
  });
});
