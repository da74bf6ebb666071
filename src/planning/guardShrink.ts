import type { SyncConfig } from '../config/schema.ts';
import type { Audience } from '../destinations/destination.ts';
import type { Refusal } from '../journal/journal.ts';
import { syncKeyOf } from '../journal/settings.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { RunContext } from '../run/context.ts';
import type { Comparison } from './compareWithLast.ts';
import { checkShrink, type Shrink } from './guards.ts';
import type { Plan } from './plan.ts';

/** A refused plan is remembered, so that it can be approved. */
export async function guardShrink(
  sync: SyncConfig,
  audience: Audience,
  { id: planId, action }: Plan,
  comparison: Comparison,
  desired: DesiredMembers,
  { command, config, journal, approved }: RunContext,
): Promise<void> {
  const shrink = action === 'replace' ? shrinkOf(comparison, desired) : undefined;
  if (shrink === undefined) return;
  const syncKey = syncKeyOf(config, sync);
  const snapshot = comparison.last.known?.snapshot.set.keyedDigest ?? null;
  const refusal = { ...syncKey, planId, audienceId: audience.id, snapshot, removes: shrink.removes };
  const isApproved = approved.includes(planId) || isCovered(refusal, await journal.refusals(syncKey), approved);
  const approval = isApproved ? 'of this' : approved.length > 0 ? 'of another' : 'none';
  try {
    checkShrink(shrink, { maxShrink: config.guards.maxShrink, planId, approval });
  } catch (error) {
    if (command === 'sync') await journal.refuse(refusal);
    throw error;
  }
}

/** An approval covers whatever removes no more, of the same audience and since the same snapshot. */
export function isCovered(refusal: Refusal, earlier: readonly Refusal[], approved: readonly string[]): boolean {
  return earlier.some(
    ({ planId, audienceId, snapshot, removes }) =>
      approved.includes(planId) &&
      audienceId === refusal.audienceId &&
      snapshot === refusal.snapshot &&
      refusal.removes <= removes,
  );
}

/** Without a snapshot to compare with, the worst by what is told. */
function shrinkOf({ last, difference }: Comparison, { members, lines }: DesiredMembers): Shrink | undefined {
  if (difference !== undefined)
    return { removes: difference.removed, of: difference.removed + difference.unchanged, unit: 'members' };
  const shrinks = last.baselines.map(({ count: of, unit }): Shrink => {
    const desired = unit === 'members' ? members.count : lines.count;
    return { removes: Math.max(0, of - desired), of, unit };
  });
  const shareOf = ({ removes, of }: Shrink) => (of === 0 ? 0 : removes / of);
  return shrinks.toSorted((a, b) => shareOf(b) - shareOf(a))[0];
}
