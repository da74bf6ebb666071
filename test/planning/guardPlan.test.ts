import { expect, test } from 'vitest';
import { guardPlan } from '../../src/planning/guardPlan.ts';
import { makePlan } from '../../src/planning/makePlan.ts';
import { codeOf } from '../journal/journalSetup.ts';
import { useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();

test.each([
  ['no error', 'some members', [1, 2, 3]],
  ['guard.empty_mirror', 'none', []],
  ['guard.max_shrink', 'a third of them', [1]],
])('a plan is guarded with %s if a Mirror keeps %s', async (code, _, members) => {
  const setup = setUp();
  await setup.sync([1, 2, 3]);
  const run = await setup.start();
  const desired = await setup.desire(members);
  expect(await codeOf(guardPlan(run, desired, await makePlan(run, desired)))).toBe(code);
});
