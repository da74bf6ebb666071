import { expect, test } from 'vitest';
import type { LastUpload } from '../../src/journal/lastUpload.ts';
import { planWarnings, type WarningInput } from '../../src/planning/planWarnings.ts';

const dayMs = 86_400_000;
const nowMs = 1_000 * dayMs;
const batch = {};
const known = {} as NonNullable<LastUpload['known']>;

type Changes = Partial<Omit<WarningInput, 'last'>> & { last?: Partial<LastUpload> };

/** The warnings that changes bring to a plan without any. */
function warningsOf({ last, ...changes }: Changes) {
  const quiet = { known, voidBecause: undefined, baselines: [], uploadedMs: nowMs - dayMs };
  const plan = { syncName: 'people', action: 'replace', batches: [batch], members: { count: 100 }, nowMs } as const;
  return planWarnings({ ...plan, ...changes, last: { ...quiet, ...last } });
}

function codesOf(changes: Changes): string[] {
  return warningsOf(changes).map(({ code }) => code);
}

const guess = { count: 9, unit: 'lines', isGuess: true } as const;
const certain = { count: 9, unit: 'lines', isGuess: false } as const;

test.each<[string, Changes, string[]]>([
  ['an ordinary plan', {}, []],
  ['a snapshot that does not count', { last: { voidBecause: 'its file is gone' } }, ['snapshot_void']],
  ['a replacement without any baseline', { last: { known: undefined } }, ['no_baseline']],
  ['a replacement with a guess alone', { last: { known: undefined, baselines: [guess] } }, ['no_baseline']],
  ['a replacement with a certain baseline', { last: { known: undefined, baselines: [guess, certain] } }, []],
  ['an addition without any baseline', { action: 'add', last: { known: undefined } }, []],
  ['99 members', { members: { count: 99 } }, ['few_members']],
  ['no members', { members: { count: 0 } }, []],
  ['an upload 150 days ago', { last: { uploadedMs: nowMs - 150 * dayMs } }, []],
  ['an upload 151 days ago', { last: { uploadedMs: nowMs - 151 * dayMs } }, ['refresh_overdue']],
  ['an unknown time of the last upload', { last: { uploadedMs: undefined } }, []],
  ['a replacement by two files', { batches: [batch, batch] }, ['mirror_not_atomic']],
  ['an addition by two files', { action: 'add', batches: [batch, batch] }, []],
  [
    'all of that at once',
    {
      members: { count: 1 },
      batches: [batch, batch],
      last: { known: undefined, voidBecause: 'it is old', uploadedMs: 0 },
    },
    ['snapshot_void', 'no_baseline', 'few_members', 'refresh_overdue', 'mirror_not_atomic'],
  ],
])('the warnings about %s', (_, changes, codes) => {
  expect(codesOf(changes)).toEqual(codes);
});

test.each<[string, Changes, RegExp]>([
  ['the reason why the snapshot does not count', { last: { voidBecause: 'its file is gone' } }, /its file is gone/],
  ['the sync without any baseline', { last: { known: undefined } }, /people/],
  ['the sync with a guess alone', { last: { known: undefined, baselines: [guess] } }, /people/],
  ['the number of members', { members: { count: 42 } }, /\b42\b/],
  ['the days since the last upload', { last: { uploadedMs: nowMs - 163 * dayMs } }, /\b163\b/],
  ['the number of files', { batches: [batch, batch, batch] }, /\b3\b/],
])('a warning names %s', (_, changes, fact) => {
  expect(warningsOf(changes).map(({ message }) => message)).toEqual([expect.stringMatching(fact)]);
});

test('the warning about a baseline tells whether there is a guess', () => {
  const [none] = warningsOf({ last: { known: undefined } });
  const [guessed] = warningsOf({ last: { known: undefined, baselines: [guess] } });
  expect(none?.code).toBe(guessed?.code);
  expect(none?.message).not.toBe(guessed?.message);
});
