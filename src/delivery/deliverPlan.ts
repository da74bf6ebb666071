import type { Clock } from '../clock.ts';
import type { Destination, RemoteUpload, UploadTarget } from '../destinations/destination.ts';
import { unfinishedCount } from '../destinations/remoteUploads.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import { SyncError } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { UploadLines } from '../members/uploadLines.ts';
import { type DeliveredBatch, hasFailed, isEnded, noteUpload } from '../report/batches.ts';
import { deliverUpload, UploadMisrouted, type UploadToDeliver, UploadUnanswered } from './deliverUpload.ts';
import { createUploadFollower, type UploadFollower } from './followUploads.ts';
import { createUploadWatch, type WatchedPlan } from './uploadWatch.ts';

/** What is to be delivered, and how far an earlier run has come. */
export interface Deliverable extends WatchedPlan {
  /** Null while it has yet to be created. */
  audienceId: string | null;
  audienceCreated: boolean;
}

/** Where each step is written down; what it says is durable when the call returns. */
export interface DeliveryRecord {
  /** Records the jobs from before the plan, and empties its `unplanned`. */
  noteUploadsBefore(ids: readonly string[]): Promise<void>;
  noteIntent(batch: DeliveredBatch): Promise<void>;
  noteAnswer(batch: DeliveredBatch): Promise<void>;
  /** Records these batches, and the plan's `uploadsListed` and `unplanned`. */
  noteUploads(batches: readonly DeliveredBatch[]): Promise<void>;
}

export interface DeliverPlanOptions {
  destination: Destination;
  identifierType: IdentifierType;
  /** Under which name it is created. */
  audienceName: string;
  /** Whether members of others may be there: in Mirror whatever somebody else uploads meanwhile spoils the audience. */
  toleratesAdds: boolean;
  /** The lines of the plan, as `UploadLines` has them. */
  readLines: UploadLines['read'];
  jobs: JobsConfig;
  record: DeliveryRecord;
  clock: Clock;
  signal: AbortSignal;
  onProgress(done: { uploaded: number; finished: number; total: number }): void;
}

/** Both keep the plan's batches, audience and jobs up to date while they work, and after they threw. */
export interface Delivery {
  /** Brings every batch to LINE that is not there, in the order that rule 6 asks for. Throws when one was not accepted. */
  deliver(): Promise<void>;
  /**
   * Follows the jobs of what was accepted to their end, and resolves with the last list of jobs. Throws `job.failed`,
   * `jobs.timeout`, or `audience.changed` when somebody else uploaded meanwhile.
   */
  follow(): Promise<readonly RemoteUpload[]>;
}

