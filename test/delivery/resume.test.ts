import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EarlierPlanCircumstances, judgeEarlierPlan } from '../../src/delivery/resume.ts';
import type { RecordedPlan } from '../../src/journal/plans.ts';
import { type Fate, startBatch } from '../../src/report/batches.ts';
import { planOf } from '../journal/journalSetup.ts';

function recorded(fates: readonly Fate[], changes: Partial<RecordedPlan> = {}): RecordedPlan {
  const { batches, ...plan } = planOf({}, fates.length);
  const started = batches.map((batch, index) => ({ ...startBatch(batch), fate: fates[index]! }));
  return { ...plan, row: 1, audienceCreated: false, batches: started, ...changes };
}

const today: EarlierPlanCircumstances = {
  membership: 'membership',
  origin: 'origin',
  audienceId: '77',
  isToRestart: false,
  nowMs: 2_000,
  maxAgeMs: 5_000,
  isWhole: true,
  unlisted: 0,
};

describe('what is done about a plan that an earlier run has left', () => {
  const half: Fate[] = ['accepted', 'unknown', 'unsent'];
  const sent: Fate[] = ['accepted', 'accepted'];

  test.each<[string, RecordedPlan, Partial<EarlierPlanCircumstances>, string | RegExp]>([
    ['uploads are left', recorded(half), {}, 'complete'],
    ['nothing was sent yet', recorded(['unsent', 'unsent']), {}, 'complete'],
    ['only jobs are left', recorded(sent), {}, 'follow'],
    ['only jobs are left, however old', recorded(sent), { nowMs: 1e12 }, 'follow'],
    ['a job is not listed yet', recorded(sent), { unlisted: 1, nowMs: 6_000 }, 'follow'],
    ['a job is not listed, and it is too old', recorded(sent), { unlisted: 1, nowMs: 6_001 }, /jobs of 1 of its/],
    ['a job is not listed, and it is from the future', recorded(sent), { unlisted: 1, nowMs: -5_000 }, /jobs of 1/],
    ['it is from the future, as a clock was set back', recorded(half), { nowMs: -5_000 }, /older/],
    ['others uploaded meanwhile', recorded(half, { unplanned: ['job 7 DIFF_ADD'] }), {}, /job 7 DIFF_ADD/],
    ['others uploaded meanwhile, and only jobs are left', recorded(sent, { unplanned: ['job 7 A'] }), {}, /job 7 A/],
    ['only jobs are left, and its members are missing', recorded(sent), { isWhole: false }, 'follow'],
    ['it is just young enough', recorded(half), { nowMs: 6_000 }, 'complete'],
    ['it is too old', recorded(half), { nowMs: 6_001 }, /older/],
    ['it is dated a little ahead', recorded(half, { plannedMs: 7_000 }), {}, 'complete'],
    ['it is dated far ahead, by a wrong clock', recorded(half, { plannedMs: 7_001 }), {}, /older/],
    ['its members are missing', recorded(half), { isWhole: false }, /members are missing/],
    ['columns or forms have changed', recorded(half), { membership: 'other' }, /configuration/],
    ['source or audience have changed', recorded(sent), { origin: 'other' }, /configuration/],
    ['the audience is gone', recorded(half), { audienceId: undefined }, /audience 77 no longer exists/],
    ['the audience is another', recorded(sent), { audienceId: '78' }, /audience 77 no longer exists/],
    ['--restart', recorded(sent), { isToRestart: true }, /--restart/],
    ['a creation may have arrived', recorded(['unknown', 'unsent'], { audienceId: null }), {}, 'complete'],
    ['a creation was never sent', recorded(['unsent'], { audienceId: null }), { audienceId: undefined }, 'complete'],
    ['others created the audience', recorded(['unsent'], { audienceId: null }), {}, /others have created audience 77/],
  ])('%s', (_, plan, changes, wanted) => {
    const verdict = judgeEarlierPlan(plan, { ...today, ...changes });
    if (typeof wanted === 'string') expect(verdict).toEqual({ next: wanted });
    else expect(verdict).toMatchObject({ next: 'abandon', because: expect.stringMatching(wanted) });
  });

  const fate = fc.constantFrom<Fate>('unsent', 'accepted', 'unknown');
  const circumstances = fc.record({
    membership: fc.constantFrom('membership', 'other'),
    origin: fc.constantFrom('origin', 'other'),
    audienceId: fc.constantFrom('77', '78', undefined),
    isToRestart: fc.boolean(),
    nowMs: fc.integer({ min: 0, max: 10_000 }),
    maxAgeMs: fc.integer({ min: 0, max: 10_000 }),
    isWhole: fc.boolean(),
    unlisted: fc.integer({ min: 0, max: 2 }),
  });

  test('never sends for a plan of other settings, another audience, or without its members', () => {
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 4 }), circumstances, (fates, now) => {
        const { next } = judgeEarlierPlan(recorded(fates), now);
        const isOurs = now.membership === 'membership' && now.origin === 'origin' && now.audienceId === '77';
        if (next !== 'abandon') expect(isOurs && !now.isToRestart).toBe(true);
        if (next === 'complete') expect(now.isWhole && Math.abs(now.nowMs - 1_000) <= now.maxAgeMs).toBe(true);
        if (next === 'follow') expect(fates.every((each) => each === 'accepted')).toBe(true);
      }),
    );
  });
});
