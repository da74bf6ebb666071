import { describe, expect, test } from 'vitest';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { recallLastUpload } from '../../src/journal/lastUpload.ts';
import type { Snapshot } from '../../src/journal/snapshots.ts';
import { audienceOf, jobOf } from '../setup/clientSetup.ts';
import { syncOf } from '../setup/memberSetup.ts';

const job = (id: number, changes: Partial<RemoteUpload> = {}) =>
  jobOf({ id: String(id), createdMs: id * 1000, ...changes });
const jobs = (from: number, count: number) => Array.from({ length: count }, (_, index) => job(from + index));
const idsOf = (listed: readonly RemoteUpload[]) => listed.map(({ id }) => id);

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
