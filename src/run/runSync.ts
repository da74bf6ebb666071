import type { SyncConfig } from '../config/schema.ts';
import { carryOut, recordPlan } from '../delivery/carryOut.ts';
import { finishEarlierPlan, hasEarlierPlan } from '../delivery/resume.ts';
import { resolveAudience } from '../destinations/audiences.ts';
import type { Audience } from '../destinations/destination.ts';
import { syncKeyOf } from '../journal/settings.ts';
import { makePlan, type PreparedPlan } from '../planning/makePlan.ts';
import { readDesired } from '../reading/readDesired.ts';
import { describeError, noteAudience, type SyncReport, startSyncReport, statusOfError } from '../report/report.ts';
import type { RunContext, SyncOutcome } from './context.ts';

/** One sync from source to outcome. Never throws: what went wrong is in the report. */
export async function runSync(sync: SyncConfig, context: RunContext): Promise<SyncOutcome> {
  const outcome: SyncOutcome = { report: startSyncReport(sync), isResumed: false };
  const { report } = outcome;
  try {
    const audience = await findAudience(sync, report, context);
    // To follow its jobs may take hours.
    if (await hasEarlierPlan(sync, context)) context.reads.leave(sync);
    await finishEarlierPlan(sync, audience, outcome, context);
    if (outcome.isResumed) return outcome;
    if (context.command === 'resume') report.status = 'nothing_to_do';
    else await syncAfresh(sync, audience, report, context);
  } catch (error) {
    report.error = describeError(interruption(context.signal) ?? error);
    const status = statusOfError(report.error);
    report.status = status === 'failed' && report.remote === 'partial' ? 'partial' : status;
  } finally {
    context.reads.leave(sync);
    context.progress.end(sync.name, report);
  }
  return outcome;
}

async function syncAfresh(
  sync: SyncConfig,
  audience: Audience | undefined,
  report: SyncReport,
  context: RunContext,
): Promise<void> {
  const desired = await readDesired(sync, audience, report, context);
  const plan = await makePlan(sync, audience, desired, report, context);
  if (plan.action === 'nothing') await endWithNothing(sync, plan, report, context);
  else if (context.command === 'preview') report.status = 'planned';
  else await carryOut(sync, await recordPlan(sync, plan, report, context), report, context.wait, context);
}

async function endWithNothing(
  sync: SyncConfig,
  { cursor }: PreparedPlan,
  report: SyncReport,
  context: RunContext,
): Promise<void> {
  report.status = 'nothing_to_do';
  if (cursor !== null && context.command === 'sync')
    await context.journal.noteCursor(syncKeyOf(context.config, sync), cursor);
}

async function findAudience(sync: SyncConfig, report: SyncReport, context: RunContext): Promise<Audience | undefined> {
  context.progress.show(sync.name, { stage: 'looking up the audience' });
  const audience = resolveAudience(await context.destination.audiences.recall(), sync, context.destination.words);
  if (audience === undefined) return undefined;
  context.claimAudience(audience.id, sync.name);
  noteAudience(report, audience);
  return audience;
}

function interruption(signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : undefined;
}
