import type { SyncConfig } from '../config/schema.ts';
import type { UploadJob } from '../destinations/lineAds/schemas.ts';
import { type ErrorCode, SyncError } from '../errors.ts';
import { kinds } from '../identifiers/kinds.ts';
import { type Journal, syncKeyOf } from '../journal/journal.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import { membershipSettings, originSettings } from '../journal/settings.ts';
import type { Snapshot } from '../journal/snapshots.ts';
import { openUploadLines } from '../members/uploadLines.ts';
import type { PreparedPlan } from '../planning/makePlan.ts';
import { remoteOf } from '../report/batches.ts';
import type { SyncReport } from '../report/report.ts';
import type { RunContext } from '../run/context.ts';
import { createDelivery, type Delivery, type DeliveryRecord } from './deliverPlan.ts';
import { UploadMisrouted } from './deliverUpload.ts';
import { newestFirst } from './followUploads.ts';

/** Writes down what is about to be done, with its members where they outlive this process. */
export function recordPlan(
  sync: SyncConfig,
  plan: PreparedPlan,
  report: SyncReport,
  { journal, config, runId, clock }: RunContext,
): RecordedPlan {
  const next = journal.sets.keep(plan.next, `${runId}-${sync.name}.members`);
  const lines =
    plan.lines.path === plan.next.path ? next : journal.sets.keep(plan.lines, `${runId}-${sync.name}.lines`);
  return journal.beginPlan({
    runId,
    ...syncKeyOf(config, sync),
    membership: journal.keyed(membershipSettings(sync)),
    origin: journal.keyed(originSettings(config, sync)),
    planId: plan.id,
    plannedMs: clock.now(),
    audienceId: report.audience.id,
    fullMs: plan.fullMs,
    jobsBefore: plan.jobsBefore,
    jobsListed: plan.jobsBefore ?? [],
    unplanned: [],
    lines,
    next,
    cursor: plan.cursor,
    report,
    batches: plan.batches,
  });
}

/** Brings a recorded plan to LINE from wherever it stands, and notes what became of it in journal and report. */
export async function carryOut(
  sync: SyncConfig,
  plan: RecordedPlan,
  report: SyncReport,
  wait: boolean,
  context: RunContext,
): Promise<void> {
  const delivery = openDelivery(sync, plan, context);
  let listed: readonly UploadJob[] = [];
  try {
    await delivery.deliver();
    if (wait) listed = await delivery.follow();
  } catch (error) {
    if (wait && hasCode(error, 'upload.refused')) await followAccepted(delivery, context);
    noteDelivery(report, plan);
    if (hasCode(error, 'audience.changed')) report.remote = 'unknown';
    if (!context.signal.aborted && isFinal(error)) context.journal.giveUp(plan, 'failed');
    throw error;
  }
  noteDelivery(report, plan);
  report.status = wait ? 'succeeded' : 'pending';
  if (!wait) return;
  context.journal.succeed(plan, snapshotOf(plan, listed, context));
  for (const { index, records, audienceCount } of report.batches)
    if (audienceCount !== null && audienceCount < records)
      report.warnings.push(countDiffers(index, records, audienceCount));
}

function openDelivery(sync: SyncConfig, plan: RecordedPlan, context: RunContext): Delivery {
  const { client, config, journal, clock, signal, progress } = context;
  return createDelivery(plan, {
    client,
    identifierType: sync.identifierType,
    audienceName: sync.audienceName ?? '',
    toleratesAdds: sync.mode === 'add',
    readLines: openUploadLines(journal.sets.open(plan.lines), kinds[sync.identifierType]).read,
    limits: config.limits,
    jobs: config.jobs,
    record: recordOf(plan, journal),
    clock,
    signal,
    onProgress: ({ uploaded, finished, total }) =>
      progress.show(
        sync.name,
        uploaded < total
          ? { stage: 'uploading', done: uploaded, total, unit: 'batches' }
          : { stage: 'waiting for LINE', done: finished, total, unit: 'jobs' },
      ),
  });
}

function recordOf(plan: RecordedPlan, journal: Journal): DeliveryRecord {
  return {
    noteJobsBefore: (ids) => journal.noteJobsBefore(plan, ids),
    noteIntent: (batch) => journal.noteIntent(plan, batch),
    noteAnswer: (batch) => journal.noteAnswer(plan, batch),
    noteJobs: (batches) => journal.noteJobs(plan, batches),
  };
}

/** What ends a plan for good; after anything else the next run goes on with it. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof SyncError) || error instanceof UploadMisrouted) return true;
  return error.code === 'internal' || /^(upload|job|audience)\./.test(error.code);
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SyncError && error.code === code;
}

/** When an upload is refused, what LINE accepted before is still followed, so that the report can say what LINE holds. */
async function followAccepted(delivery: Delivery, { signal }: RunContext): Promise<void> {
  if (!signal.aborted) await delivery.follow().catch(() => {});
}

function snapshotOf(plan: RecordedPlan, listed: readonly UploadJob[], { config, journal, clock }: RunContext) {
  if (!config.state.keepSnapshots || plan.audienceId === null || !journal.sets.isThere(plan.next)) return undefined;
  const files = new Set(plan.batches.map(({ planned }) => planned.fileName));
  const own = listed.filter(({ fileName }) => files.has(fileName));
  const snapshot: Snapshot = {
    planRow: plan.row,
    membership: plan.membership,
    audienceId: plan.audienceId,
    jobId: newestFirst(own)[0]?.id ?? null,
    jobsListed: plan.jobsListed,
    takenMs: clock.now(),
    fullMs: plan.fullMs,
    set: plan.next,
    cursor: plan.cursor,
    isCurrent: true,
  };
  return snapshot;
}

export function noteDelivery(report: SyncReport, { batches, audienceId, audienceCreated }: RecordedPlan): void {
  const { remote, done, total } = remoteOf(batches);
  report.batches = batches.map((batch) => batch.report);
  report.counts.uploaded = batches
    .filter(({ fate }) => fate === 'accepted')
    .reduce((sum, batch) => sum + batch.report.records, 0);
  report.remote = remote;
  report.remoteBatches = { done, total };
  report.audience.id = audienceId ?? report.audience.id;
  report.audience.created = audienceCreated;
}

function countDiffers(index: number, records: number, audienceCount: number) {
  return {
    code: 'count_differs',
    message: `LINE processed ${audienceCount} of the ${records} lines of batch ${index} (it counts what was processed, not matched).`,
  };
}
