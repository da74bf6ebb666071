import type { SyncConfig } from '../config/schema.ts';
import { carryOut, factsOf } from '../delivery/carryOut.ts';
import { recordPlan } from '../delivery/recordPlan.ts';
import { earlierPlanFailed, hasEndedPlan, judgeInRun, planAbandoned, unfinishedPlan } from '../delivery/resume.ts';
import { resolveAudience } from '../destinations/audiences.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import { guardPlan } from '../planning/guardPlan.ts';
import { makePlan } from '../planning/makePlan.ts';
import { suppressedEarlierWarnings } from '../planning/suppressedEarlier.ts';
import { readDesired } from '../reading/readDesired.ts';
import {
  noteAudience,
  noteDelivery,
  noteEarlierReport,
  noteError,
  notePlan,
  noteRead,
  noteWarnings,
} from '../report/notes.ts';
import type { Status } from '../report/report.ts';
import type { RunContext } from './context.ts';
import { type SyncRun, startSyncRun } from './syncRun.ts';

/** Runs one sync from its source to its outcome. Never throws: an error is in the report. */
export async function runSync(sync: SyncConfig, context: RunContext): Promise<SyncRun> {
  const run = startSyncRun(sync, context);
  try {
    await findAudience(run);
    await finishEarlierPlan(run);
    if (!run.isResumed) await syncFromSource(run);
  } catch (error) {
    run.report = noteError(run.report, run.signal.aborted ? run.signal.reason : error);
  } finally {
    run.reads.leave(sync);
    run.progress.end(sync.name, run.report);
  }
  return run;
}

/** Runs the stages from the source on: suppression lists, members, plan, guards, delivery. */
async function syncFromSource(run: SyncRun): Promise<void> {
  if (run.command === 'resume') return end(run, 'nothing_to_do');
  const suppressed = await run.suppressions.of(run.sync);
  run.report = noteWarnings(run.report, suppressed.warnings);
  if (suppressed.failure !== undefined) throw suppressed.failure.error;

  const desired = await readDesired(run, suppressed.lists);
  run.report = noteRead(run.report, desired);

  const plan = await makePlan(run, desired);
  run.report = notePlan(run.report, plan);
  run.report = noteWarnings(run.report, await suppressedEarlierWarnings(run, desired, plan.last));
  await guardPlan(run, desired, plan);

  if (plan.action === 'nothing') {
    if (plan.cursor !== null && run.command === 'sync') await run.journal.noteCursor(run.key, plan.cursor);
    return end(run, 'nothing_to_do');
  }
  if (run.command === 'preview') return end(run, 'planned');
  await deliver(run, await recordPlan(run, plan, run.report), run.wait);
}

async function findAudience(run: SyncRun): Promise<void> {
  const { sync, destination } = run;
  run.progress.show(sync.name, { stage: 'looking up the audience' });
  run.audience = resolveAudience(await destination.audiences.recall(), sync, destination.words);
  if (run.audience === undefined) return;
  run.claimAudience(run.audience.id, run.key);
  run.report = noteAudience(run.report, run.audience);
}

/** Ends the plan that an earlier run left. If its uploads had to be completed, that was this sync's work. */
async function finishEarlierPlan(run: SyncRun): Promise<void> {
  const plan = await run.journal.unfinishedPlan(run.key);
  if (plan === undefined) return;
  // To follow its uploads may take hours, and other syncs must not wait for that.
  run.reads.leave(run.sync);
  const verdict = await judgeInRun(run, plan);
  if (run.command === 'preview') {
    run.report = noteWarnings(run.report, [unfinishedPlan(plan, verdict)]);
  } else if (verdict.next === 'abandon') {
    await run.journal.giveUp(plan, 'abandoned');
    if (run.command === 'resume') run.report = noteDelivery(run.report, factsOf(plan), run.destination.words);
    run.report = noteWarnings(run.report, [planAbandoned(plan, verdict.because)]);
  } else if (verdict.next === 'complete' || run.command === 'resume') {
    run.isResumed = true;
    run.report = noteEarlierReport(run.report, plan.report);
    await deliver(run, plan, verdict.next === 'follow' || run.wait);
  } else {
    await followEarlierPlan(run, plan);
  }
}

/** A failure that ends the earlier plan is no failure of this sync, which then sends the whole set. */
async function followEarlierPlan(run: SyncRun, plan: RecordedPlan): Promise<void> {
  const followed = await carryOut(run, plan, true);
  if (followed.failure === undefined) return;
  const { error } = followed.failure;
  if (!hasEndedPlan(error) || run.signal.aborted) {
    run.report = noteEarlierReport(run.report, noteDelivery(plan.report, followed, run.destination.words));
    throw error;
  }
  run.report = noteWarnings(run.report, [earlierPlanFailed(plan, error)]);
}

async function deliver(run: SyncRun, plan: RecordedPlan, wait: boolean): Promise<void> {
  const delivered = await carryOut(run, plan, wait);
  run.report = noteDelivery(run.report, delivered, run.destination.words);
  if (delivered.failure !== undefined) throw delivered.failure.error;
  end(run, delivered.status);
}

function end(run: SyncRun, status: Status): void {
  run.report = { ...run.report, status };
}
