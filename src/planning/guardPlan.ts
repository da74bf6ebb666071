import type { DesiredMembers } from '../reading/readDesired.ts';
import { guardShrink } from './guardShrink.ts';
import { checkGuards } from './guards.ts';
import type { PreparedPlan } from './makePlan.ts';
import type { PlanningRun } from './planningRun.ts';

/** Throws an error of status refused if a guard forbids the plan. */
export async function guardPlan(run: PlanningRun, desired: DesiredMembers, plan: PreparedPlan): Promise<void> {
  const { sync, config } = run;
  checkGuards({ mode: sync.mode, guards: config.guards, columns: desired.columns, read: desired });
  await guardShrink(run, desired, plan);
}
