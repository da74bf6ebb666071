import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { SyncError } from '../../src/errors.ts';
import type { Journal, Refusal } from '../../src/journal/journal.ts';
import { baselinesOf, type LastUpload } from '../../src/journal/lastUpload.ts';
import { guardShrink, isCovered } from '../../src/planning/guardShrink.ts';
import { audienceOf, jobOf } from '../setup/clientSetup.ts';
import { configOf } from '../setup/memberSetup.ts';

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

describe('a mirror without a snapshot to compare with', () => {
  const refusals: Refusal[] = [];

  /** Guards a plan that leaves so many members and lines, against these baselines. */
  function guard(desired: { members: number; lines: number }, baselines: [count: number, unit: 'members' | 'lines'][]) {
    const last: LastUpload = {
      known: undefined,
      voidBecause: 'somebody else has uploaded since',
      baselines: baselines.map(([count, unit]) => ({ count, unit, isGuess: false })),
      uploadedMs: undefined,
    };
    const config = configOf({ identifierType: 'email', mode: 'mirror' });
    const journal = {
      refusals: async () => [],
      refuse: async (refusal: Refusal) => void refusals.push(refusal),
    } as Partial<Journal> as Journal;
    const key = { accountId: 'line_ads:A1', syncName: 'people' };
    return guardShrink(
      { key, audience: audienceOf(), command: 'sync', config, journal, approved: [] },
      { members: { count: desired.members }, lines: { count: desired.lines } },
      { id: 'plan', action: 'replace', last, difference: undefined },
    );
  }

  test.each<[string, [number, 'members' | 'lines'][]]>([
    [
      'members',
      [
        [250, 'lines'],
        [100, 'members'],
        [120, 'lines'],
      ],
    ],
    [
      'lines',
      [
        [100, 'members'],
        [120, 'lines'],
        [250, 'lines'],
      ],
    ],
  ])(
    'is held against the baseline by which it removes most, in whatever order they are told (%s first)',
    async (_, baselines) => {
      // 40 of 100 members and 0 or 130 of the lines: only the last is more than half.
      await expect(guard({ members: 60, lines: 120 }, baselines)).rejects.toThrow(/remove 130 of the 250 lines/);
      expect(refusals.at(-1)).toMatchObject({ planId: 'plan', removes: 130 });
    },
  );

  test('passes when it removes little by all of them', async () => {
    await guard({ members: 60, lines: 130 }, [
      [100, 'members'],
      [250, 'lines'],
    ]);
  });

  test('is held against the members when by them it removes most', async () => {
    await expect(
      guard({ members: 40, lines: 120 }, [
        [120, 'lines'],
        [100, 'members'],
      ]),
    ).rejects.toThrow(/remove 60 of the 100 members/);
  });

  test('is held against the baseline that loses the largest share, not the largest number', async () => {
    const refused = guard({ members: 1, lines: 900 }, [
      [1000, 'lines'],
      [10, 'members'],
    ]);
    await expect(refused).rejects.toThrow(/\b9\b.*\b10\b/);
    expect(refusals.at(-1)).toMatchObject({ removes: 9 });
  });

  test('passes without any baseline', async () => {
    await guard({ members: 1, lines: 1 }, []);
  });
});

describe('a plan that would remove too many members', () => {
  const plan = {
    id: 'plan',
    action: 'replace',
    last: { known: undefined, voidBecause: undefined, baselines: [], uploadedMs: undefined },
    difference: { removed: 3, unchanged: 1 },
  } as unknown as Parameters<typeof guardShrink>[2];

  /** Guards the plan. Returns the error, if there is one, and the refusals that were recorded. */
  async function outcomeOf(
    changes: Partial<Parameters<typeof guardShrink>[0]> = {},
    planChanges: Partial<typeof plan> = {},
    earlier: Refusal[] = [],
  ) {
    const recorded: Refusal[] = [];
    const journal = {
      refusals: async () => earlier,
      refuse: async (refusal: Refusal) => void recorded.push(refusal),
    } as Partial<Journal> as Journal;
    const key = { accountId: 'line_ads:A1', syncName: 'people' };
    const config = configOf({ identifierType: 'email', mode: 'mirror' });
    const run = { key, audience: audienceOf(), command: 'sync', config, journal, approved: [], ...changes } as const;
    const desired = { members: { count: 1 }, lines: { count: 1 } };
    const error = await guardShrink(run, desired, { ...plan, ...planChanges }).catch((thrown: unknown) => thrown);
    if (error !== undefined && !(error instanceof SyncError)) throw error;
    return { error, recorded };
  }

  test('is refused by the members of its snapshot, and the refusal is recorded', async () => {
    const { error, recorded } = await outcomeOf();
    expect(error?.code).toBe('guard.max_shrink');
    expect(error?.message).toMatch(/\b3\b.*\b4\b.*\b75 %/);
    expect(recorded).toEqual([
      {
        accountId: 'line_ads:A1',
        syncName: 'people',
        planId: 'plan',
        audienceId: audienceOf().id,
        snapshot: null,
        removes: 3,
      },
    ]);
  });

  test('is recorded with the digest of its snapshot', async () => {
    const known = { snapshot: { set: { keyedDigest: 'digest' } } } as NonNullable<LastUpload['known']>;
    const { recorded } = await outcomeOf({}, { last: { ...plan.last, known } });
    expect(recorded).toMatchObject([{ snapshot: 'digest' }]);
  });

  test('is refused in a preview without a record', async () => {
    const { error, recorded } = await outcomeOf({ command: 'preview' });
    expect(error?.code).toBe('guard.max_shrink');
    expect(recorded).toEqual([]);
  });

  test('passes if it is approved, or an earlier refusal of no less is', async () => {
    const earlier = { planId: 'earlier', audienceId: audienceOf().id, snapshot: null, removes: 3 } as Refusal;
    expect(await outcomeOf({ approved: ['plan'] })).toEqual({ error: undefined, recorded: [] });
    expect(await outcomeOf({ approved: ['earlier'] }, {}, [earlier])).toEqual({ error: undefined, recorded: [] });
  });

  test('is refused with another hint if only another plan is approved', async () => {
    const { error, recorded } = await outcomeOf({ approved: ['another'] });
    expect(error?.code).toBe('guard.max_shrink');
    expect(error?.hint).not.toBe((await outcomeOf()).error?.hint);
    expect(recorded).toHaveLength(1);
  });

  test('passes if it does not replace, or creates its audience', async () => {
    expect(await outcomeOf({}, { action: 'add' })).toEqual({ error: undefined, recorded: [] });
    expect(await outcomeOf({ audience: undefined })).toEqual({ error: undefined, recorded: [] });
  });

  test('is refused by the members even if an empty baseline is told first', async () => {
    const baselines = [
      { count: 0, unit: 'lines', isGuess: false },
      { count: 9, unit: 'members', isGuess: false },
    ] as const;
    const { error } = await outcomeOf({}, { difference: undefined, last: { ...plan.last, baselines } });
    expect(error?.message).toMatch(/\b8\b.*\b9\b/);
  });
});

describe('what LINE tells of the members that an audience holds', () => {
  const job = (id: number, type: string, processed: number | null, status = 'FINISHED') =>
    jobOf({ id: String(id), type, processed, status, createdMs: id * 1_000 });

  test.each<[string, RemoteUpload[], number | undefined, boolean?]>([
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
