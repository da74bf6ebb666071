import type { Refusal } from '../journal/journal.ts';
import { checkShrink, type Shrink } from './guards.ts';
import type { PreparedPlan } from './makePlan.ts';
import type { PlanningRun } from './planningRun.ts';

interface ShrinkTo {
  members: { count: number };
  lines: { count: number };
}
type ShrinkPlan = Pick<PreparedPlan, 'id' | 'action' | 'last' | 'difference'>;
type ShrinkRun = Pick<PlanningRun, 'key' | 'audience' | 'command' | 'config' | 'journal' | 'approved'>;

/** Throws `guard.max_shrink` if a plan removes too many members. The journal records the refusal, for an approval. */
export async function guardShrink(run: ShrinkRun, desired: ShrinkTo, plan: ShrinkPlan): Promise<void> {
  const { key, audience, command, config, journal, approved } = run;
  if (audience === undefined || plan.action !== 'replace') return;
  const shrink = shrinkOf(plan, desired);
  if (shrink === undefined) return;
  const planId = plan.id;
  const snapshot = plan.last.known?.snapshot.set.keyedDigest ?? null;
  const refusal = { ...key, planId, audienceId: audience.id, snapshot, removes: shrink.removes };
  const isApproved = approved.includes(planId) || isCovered(refusal, await journal.refusals(key), approved);
  const approval = isApproved ? 'of this' : approved.length > 0 ? 'of another' : 'none';
  try {
    checkShrink(shrink, { maxShrink: config.guards.maxShrink, planId, approval });
  } catch (error) {
    if (command === 'sync') await journal.refuse(refusal);
    throw error;
  }
}

/** Returns whether an approval covers a plan: one that removes no more, of the same audience, since the same snapshot. */
export function isCovered(refusal: Refusal, earlier: readonly Refusal[], approved: readonly string[]): boolean {
  return earlier.some(
    ({ planId, audienceId, snapshot, removes }) =>
      approved.includes(planId) &&
      audienceId === refusal.audienceId &&
      snapshot === refusal.snapshot &&
      refusal.removes <= removes,
  );
}

/** Without a snapshot to compare with, the baseline that loses the largest share counts. */
function shrinkOf({ last, difference }: ShrinkPlan, { members, lines }: ShrinkTo): Shrink | undefined {
  if (difference !== undefined)
    return { removes: difference.removed, of: difference.removed + difference.unchanged, unit: 'members' };
  const shrinks = last.baselines.map(({ count: of, unit }): Shrink => {
    const desired = unit === 'members' ? members.count : lines.count;
    return { removes: Math.max(0, of - desired), of, unit };
  });
  const shareOf = ({ removes, of }: Shrink) => (of === 0 ? 0 : removes / of);
  return shrinks.toSorted((a, b) => shareOf(b) - shareOf(a))[0];
}
