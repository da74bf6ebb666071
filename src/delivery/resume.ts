import type { SyncConfig } from '../config/schema.ts';
import type { Audience } from '../destinations/destination.ts';
import { uploadOf } from '../destinations/remoteUploads.ts';
import { SyncError } from '../errors.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import { membershipSettings, originSettings, syncKeyOf } from '../journal/settings.ts';
import { isEnded } from '../report/batches.ts';
import type { SyncReport } from '../report/report.ts';
import type { RunContext, SyncOutcome } from '../run/context.ts';
import { carryOut, noteDelivery } from './carryOut.ts';
import { describeUnplanned } from './deliverPlan.ts';

/*
 * What to do about a plan that an earlier run did not bring to its end.
 */

export type EarlierPlanVerdict =
  /** Uploads are left, and still wanted. */
  | { next: 'complete' }
  /** Only LINE's jobs are left. */
  | { next: 'follow' }
  | { next: 'abandon'; because: string };

export interface EarlierPlanCircumstances {
  /** Keyed digests of the settings of today. */
  membership: string;
  origin: string;
  /** Undefined when there is none. */
  audienceId: string | undefined;
  isToRestart: boolean;
  nowMs: number;
  maxAgeMs: number;
  /** Whether what is left to send is there as it was when the plan was made. */
  isWhole: boolean;
  /** Accepted uploads whose jobs have not ended by the journal, and are not among those that LINE lists. */
  unlisted: number;
}

export function judgeEarlierPlan(plan: RecordedPlan, now: EarlierPlanCircumstances): EarlierPlanVerdict {
  const abandon = (because: string) => ({ next: 'abandon', because }) as const;
  if (now.isToRestart) return abandon('--restart asks for it');
  if (plan.membership !== now.membership || plan.origin !== now.origin)
    return abandon('the configuration of this sync has changed since');
  if (plan.audienceId !== null && plan.audienceId !== now.audienceId)
    return abandon(`audience ${plan.audienceId} is not there any more`);
  if (plan.audienceId === null && now.audienceId !== undefined && plan.batches.every(({ fate }) => fate === 'unsent'))
    return abandon(`somebody else has made audience ${now.audienceId} meanwhile`);
  if (plan.unplanned.length > 0)
    return abandon(`the audience got uploads that it did not plan (${describeUnplanned(plan.unplanned)})`);
  const isOld = isOlder(plan, now);
  if (isAccepted(plan))
    return isOld && now.unlisted > 0
      ? abandon(`LINE does not list the jobs of ${now.unlisted} of its uploads, and state.resumeMaxAgeHours are over`)
      : { next: 'follow' };
  if (isOld) return abandon('it is older than state.resumeMaxAgeHours');
  return now.isWhole ? { next: 'complete' } : abandon('its members are gone from the state directory');
}

function isAccepted({ batches }: RecordedPlan): boolean {
  return batches.every(({ fate }) => fate === 'accepted');
}

/** A plan from the future was made before a clock was set back. Its age is unknown, so it counts as old. */
function isOlder(
  plan: RecordedPlan,
  { nowMs, maxAgeMs }: Pick<EarlierPlanCircumstances, 'nowMs' | 'maxAgeMs'>,
): boolean {
  return Math.abs(nowMs - plan.plannedMs) > maxAgeMs;
}

export async function hasEarlierPlan(sync: SyncConfig, { journal, config }: RunContext): Promise<boolean> {
  return (await journal.unfinishedPlan(syncKeyOf(config, sync))) !== undefined;
}

const hourMs = 3_600_000;

/**
 * Ends what an earlier run has left of this sync. When that is the sync's work, as uploads of the earlier plan were left
 * (or `resume` asks for no more), the outcome is that plan's, and resumed; else the source is to be read afresh.
 */
