import type { RecordedPlan } from '../journal/plans.ts';
import { membershipSettings, originSettings } from '../journal/settings.ts';
import type { PreparedPlan } from '../planning/makePlan.ts';
import type { SyncReport } from '../report/report.ts';
import type { DeliveryRun } from './deliveryRun.ts';

/** Records a plan before anything is sent, with the member sets that outlive this process and the report so far. */
export async function recordPlan(run: DeliveryRun, plan: PreparedPlan, report: SyncReport): Promise<RecordedPlan> {
  const { journal, config, sync, runId } = run;
  const next = await journal.sets.keep(plan.next, `${runId}-${sync.name}.members`);
  const lines =
    plan.lines.path === plan.next.path ? next : await journal.sets.keep(plan.lines, `${runId}-${sync.name}.lines`);
  return journal.beginPlan({
    runId,
    ...run.key,
    membership: journal.keyed(membershipSettings(sync)),
    origin: journal.keyed(originSettings(config, sync)),
    planId: plan.id,
    plannedMs: run.clock.now(),
    audienceId: run.audience?.id ?? null,
    fullMs: plan.fullMs,
    uploadsBefore: plan.uploadsBefore,
    uploadsListed: plan.uploadsBefore ?? [],
    unplanned: [],
    lines,
    next,
    cursor: plan.cursor,
    report,
    batches: plan.batches,
  });
}
