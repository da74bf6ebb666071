import type { SyncConfig } from '../config/schema.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { SyncReport } from '../report/report.ts';
import type { RunContext } from '../run/context.ts';
import type { Comparison } from './compareWithLast.ts';
import type { Plan } from './plan.ts';

const dayMs = 86_400_000;
const fewMembers = 100;
const overdueDays = 150;

/** What somebody should know of a plan that goes ahead all the same. */
export function addPlanWarnings(
  sync: SyncConfig,
  { action, batches }: Plan,
  { last }: Comparison,
  { members }: DesiredMembers,
  { warnings }: SyncReport,
  { clock }: RunContext,
): void {
  const daysSince = Math.floor((clock.now() - (last.uploadedMs ?? clock.now())) / dayMs);
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
          ? `Nothing tells how many members the audience of ${sync.name} holds, so guards.maxShrink could not be applied.`
          : `How many members the audience of ${sync.name} holds is told by ADDs alone, which may have added the same people: guards.maxShrink went by their sum.`,
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
}
