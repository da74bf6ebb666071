import type { RemoteUpload } from '../destinations/destination.ts';
import { unfinishedCount } from '../destinations/remoteUploads.ts';
import { SyncError } from '../errors.ts';
import { type DeliveredBatch, hasFailed, isEnded } from '../report/batches.ts';
import { type AudienceUploads, createAudienceUploads } from './audienceUploads.ts';
import type { Deliverable, DeliveryOptions } from './deliverable.ts';
import { sendBatch } from './sendBatch.ts';
import { sendRest } from './sendRest.ts';

/** Both calls keep the plan's batches, audience and uploads up to date, also when they throw. */
export interface Delivery {
  /** Sends every batch that the destination does not hold: the first alone, then the rest. Throws if one was not accepted. */
  deliver(): Promise<void>;
  /**
   * Follows the accepted uploads to their end, and resolves with the last list of uploads. Throws `job.failed`,
   * `jobs.timeout`, or `audience.changed` when others uploaded meanwhile.
   */
  follow(): Promise<readonly RemoteUpload[]>;
}

export function createDelivery(plan: Deliverable, options: DeliveryOptions): Delivery {
  const uploads = createAudienceUploads(plan, options);
  return { deliver: () => deliver(plan, uploads, options), follow: () => follow(plan, uploads) };
}

async function deliver(plan: Deliverable, uploads: AudienceUploads, options: DeliveryOptions): Promise<void> {
  const [first, ...rest] = plan.batches;
  if (first === undefined) return;
  if (plan.batches.some(({ fate }) => fate !== 'unsent')) await seeEarlierUploads(plan, uploads);
  if (first.fate !== 'accepted') await deliverFirst(first, plan, uploads, options);
  const waiting = rest.filter(({ fate }) => fate !== 'accepted');
  if (first.planned.action === 'replace' && waiting.length > 0) await waitForReplace(first, uploads);
  await sendRest(waiting, plan, uploads, options);
}

/** After an earlier run: finds the uploads that arrived, and waits until those of others have ended. */
async function seeEarlierUploads({ audienceId }: Deliverable, uploads: AudienceUploads): Promise<void> {
  if (audienceId !== null) await uploads.waitUntil(() => uploads.watch.othersUnfinished() === 0);
}

async function deliverFirst(
  batch: DeliveredBatch,
  plan: Deliverable,
  uploads: AudienceUploads,
  options: DeliveryOptions,
): Promise<void> {
  if (plan.audienceId === null) await noteUploadsBefore([], plan, options);
  else {
    const listed = await uploads.waitUntil((all) => unfinishedCount(all) === 0);
    // An upload of an earlier run may be listed only now. Nothing more is then sent, nor are uploads of others excused.
    if (batch.fate === 'accepted') return;
    if (plan.uploadsBefore === null || batch.planned.action === 'replace') {
      // A replacing upload discards earlier uploads. One that builds on a snapshot must not find new ones.
      const ids = listed.map(({ id }) => id);
      await noteUploadsBefore(ids, plan, options);
    } else throwIfChanged(plan);
  }
  await sendBatch(batch, plan, options);
}

async function noteUploadsBefore(
  ids: readonly string[],
  plan: Deliverable,
  { record }: DeliveryOptions,
): Promise<void> {
  await record.noteUploadsBefore(ids);
  plan.uploadsBefore = ids;
  plan.unplanned = [];
}

/** An upload that adds while another one replaces may be lost, so all uploads must have ended. */
async function waitForReplace(first: DeliveredBatch, uploads: AudienceUploads): Promise<void> {
  await uploads.waitUntil((listed) => isEnded(first) && unfinishedCount(listed) === 0);
  if (hasFailed(first)) throw jobFailed([first]);
}

async function follow(plan: Deliverable, uploads: AudienceUploads): Promise<readonly RemoteUpload[]> {
  const accepted = plan.batches.filter(({ fate }) => fate === 'accepted');
  if (accepted.length === 0) return [];
  const listed = await uploads.waitUntil(() => accepted.every(isEnded));
  const failed = accepted.filter(hasFailed);
  if (failed.length > 0) throw jobFailed(failed);
  throwIfChanged(plan);
  return listed;
}

function throwIfChanged(plan: Deliverable): void {
  if (plan.unplanned.length > 0) throw audienceChanged(plan);
}

function jobFailed(failed: readonly DeliveredBatch[]): SyncError {
  const ids = failed.map(({ upload }) => upload?.id).join(', ');
  return new SyncError(
    'job.failed',
    `${failed.length === 1 ? 'An upload job' : `${failed.length} upload jobs`} failed at LINE (${ids}).`,
    'Run again: the next run sends the whole set. If a job fails again, ask LINE with its id.',
  );
}

function audienceChanged({ audienceId, unplanned }: Deliverable): SyncError {
  return new SyncError(
    'audience.changed',
    `Audience ${audienceId} received uploads that this sync did not plan (${describeUnplanned(unplanned)}). They are from other programs, or late ones of its own. The members of the audience are unknown.`,
    'Run again: the next run sends the whole set. If this happens again, check for other programs that upload to this audience, or raise jobs.settleMs.',
  );
}

const maxNamedJobs = 5;

export function describeUnplanned(unplanned: readonly string[]): string {
  const more = unplanned.length - maxNamedJobs;
  return [...unplanned.slice(0, maxNamedJobs), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
