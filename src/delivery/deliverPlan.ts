import type { Clock } from '../clock.ts';
import type { Config, IdentifierType } from '../config.ts';
import { SyncError } from '../errors.ts';
import type { LineAdsClient } from '../lineAds/client.ts';
import { createJobFollower, type JobFollower, unfinishedCount } from '../lineAds/jobs.ts';
import type { UploadJob } from '../lineAds/schemas.ts';
import { deliverUpload, type UploadTarget, UploadUnanswered } from '../lineAds/upload.ts';
import type { UploadLines } from '../members/uploadLines.ts';
import { type DeliveredBatch, isEnded, jobsOfOthers, lateReplaces, noteJob, unfinishedOfOthers } from './batches.ts';

/** What is to be delivered, and how far an earlier run has come. */
export interface Deliverable {
  batches: readonly DeliveredBatch[];
  /** Null while it has yet to be created. */
  audienceId: string | null;
  audienceCreated: boolean;
  /** The jobs that the audience had before anything of this was sent; null when nobody has looked. */
  jobsBefore: readonly string[] | null;
}

/** Where each step is written down; what it says is durable when the call returns. */
export interface DeliveryRecord {
  noteJobsBefore(ids: readonly string[]): void;
  noteIntent(batch: DeliveredBatch): void;
  noteAnswer(batch: DeliveredBatch): void;
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
  let follower: JobFollower | undefined;
  let othersUnfinished = 0;

  /** Waits for jobs of the audience; on the way every poll is noted, as the list forgets old jobs. */
  function waitForJobs(isReached: (jobs: readonly UploadJob[]) => boolean) {
    follower ??= createJobFollower(client, plan.audienceId ?? '', { jobs, clock, signal });
    return follower.waitUntil((listed) => {
      const changed = batches.filter((batch) => noteJob(batch, listed));
      if (changed.length > 0) record.noteJobs(changed);
      othersUnfinished = unfinishedOfOthers(listed, batches);
      reportProgress();
      return isReached(listed);
    });
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
    if (plan.audienceId !== null) await waitForJobs((listed) => unfinishedOfOthers(listed, batches) === 0);
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
    else throwIfChanged(listed);
  }

  function noteJobsBefore(ids: readonly string[]): void {
    record.noteJobsBefore(ids);
    plan.jobsBefore = ids;
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

  /** LINE caps the unfinished jobs of an audience; others' jobs count as well. */
  function hasRoom(): boolean {
    const own = batches.filter((batch) => batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch)));
    return own.length + othersUnfinished < limits.unfinishedJobs;
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
      batch.fate = error instanceof UploadUnanswered ? 'unknown' : 'refused';
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
    throwIfChanged(listed);
    return listed;
  }

  function throwIfChanged(listed: readonly UploadJob[]): void {
    const others = jobsOfOthers(listed, batches, plan.jobsBefore ?? []).filter(
      ({ type }) => !options.toleratesAdds || !addTypes.has(type),
    );
    const unplanned = [...others, ...lateReplaces(listed, batches)];
    if (unplanned.length > 0) throw audienceChanged(plan.audienceId, unplanned);
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

/** What only adds people. */
const addTypes: ReadonlySet<string> = new Set(['DIFF_ADD', 'DIFF_AUTO_ADD']);

function jobFailed(failed: readonly DeliveredBatch[]): SyncError {
  const ids = failed.map(({ report }) => report.jobId).join(', ');
  return new SyncError(
    'job.failed',
    `${failed.length === 1 ? 'A job' : `${failed.length} jobs`} failed at LINE (${ids}).`,
    'Run again: that sends the whole set anew. If it fails again, ask LINE with these job ids.',
  );
}

function audienceChanged(audienceId: string | null, unplanned: readonly UploadJob[]): SyncError {
  const ids = unplanned.map(({ id, type }) => `${id} ${type}`).join(', ');
  return new SyncError(
    'audience.changed',
    `audience ${audienceId} was changed meanwhile (jobs ${ids}): somebody else uploaded, or an upload of ours came late; so what it holds is not known`,
    'Run again: the whole set is then sent. If it comes again, find out who else uploads to this audience, or raise jobs.settleMs.',
  );
}
