import type { LastUpload } from '../journal/lastUpload.ts';
import type { PlanAction, Warning } from '../report/report.ts';

const dayMs = 86_400_000;
const fewMembers = 100;
const overdueDays = 150;

export interface WarningInput {
  syncName: string;
  action: PlanAction;
  batches: readonly unknown[];
  last: LastUpload;
  /** The desired members. */
  members: { count: number };
  nowMs: number;
}

/** Returns the warnings about a plan. */
export function planWarnings(input: WarningInput): Warning[] {
  const { syncName, action, batches, last, members, nowMs } = input;
  const warnings: Warning[] = [];
  const daysSince = Math.floor((nowMs - (last.uploadedMs ?? nowMs)) / dayMs);
  if (last.voidBecause !== undefined)
    warnings.push({
      code: 'snapshot_void',
      message: `The snapshot of the last run is not used, because ${last.voidBecause}. The whole set is sent.`,
    });
  if (action === 'replace' && last.known === undefined && last.baselines.every(({ isGuess }) => isGuess))
    warnings.push({
      code: 'no_baseline',
      message:
        last.baselines.length === 0
          ? `The number of members in the audience of ${syncName} is unknown, so guards.maxShrink was not applied.`
          : `The number of members in the audience of ${syncName} is known only from uploads that add, which may overlap. guards.maxShrink was applied to their sum.`,
    });
  if (members.count > 0 && members.count < fewMembers)
    warnings.push({
      code: 'few_members',
      message: `There are only ${members.count} members. LINE cannot advertise to an audience of this size.`,
    });
  if (daysSince > overdueDays)
    warnings.push({
      code: 'refresh_overdue',
      message: `The last upload was ${daysSince} days ago. Audiences of sibling products expire after 180 days.`,
    });
  if (action === 'replace' && batches.length > 1)
    warnings.push({
      code: 'mirror_not_atomic',
      message: `The members take ${batches.length} files. The first replaces the audience and the others add to it, so the audience lacks members until the last job has finished.`,
    });
  return warnings;
}
