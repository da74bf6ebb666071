import { uploadOf } from '../destinations/remoteUploads.ts';
import { SyncError } from '../errors.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import { membershipSettings, originSettings } from '../journal/settings.ts';
import { isEnded } from '../report/batches.ts';
import type { Warning } from '../report/report.ts';
import { describeUnplanned } from './deliverPlan.ts';
import type { DeliveryRun } from './deliveryRun.ts';

/*
 * The treatment of a plan that an earlier run left unfinished.
 */

export type EarlierPlanVerdict =
  /** Uploads remain, and are still wanted. */
  | { next: 'complete' }
  /** All uploads were accepted, and their ends remain. */
  | { next: 'follow' }
  | { next: 'abandon'; because: string };

export interface EarlierPlanCircumstances {
  /** Keyed digests of the current settings. */
  membership: string;
  origin: string;
  /** Undefined if the audience does not exist. */
  audienceId: string | undefined;
  isToRestart: boolean;
  nowMs: number;
  maxAgeMs: number;
  /** Whether the lines that remain to be sent are complete and unchanged. */
  isWhole: boolean;
  /** Accepted uploads without an end in the journal that the destination does not list. */
  unlisted: number;
}

export function judgeEarlierPlan(plan: RecordedPlan, now: EarlierPlanCircumstances): EarlierPlanVerdict {
  const abandon = (because: string) => ({ next: 'abandon', because }) as const;
  if (now.isToRestart) return abandon('--restart was given');
  if (plan.membership !== now.membership || plan.origin !== now.origin)
    return abandon('the configuration of this sync has changed since');
  if (plan.audienceId !== null && plan.audienceId !== now.audienceId)
    return abandon(`audience ${plan.audienceId} no longer exists`);
  if (plan.audienceId === null && now.audienceId !== undefined && plan.batches.every(({ fate }) => fate === 'unsent'))
    return abandon(`others have created audience ${now.audienceId} since`);
  if (plan.unplanned.length > 0)
    return abandon(`the audience received uploads that it did not plan (${describeUnplanned(plan.unplanned)})`);
  const isOld = isOlder(plan, now);
  if (isAccepted(plan))
    return isOld && now.unlisted > 0
      ? abandon(
          `LINE does not list the jobs of ${now.unlisted} of its uploads, and it is older than state.resumeMaxAgeHours`,
        )
      : { next: 'follow' };
  if (isOld) return abandon('it is older than state.resumeMaxAgeHours');
  return now.isWhole ? { next: 'complete' } : abandon('its members are missing from the state directory');
}

function isAccepted({ batches }: RecordedPlan): boolean {
  return batches.every(({ fate }) => fate === 'accepted');
}

/** A plan from the future was made before a clock was set back. Its age is unknown, and it counts as old. */
function isOlder(
  plan: RecordedPlan,
  { nowMs, maxAgeMs }: Pick<EarlierPlanCircumstances, 'nowMs' | 'maxAgeMs'>,
): boolean {
  return Math.abs(nowMs - plan.plannedMs) > maxAgeMs;
}

const hourMs = 3_600_000;

/** Judges the plan by its circumstances in this run. */
export async function judgeInRun(run: DeliveryRun, plan: RecordedPlan): Promise<EarlierPlanVerdict> {
  const { config, sync, audience, journal, clock, isToRestart } = run;
  const age = { nowMs: clock.now(), maxAgeMs: config.state.resumeMaxAgeHours * hourMs };
  return judgeEarlierPlan(plan, {
    ...age,
    membership: journal.keyed(membershipSettings(sync)),
    origin: journal.keyed(originSettings(config, sync)),
    audienceId: audience?.id,
    isToRestart,
    isWhole: await isWhole(plan, run),
    unlisted: audience?.id === plan.audienceId && isOlder(plan, age) ? await countUnlisted(plan, run) : 0,
  });
}

/** The destination lists its newest uploads only, so an unlisted upload may also have been displaced by later ones. */
async function countUnlisted({ audienceId, batches }: RecordedPlan, { destination }: DeliveryRun): Promise<number> {
  const open = batches.filter((batch) => batch.fate === 'accepted' && !isEnded(batch));
  if (audienceId === null || open.length === 0) return 0;
  const listed = await destination.uploadsTo(audienceId);
  return open.filter(({ planned }) => uploadOf(listed, planned.label) === undefined).length;
}

/** Lines that remain to be sent must be, to the byte, those that the plan was made for. */
async function isWhole(plan: RecordedPlan, { journal }: DeliveryRun): Promise<boolean> {
  const { sets } = journal;
  if (!(await sets.isThere(plan.lines)) || !(await sets.isThere(plan.next))) return false;
  if (isAccepted(plan)) return true;
  return sets.isIntact(plan.lines);
}

/** Returns whether this failure ended the plan, so that a new plan with the whole set can follow it. */
export function hasEndedPlan(error: unknown): error is SyncError {
  return error instanceof SyncError && (error.code === 'job.failed' || error.code === 'audience.changed');
}

export function unfinishedPlan({ runId }: RecordedPlan, verdict: EarlierPlanVerdict): Warning {
  const outlook = verdict.next === 'abandon' ? `discard it, because ${verdict.because}` : 'finish it first';
  return {
    code: 'unfinished_plan',
    message: `An earlier run (${runId}) left an unfinished plan of this sync. A sync would ${outlook}.`,
  };
}

export function planAbandoned({ runId }: RecordedPlan, because: string): Warning {
  return {
    code: 'plan_abandoned',
    message: `An earlier run (${runId}) left an unfinished plan of this sync. It was discarded, because ${because}.`,
  };
}

export function earlierPlanFailed({ runId }: RecordedPlan, { message }: SyncError): Warning {
  return {
    code: 'earlier_plan_failed',
    message: `The uploads of an earlier run (${runId}) failed: ${message}`,
  };
}