export function createDelivery(plan: Deliverable, options: DeliverPlanOptions): Delivery {
  const { destination, jobs, record, clock, signal } = options;
  const { capabilities } = destination;
  const { batches } = plan;
  const [first, ...rest] = batches;
  const watch = createUploadWatch(plan, { ...options, ...capabilities });
  let follower: UploadFollower | undefined;

  function waitForJobs(isReached: (jobs: readonly RemoteUpload[]) => boolean) {
    follower ??= createUploadFollower(destination, plan.audienceId ?? '', { jobs, clock, signal, onPoll: notePoll });
    return follower.waitUntil(isReached);
  }

  /** Records every poll, since the destination's list forgets old uploads. */
  async function notePoll(listed: readonly RemoteUpload[]): Promise<void> {
    const hasNews = watch.note(listed);
    const changed = batches.filter((batch) => noteUpload(batch, listed));
    if (hasNews || changed.length > 0) await record.noteUploads(changed);
    reportProgress();
  }

  async function deliver(): Promise<void> {
    if (first === undefined) return;
    if (batches.some(({ fate }) => fate !== 'unsent')) await findGround();
    if (first.fate !== 'accepted') await deliverFirst(first);
    const waiting = rest.filter(({ fate }) => fate !== 'accepted');
    if (first.planned.action === 'replace' && waiting.length > 0) {
      await waitForJobs((listed) => isEnded(first) && unfinishedCount(listed) === 0);
      if (hasFailed(first)) throw jobFailed([first]);
    }
    await sendAll(waiting);
  }

  /** After an earlier run: which uploads have arrived, and is everybody else's work on the audience done? */
  async function findGround(): Promise<void> {
    if (plan.audienceId !== null) await waitForJobs(() => watch.othersUnfinished() === 0);
  }

  async function deliverFirst(batch: DeliveredBatch): Promise<void> {
    if (plan.audienceId === null) await noteUploadsBefore([]);
    else {
      const listed = await waitForJobs((jobs) => unfinishedCount(jobs) === 0);
      // An earlier run's upload may come to light only now: then nothing more is to be sent, nor forgiven.
      if (batch.fate === 'accepted') return;
      await clearTheWay(batch, listed);
    }
    await send(batch);
  }

  /** A replacing upload discards earlier uploads. One that builds on a snapshot must not find new ones. */
  async function clearTheWay({ planned }: DeliveredBatch, listed: readonly RemoteUpload[]): Promise<void> {
    if (plan.uploadsBefore === null || planned.action === 'replace')
      await noteUploadsBefore(listed.map(({ id }) => id));
    else throwIfChanged();
  }

  async function noteUploadsBefore(ids: readonly string[]): Promise<void> {
    await record.noteUploadsBefore(ids);
    plan.uploadsBefore = ids;
    plan.unplanned = [];
  }

  /** A few workers over one list: none starts another batch after one has failed, and all are awaited. */
  async function sendAll(waiting: DeliveredBatch[]): Promise<void> {
    const queue = waiting.values();
    let failure: { error: unknown } | undefined;
    const work = async () => {
      for (const batch of queue) {
        try {
          // Between the look for room and `send`, which takes it, nothing is awaited: another worker would take it too.
          while (failure === undefined && !hasRoom()) await waitForJobs(() => failure !== undefined || hasRoom());
          if (failure !== undefined) return;
          await send(batch);
        } catch (error) {
          failure ??= { error };
        }
      }
    };
    await Promise.all(Array.from({ length: capabilities.concurrentUploads }, work));
    if (failure !== undefined) throw failure.error;
  }

  /** Unfinished uploads of others count as well. An upload that adds while another replaces may be lost. */
  function hasRoom(): boolean {
    const open = batches.filter((batch) => batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch)));
    return (
      !watch.isReplacing() &&
      open.length + watch.othersUnfinished() < capabilities.unfinishedUploads &&
      uploadsBehind(open[0]) < capabilities.maxListedUploads - listReserve
    );
  }

  /** Uploads since a batch was sent, at most. When they fill the destination's list, its end is never seen. */
  function uploadsBehind(oldest: DeliveredBatch | undefined): number {
    if (oldest === undefined) return 0;
    return batches.slice(oldest.planned.index + 1).filter(({ fate }) => fate !== 'unsent').length + watch.othersSince();
  }

  async function send(batch: DeliveredBatch): Promise<void> {
    signal.throwIfAborted();
    const mayHaveArrived = batch.fate === 'unknown';
    batch.fate = 'sending';
    await record.noteIntent(batch);
    try {
      const delivered = await deliverUpload(destination, uploadOf(batch, mayHaveArrived), { jobs, clock, signal });
      batch.fate = 'accepted';
      plan.audienceId = delivered.audienceId;
      plan.audienceCreated ||= delivered.created;
    } catch (error) {
      batch.fate = error instanceof UploadUnanswered || error instanceof UploadMisrouted ? 'unknown' : 'refused';
      throw error;
    } finally {
      await record.noteAnswer(batch);
    }
    reportProgress();
  }

  function uploadOf(batch: DeliveredBatch, mayHaveArrived: boolean): UploadToDeliver {
    const { action, label, bytes, start, end } = batch.planned;
    const target: UploadTarget =
      plan.audienceId === null ? { audienceName: options.audienceName } : { audienceId: plan.audienceId };
    return {
      action,
      target,
      identifierType: options.identifierType,
      file: { name: label, bytes, open: () => options.readLines(start, end) },
      mayHaveArrived,
      mayRepeatReplace: () => rest.every(({ fate }) => fate === 'unsent'),
      attempts: batch.attempts,
      onAttempt: (attempts: number) => {
        batch.attempts = attempts;
      },
    };
  }

  async function follow(): Promise<readonly RemoteUpload[]> {
    const accepted = batches.filter(({ fate }) => fate === 'accepted');
    if (accepted.length === 0) return [];
    const listed = await waitForJobs(() => accepted.every(isEnded));
    const failed = accepted.filter(hasFailed);
    if (failed.length > 0) throw jobFailed(failed);
    throwIfChanged();
    return listed;
  }

  function throwIfChanged(): void {
    if (plan.unplanned.length > 0) throw audienceChanged(plan);
  }

  function reportProgress(): void {
    options.onProgress({
      uploaded: batches.filter(({ fate }) => fate === 'accepted').length,
      finished: batches.filter(isEnded).length,
      total: batches.length,
    });
  }

  return { deliver, follow };
}

/** Room in the destination's list for uploads in flight, and for those of others that no poll has shown yet. */
const listReserve = 20;

function jobFailed(failed: readonly DeliveredBatch[]): SyncError {
  const ids = failed.map(({ upload }) => upload?.id).join(', ');
  return new SyncError(
    'job.failed',
    `${failed.length === 1 ? 'A job' : `${failed.length} jobs`} failed at LINE (${ids}).`,
    'Run again: that sends the whole set anew. If it fails again, ask LINE with these job ids.',
  );
}

function audienceChanged({ audienceId, unplanned }: Deliverable): SyncError {
  return new SyncError(
    'audience.changed',
    `Audience ${audienceId} got uploads that this sync did not plan (${describeUnplanned(unplanned)}): others uploaded, or an upload of ours came late. What the audience holds is unknown.`,
    'Run again: the whole set is then sent. If it comes again, find out who else uploads to this audience, or raise jobs.settleMs.',
  );
}

const maxNamedJobs = 5;

export function describeUnplanned(unplanned: readonly string[]): string {
  const more = unplanned.length - maxNamedJobs;
  return [...unplanned.slice(0, maxNamedJobs), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
