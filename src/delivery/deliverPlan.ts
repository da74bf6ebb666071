import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { LineAdsClient } from '../destinations/lineAds/client.ts';
import type { UploadJob } from '../destinations/lineAds/schemas.ts';
import { SyncError } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { UploadLines } from '../members/uploadLines.ts';
import { type DeliveredBatch, isEnded, noteJob } from '../report/batches.ts';
import { deliverUpload, UploadMisrouted, type UploadTarget, UploadUnanswered } from './deliverUpload.ts';
import { createJobFollower, type JobFollower, maxListedJobs, unfinishedCount } from './followUploads.ts';
import { createJobWatch, type WatchedPlan } from './uploadWatch.ts';

/** What is to be delivered, and how far an earlier run has come. */
export interface Deliverable extends WatchedPlan {
  /** Null while it has yet to be created. */
  audienceId: string | null;
  audienceCreated: boolean;
}

/** Where each step is written down; what it says is durable when the call returns. */
export interface DeliveryRecord {
  /** Records the jobs from before the plan, and empties its `unplanned`. */
  noteJobsBefore(ids: readonly string[]): void;
  noteIntent(batch: DeliveredBatch): void;
  noteAnswer(batch: DeliveredBatch): void;
  /** Records these batches, and the plan's `jobsListed` and `unplanned`. */
  noteJobs(batches: readonly DeliveredBatch[]): void;
}

export interface DeliverPlanOptions {
  client: LineAdsClient;
  identifierType: IdentifierType;
  /** Under which name it is created. */
  audienceName: string;
  /** Whether members of others may be there: in Mirror whatever somebody else uploads meanwhile spoils the audience. */
  toleratesAdds: boolean;
  /** The lines of the plan, as `UploadLines` has them. */
  readLines: UploadLines['read'];
  limits: Config['limits'];
  jobs: Config['jobs'];
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
  follow(): Promise<readonly UploadJob[]>;
}

export function createDelivery(plan: Deliverable, options: DeliverPlanOptions): Delivery {
  const { client, limits, jobs, record, clock, signal } = options;
  const { batches } = plan;
  const [first, ...rest] = batches;
  const watch = createJobWatch(plan, options);
  let follower: JobFollower | undefined;

  function waitForJobs(isReached: (jobs: readonly UploadJob[]) => boolean) {
    follower ??= createJobFollower(client, plan.audienceId ?? '', { jobs, clock, signal, onPoll: notePoll });
    return follower.waitUntil(isReached);
  }

  /** Takes note of every poll, since LINE's list forgets old jobs. */
  function notePoll(listed: readonly UploadJob[]): void {
    const hasNews = watch.note(listed);
    const changed = batches.filter((batch) => noteJob(batch, listed));
    if (hasNews || changed.length > 0) record.noteJobs(changed);
    reportProgress();
  }

  async function deliver(): Promise<void> {
    if (first === undefined) return;
    if (batches.some(({ fate }) => fate !== 'unsent')) await findGround();
    if (first.fate !== 'accepted') await deliverFirst(first);
    const waiting = rest.filter(({ fate }) => fate !== 'accepted');
    if (first.planned.action === 'REPLACE' && waiting.length > 0) {
      await waitForJobs((listed) => isEnded(first) && unfinishedCount(listed) === 0);
      if (first.report.jobStatus === 'FAILED') throw jobFailed([first]);
    }
    await sendAll(waiting);
  }

  /** After an earlier run: which uploads have arrived, and is everybody else's work on the audience done? */
  async function findGround(): Promise<void> {
    if (plan.audienceId !== null) await waitForJobs(() => watch.othersUnfinished() === 0);
  }

  async function deliverFirst(batch: DeliveredBatch): Promise<void> {
    if (plan.audienceId === null) noteJobsBefore([]);
    else {
      const listed = await waitForJobs((jobs) => unfinishedCount(jobs) === 0);
      // An earlier run's upload may come to light only now: then nothing more is to be sent, nor forgiven.
      if (batch.fate === 'accepted') return;
      clearTheWay(batch, listed);
    }
    await send(batch);
  }

  /** What came before a REPLACE is gone with it; where a plan adds to what a snapshot tells, nothing may have come. */
  function clearTheWay({ planned }: DeliveredBatch, listed: readonly UploadJob[]): void {
    if (plan.jobsBefore === null || planned.action === 'REPLACE') noteJobsBefore(listed.map(({ id }) => id));
    else throwIfChanged();
  }

  function noteJobsBefore(ids: readonly string[]): void {
    record.noteJobsBefore(ids);
    plan.jobsBefore = ids;
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
    await Promise.all(Array.from({ length: limits.concurrentUploads }, work));
    if (failure !== undefined) throw failure.error;
  }

  /** LINE caps the unfinished jobs of an audience; others' jobs count as well. An ADD during a REPLACE may be lost. */
  function hasRoom(): boolean {
    const open = batches.filter((batch) => batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch)));
    return (
      !watch.isReplacing() &&
      open.length + watch.othersUnfinished() < limits.unfinishedJobs &&
      uploadsBehind(open[0]) < maxUploadsBehindOpen
    );
  }

  /** Uploads since a batch was sent, at most. When they fill LINE's list, the end of its job is never seen. */
  function uploadsBehind(oldest: DeliveredBatch | undefined): number {
    if (oldest === undefined) return 0;
    return batches.slice(oldest.planned.index + 1).filter(({ fate }) => fate !== 'unsent').length + watch.othersSince();
  }

  async function send(batch: DeliveredBatch): Promise<void> {
    signal.throwIfAborted();
    const mayHaveArrived = batch.fate === 'unknown';
    batch.fate = 'sending';
    record.noteIntent(batch);
    try {
      const delivered = await deliverUpload(client, uploadOf(batch, mayHaveArrived), { jobs, clock, signal });
      batch.fate = 'accepted';
      plan.audienceId = delivered.audienceId;
      plan.audienceCreated ||= delivered.created;
    } catch (error) {
      batch.fate = error instanceof UploadUnanswered || error instanceof UploadMisrouted ? 'unknown' : 'refused';
      throw error;
    } finally {
      record.noteAnswer(batch);
    }
    reportProgress();
  }

  function uploadOf(
    { planned: { action, fileName, fileBytes, start, end }, report }: DeliveredBatch,
    mayHaveArrived: boolean,
  ) {
    const target: UploadTarget =
      plan.audienceId === null ? { audienceName: options.audienceName } : { audienceId: plan.audienceId };
    return {
      action,
      target,
      identifierType: options.identifierType,
      file: { name: fileName, bytes: fileBytes, open: () => options.readLines(start, end) },
      mayHaveArrived,
      mayRepeatReplace: () => rest.every(({ fate }) => fate === 'unsent'),
      attempts: report.attempts,
      onAttempt: (attempts: number) => {
        report.attempts = attempts;
      },
    };
  }

  async function follow(): Promise<readonly UploadJob[]> {
    const accepted = batches.filter(({ fate }) => fate === 'accepted');
    if (accepted.length === 0) return [];
    const listed = await waitForJobs(() => accepted.every(isEnded));
    const failed = accepted.filter(({ report }) => report.jobStatus === 'FAILED');
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

/** Leaves room in LINE's list for uploads in flight, and for those of others that no poll has shown yet. */
const maxUploadsBehindOpen = maxListedJobs - 20;

function jobFailed(failed: readonly DeliveredBatch[]): SyncError {
  const ids = failed.map(({ report }) => report.jobId).join(', ');
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
