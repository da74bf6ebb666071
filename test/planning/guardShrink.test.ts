import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UploadJob } from '../../src/lineAds/schemas.ts';
import { isCovered } from '../../src/planning/guardShrink.ts';
import { baselinesOf } from '../../src/planning/lastUpload.ts';
import { jobOf } from '../lineAds/clientSetup.ts';

describe('an approval', () => {
  const refusal = fc.record({
    accountId: fc.constant('A1'),
    syncName: fc.constant('people'),
    planId: fc.constantFrom('p1', 'p2'),
    audienceId: fc.constantFrom('7', '8'),
    snapshot: fc.constantFrom('s1', 's2', null),
    removes: fc.integer({ min: 0, max: 5 }),
  });

  test('covers what removes no more, of the same audience and since the same snapshot, and nothing else', () => {
    fc.assert(
      fc.property(refusal, fc.array(refusal), fc.subarray(['p1', 'p2', 'p3']), (plan, earlier, approved) => {
        const covers = (old: typeof plan) =>
          approved.includes(old.planId) &&
          old.audienceId === plan.audienceId &&
          old.snapshot === plan.snapshot &&
          old.removes >= plan.removes;
        expect(isCovered(plan, earlier, approved)).toBe(earlier.some(covers));
      }),
    );
  });

  test('of nothing covers nothing', () => {
    fc.assert(
      fc.property(refusal, fc.array(refusal), (plan, earlier) => {
        expect(isCovered(plan, earlier, [])).toBe(false);
      }),
    );
  });
});

describe('what LINE tells of the members that an audience holds', () => {
  const job = (id: number, type: string, audienceCount: number | null, status = 'FINISHED') =>
    jobOf({ id: String(id), type, audienceCount, status, createdMs: id * 1_000 });

  test.each<[string, UploadJob[], number | undefined, boolean?]>([
    ['nothing', [], undefined],
    ['the last REPLACE', [job(1, 'DIFF_REPLACE', 900), job(2, 'DIFF_REPLACE', 300)], 300],
    ['the ADDs after it, too', [job(1, 'DIFF_ADD', 900), job(2, 'DIFF_REPLACE', 300), job(3, 'DIFF_ADD', 50)], 350],
    [
      'in whatever order they are listed',
      [job(3, 'DIFF_ADD', 50), job(2, 'DIFF_REPLACE', 300), job(1, 'DIFF_ADD', 900)],
      350,
    ],
    [
      'not what has failed or goes on',
      [job(1, 'DIFF_REPLACE', 300), job(2, 'DIFF_REPLACE', 5, 'FAILED'), job(3, 'DIFF_ADD', 9, 'WORKING')],
      300,
    ],
    ['all ADDs, when there was no REPLACE', [job(1, 'DIFF_ADD', 90), job(2, 'DIFF_ADD', 70)], 160, true],
    ['nothing of a job without a count', [job(1, 'DIFF_REPLACE', null)], undefined],
  ])('%s', (_, listed, count, isGuess = false) => {
    expect(baselinesOf(listed)).toEqual(count === undefined ? [] : [{ count, unit: 'lines', isGuess }]);
  });
});
