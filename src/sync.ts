import type { SyncConfig } from './config.ts';
import { carryOut, recordPlan } from './delivery/carryOut.ts';
import { finishEarlierPlan } from './delivery/resume.ts';
import { resolveAudience } from './lineAds/audiences.ts';
import type { Audience } from './lineAds/schemas.ts';
import { makePlan } from './planning/makePlan.ts';
import { readSource } from './readSource.ts';
import { describeError, noteAudience, type SyncReport, startSyncReport, statusOfError } from './report.ts';
import type { RunContext, SyncOutcome } from './runContext.ts';

/** One sync from source to outcome. Never throws: what went wrong is in the report. */
export async function runSync(sync: SyncConfig, context: RunContext): Promise<SyncOutcome> {
  const outcome: SyncOutcome = { report: startSyncReport(sync), isResumed: false };
  const { report } = outcome;
  try {
    const audience = await findAudience(sync, report, context);
    await finishEarlierPlan(sync, audience, outcome, context);
    if (outcome.isResumed) return outcome;
    if (context.command === 'resume') report.status = 'nothing_to_do';
    else await syncAfresh(sync, audience, report, context);
  } catch (error) {
    report.error = describeError(interruption(context.signal) ?? error);
    const status = statusOfError(report.error);
    report.status = status === 'failed' && report.remote === 'partial' ? 'partial' : status;
  } finally {
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
  const desired = await context.readLimit(() => readSource(sync, report, context));
  const plan = await makePlan(sync, audience, desired, report, context);
  if (plan.action === 'nothing') report.status = 'nothing_to_do';
  else if (context.command === 'preview') report.status = 'planned';
  else await carryOut(sync, await recordPlan(sync, plan, report, context), report, context.wait, context);
}

async function findAudience(sync: SyncConfig, report: SyncReport, context: RunContext): Promise<Audience | undefined> {
  context.progress.show(sync.name, { stage: 'looking up the audience' });
  const audience = await resolveAudience(context.client, sync);
  if (audience === undefined) return undefined;
  context.claimAudience(audience.id, sync.name);
  noteAudience(report, audience);
  return audience;
}

function interruption(signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : undefined;
}
