import type { SyncConfig } from '../config/schema.ts';
import type { RemoteUpload, Words } from '../destinations/destination.ts';
import { newestFirst } from '../destinations/remoteUploads.ts';
import { type ErrorCode, SyncError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import { membershipSettings, originSettings, syncKeyOf } from '../journal/settings.ts';
import type { Snapshot } from '../journal/snapshots.ts';
import { openUploadLines } from '../members/uploadLines.ts';
import type { PreparedPlan } from '../planning/makePlan.ts';
import { remoteOf } from '../report/batches.ts';
import { reportBatch, type SyncReport } from '../report/report.ts';
import type { RunContext } from '../run/context.ts';
import type { DeliveryRecord } from './deliverable.ts';
import { createDelivery, type Delivery } from './deliverPlan.ts';
import { UploadMisrouted } from './deliverUpload.ts';

/** Writes down what is about to be done, with its members where they outlive this process. */
export async function recordPlan(
  sync: SyncConfig,
  plan: PreparedPlan,
  report: SyncReport,
  { journal, config, runId, clock }: RunContext,
): Promise<RecordedPlan> {
  const next = await journal.sets.keep(plan.next, `${runId}-${sync.name}.members`);
  const lines =
    plan.lines.path === plan.next.path ? next : await journal.sets.keep(plan.lines, `${runId}-${sync.name}.lines`);
  return journal.beginPlan({
    runId,
    ...syncKeyOf(config, sync),
    membership: journal.keyed(membershipSettings(sync)),
    origin: journal.keyed(originSettings(config, sync)),
    planId: plan.id,
    plannedMs: clock.now(),
    audienceId: report.audience.id,
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

/** Brings a recorded plan to LINE from wherever it stands, and notes what became of it in journal and report. */
export async function carryOut(
  sync: SyncConfig,
  plan: RecordedPlan,
  report: SyncReport,
  wait: boolean,
  context: RunContext,
): Promise<void> {
  const delivery = await openDelivery(sync, plan, context);
  let listed: readonly RemoteUpload[] = [];
  try {
    await delivery.deliver();
    if (wait) listed = await delivery.follow();
  } catch (error) {
    if (wait && hasCode(error, 'upload.refused')) await followAccepted(delivery, context);
    noteDelivery(report, plan, context.destination.words);
    if (hasCode(error, 'audience.changed')) report.remote = 'unknown';
    if (!context.signal.aborted && isFinal(error)) await context.journal.giveUp(plan, 'failed');
    throw error;
  }
  noteDelivery(report, plan, context.destination.words);
  report.status = wait ? 'succeeded' : 'pending';
  if (!wait) return;
  await context.journal.succeed(plan, await snapshotOf(plan, listed, context));
  for (const { index, records, audienceCount } of report.batches)
    if (audienceCount !== null && audienceCount < records)
      report.warnings.push(countDiffers(index, records, audienceCount));
}

async function openDelivery(sync: SyncConfig, plan: RecordedPlan, context: RunContext): Promise<Delivery> {
  const { destination, config, journal, clock, signal, progress } = context;
  return createDelivery(plan, {
    destination,
    identifierType: sync.identifierType,
    audienceName: sync.audienceName ?? '',
    toleratesAdds: sync.mode === 'add',
    readLines: openUploadLines(await journal.sets.open(plan.lines), sync.identifierType).read,
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
    noteUploadsBefore: (ids) => journal.noteUploadsBefore(plan, ids),
    noteIntent: (batch) => journal.noteIntent(plan, batch),
    noteAnswer: (batch) => journal.noteAnswer(plan, batch),
    noteUploads: (batches) => journal.noteUploads(plan, batches),
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

async function snapshotOf(
  plan: RecordedPlan,
  listed: readonly RemoteUpload[],
  { config, journal, clock }: RunContext,
): Promise<Snapshot | undefined> {
  if (!config.state.keepSnapshots || plan.audienceId === null || !(await journal.sets.isThere(plan.next)))
    return undefined;
  const labels = new Set(plan.batches.map(({ planned }) => planned.label));
  const own = listed.filter(({ label }) => labels.has(label));
  return {
    planRow: plan.row,
    membership: plan.membership,
    audienceId: plan.audienceId,
    uploadId: newestFirst(own)[0]?.id ?? null,
    uploadsListed: plan.uploadsListed,
    takenMs: clock.now(),
    fullMs: plan.fullMs,
    set: plan.next,
    cursor: plan.cursor,
    isCurrent: true,
  };
}

export function noteDelivery(
  report: SyncReport,
  { batches, audienceId, audienceCreated }: RecordedPlan,
  words: Words,
): void {
  const { remote, done, total } = remoteOf(batches);
  report.batches = batches.map((batch) => reportBatch(batch, words));
  report.counts.uploaded = batches
    .filter(({ fate }) => fate === 'accepted')
    .reduce((sum, { planned }) => sum + planned.end - planned.start, 0);
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