export async function finishEarlierPlan(
  sync: SyncConfig,
  audience: Audience | undefined,
  outcome: SyncOutcome,
  context: RunContext,
): Promise<void> {
  const { report } = outcome;
  const { command, config, journal } = context;
  const plan = await journal.unfinishedPlan(syncKeyOf(config, sync));
  if (plan === undefined) return;
  const verdict = judgeEarlierPlan(plan, await circumstancesOf(plan, sync, audience, context));
  const run = `An earlier run (${plan.runId})`;
  if (command === 'preview') {
    const outlook = verdict.next === 'abandon' ? `would be given up, as ${verdict.because}` : 'would be ended first';
    report.warnings.push({
      code: 'unfinished_plan',
      message: `${run} did not end this sync; what it left ${outlook}.`,
    });
    return;
  }
  if (verdict.next === 'abandon') {
    await journal.giveUp(plan, 'abandoned');
    if (command === 'resume') noteDelivery(report, plan, context.destination.words);
    report.warnings.push({
      code: 'plan_abandoned',
      message: `${run} did not end this sync; what it left was given up, as ${verdict.because}.`,
    });
    return;
  }
  if (verdict.next === 'complete' || command === 'resume') {
    outcome.isResumed = true;
    takeOver(report, plan);
    await carryOut(sync, plan, report, verdict.next === 'follow' || context.wait, context);
  } else await followEarlierJobs(sync, plan, report, context);
}

async function circumstancesOf(
  plan: RecordedPlan,
  sync: SyncConfig,
  audience: Audience | undefined,
  context: RunContext,
): Promise<EarlierPlanCircumstances> {
  const { config, journal, clock, isToRestart } = context;
  const age = { nowMs: clock.now(), maxAgeMs: config.state.resumeMaxAgeHours * hourMs };
  return {
    ...age,
    membership: journal.keyed(membershipSettings(sync)),
    origin: journal.keyed(originSettings(config, sync)),
    audienceId: audience?.id,
    isToRestart,
    isWhole: await isWhole(plan, context),
    unlisted: audience?.id === plan.audienceId && isOlder(plan, age) ? await countUnlisted(plan, context) : 0,
  };
}

/** LINE lists the newest jobs only, so a job that is not listed may also have been crowded out of the list. */
async function countUnlisted({ audienceId, batches }: RecordedPlan, { destination }: RunContext): Promise<number> {
  const open = batches.filter((batch) => batch.fate === 'accepted' && !isEnded(batch));
  if (audienceId === null || open.length === 0) return 0;
  const listed = await destination.uploadsTo(audienceId);
  return open.filter(({ planned }) => uploadOf(listed, planned.label) === undefined).length;
}

/** What is left to send must be, to the byte, what the plan was made for. */
async function isWhole(plan: RecordedPlan, { journal }: RunContext): Promise<boolean> {
  const { sets } = journal;
  if (!(await sets.isThere(plan.lines)) || !(await sets.isThere(plan.next))) return false;
  if (isAccepted(plan)) return true;
  return sets.isIntact(plan.lines);
}

/** The report of a plan goes on from where it was made. */
function takeOver(report: SyncReport, plan: RecordedPlan): void {
  const { audience, warnings } = report;
  Object.assign(report, plan.report, { audience: { ...plan.report.audience, ...audience }, warnings });
  report.warnings.push(...plan.report.warnings);
}

/** A failure of the earlier plan is no failure of this run: the whole set is sent then. */
async function followEarlierJobs(
  sync: SyncConfig,
  plan: RecordedPlan,
  report: SyncReport,
  context: RunContext,
): Promise<void> {
  const earlier = structuredClone(plan.report);
  try {
    await carryOut(sync, plan, earlier, true, context);
  } catch (error) {
    const isOver = error instanceof SyncError && (error.code === 'job.failed' || error.code === 'audience.changed');
    if (!isOver || context.signal.aborted) {
      takeOver(report, { ...plan, report: earlier });
      throw error;
    }
    report.warnings.push({
      code: 'earlier_plan_failed',
      message: `What an earlier run (${plan.runId}) uploaded came to nothing: ${error.message}`,
    });
  }
}
