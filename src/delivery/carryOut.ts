import type { RemoteUpload } from '../destinations/destination.ts';
import { newestFirst } from '../destinations/remoteUploads.ts';
import { type ErrorCode, SyncError } from '../errors.ts';
import { kinds } from '../identifiers/kinds.ts';
import type { Journal } from '../journal/journal.ts';
import type { RecordedPlan } from '../journal/plans.ts';
import type { Snapshot } from '../journal/snapshots.ts';
import { openUploadLines } from '../members/uploadLines.ts';
import { type DeliveredBatch, remoteOf } from '../report/batches.ts';
import type { DeliveryFacts } from '../report/notes.ts';
import type { Warning } from '../report/report.ts';
import type { DeliveryRecord } from './deliverable.ts';
import { createDelivery, type Delivery } from './deliverPlan.ts';
import { UploadMisrouted } from './deliverUpload.ts';
import type { DeliveryRun } from './deliveryRun.ts';

/** The end of a delivery. */
export interface DeliveryEnd extends DeliveryFacts {
  /** `pending` if the uploads were not followed. Meaningless after a failure. */
  status: 'succeeded' | 'pending';
  failure: { error: unknown } | undefined;
}

/** Delivers a recorded plan from its current state, and records its end. Never throws. */
export async function carryOut(run: DeliveryRun, plan: RecordedPlan, wait: boolean): Promise<DeliveryEnd> {
  let listed: readonly RemoteUpload[] = [];
  const broken = await failureOf(async () => {
    listed = await deliver(run, plan, wait);
  });
  const unrecorded = await failureOf(async () => {
    if (broken === undefined && wait) await run.journal.succeed(plan, await snapshotOf(run, plan, listed));
    if (broken !== undefined && isFinal(broken.error) && !run.signal.aborted) await run.journal.giveUp(plan, 'failed');
  });
  const failure = unrecorded ?? broken;
  const facts = factsOf(plan);
  return {
    ...facts,
    remote: hasCode(broken?.error, 'audience.changed') ? 'unknown' : facts.remote,
    status: wait ? 'succeeded' : 'pending',
    warnings: wait && failure === undefined ? plan.batches.flatMap(countWarnings) : [],
    failure,
  };
}

async function failureOf(work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Returns the facts about a plan in its current state. */
export function factsOf({ batches, audienceId, audienceCreated }: RecordedPlan): DeliveryFacts {
  const { remote, done, total } = remoteOf(batches);
  return { batches, audienceId, audienceCreated, remote, remoteBatches: { done, total }, warnings: [] };
}

async function deliver(run: DeliveryRun, plan: RecordedPlan, wait: boolean): Promise<readonly RemoteUpload[]> {
  const delivery = await openDelivery(run, plan);
  try {
    await delivery.deliver();
    return wait ? await delivery.follow() : [];
  } catch (error) {
    // Accepted uploads are followed nevertheless. Their ends show which part of the plan the destination holds.
    if (wait && hasCode(error, 'upload.refused') && !run.signal.aborted) await delivery.follow().catch(() => {});
    throw error;
  }
}

async function openDelivery(run: DeliveryRun, plan: RecordedPlan): Promise<Delivery> {
  const { sync, destination, config, journal, clock, signal, progress } = run;
  return createDelivery(plan, {
    destination,
    identifierType: sync.identifierType,
    audienceName: sync.audienceName ?? '',
    toleratesAdds: sync.mode === 'add',
    readLines: openUploadLines(await journal.sets.open(plan.lines), kinds[sync.identifierType]).read,
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

/** Errors that end a plan for good. After any other error, the next run continues it. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof SyncError) || error instanceof UploadMisrouted) return true;
  return error.code === 'internal' || /^(upload|job|audience)\./.test(error.code);
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SyncError && error.code === code;
}

/** The snapshot that a success leaves. Undefined if none is to be kept. */
async function snapshotOf(
  { config, journal, clock }: DeliveryRun,
  plan: RecordedPlan,
  listed: readonly RemoteUpload[],
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

function countWarnings({ planned, upload }: DeliveredBatch): Warning[] {
  const { index, start, end } = planned;
  const processed = upload?.processed ?? null;
  if (processed === null || processed >= end - start) return [];
  return [
    {
      code: 'count_differs',
      message: `LINE processed ${processed} of the ${end - start} lines of batch ${index}. The count is of processed lines, not of matched people.`,
    },
  ];
}
