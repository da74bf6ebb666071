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

/** Returns warnings about a plan that goes ahead. */
export function planWarnings(input: WarningInput): Warning[] {
  const { syncName, action, batches, last, members, nowMs } = input;
  const warnings: Warning[] = [];
  const daysSince = Math.floor((nowMs - (last.uploadedMs ?? nowMs)) / dayMs);
  if (last.voidBecause !== undefined)
    warnings.push({
      code: 'snapshot_void',
      message: `The snapshot of the last run does not count, as ${last.voidBecause}: the whole set is sent.`,
    });
  if (action === 'replace' && last.known === undefined && last.baselines.every(({ isGuess }) => isGuess))
    warnings.push({
      code: 'no_baseline',
      message:
        last.baselines.length === 0
          ? `Nothing tells how many members the audience of ${syncName} holds, so guards.maxShrink could not be applied.`
          : `How many members the audience of ${syncName} holds is told by ADDs alone, which may have added the same people: guards.maxShrink went by their sum.`,
    });
  if (members.count > 0 && members.count < fewMembers)
    warnings.push({
      code: 'few_members',
      message: `There are only ${members.count} members: LINE cannot advertise to so small an audience.`,
    });
  if (daysSince > overdueDays)
    warnings.push({
      code: 'refresh_overdue',
      message: `The last upload was ${daysSince} days ago; audiences of sibling products expire after 180.`,
    });
  if (action === 'replace' && batches.length > 1)
    warnings.push({
      code: 'mirror_not_atomic',
      message: `The members take ${batches.length} files: the first replaces the audience and the others are added, so until the last job has finished the audience lacks people.`,
    });
  return warnings;
}
