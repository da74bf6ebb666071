import { expect, test } from 'vitest';
import { makePlan } from '../../src/planning/makePlan.ts';
import { suppressedEarlierWarnings } from '../../src/planning/suppressedEarlier.ts';
import { useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();

/** Codes and messages of the warnings of a run, after one that succeeded unless `isFirst`. */
async function warningsOf(given: { mode: 'add' | 'mirror'; lists: readonly (readonly number[])[]; isFirst?: boolean }) {
  const setup = setUp();
  const sync = { mode: given.mode };
  if (given.isFirst !== true) await setup.sync([1, 2, 3], { sync });
  const run = await setup.start({ sync });
  const suppressionLists = await Promise.all(given.lists.map((list) => setup.setOf(list)));
  const desired = await setup.desire([1], { suppressionLists });
  return suppressedEarlierWarnings(run, desired, (await makePlan(run, desired)).last);
}

test('an Add is warned about suppressed members that its audience holds, with their number', async () => {
  const warnings = await warningsOf({ mode: 'add', lists: [[2], [3, 9]] });
  expect(warnings).toEqual([{ code: 'suppressed_still_held', message: expect.stringMatching(/\b2\b.*people/) }]);
});

test.each([
  ['in a Mirror, which replaces', { mode: 'mirror', lists: [[2]] }],
  ['for lists that name no member', { mode: 'add', lists: [[9]] }],
  ['without a list', { mode: 'add', lists: [] }],
  ['without a snapshot', { mode: 'add', lists: [[2]], isFirst: true }],
] as const)('there is no warning about suppressed members %s', async (_, given) => {
  expect(await warningsOf(given)).toEqual([]);
});
