import type { Clock } from './clock.ts';
import type { Config, IdentifierType } from './config.ts';
import { SyncError } from './errors.ts';
import type { LineAdsClient } from './lineAds/client.ts';
import { createJobFollower, isUnfinished, type JobFollower, jobsOfFile, unfinishedCount } from './lineAds/jobs.ts';
import type { UploadJob } from './lineAds/schemas.ts';
import { deliverUpload, type UploadTarget, UploadUnanswered } from './lineAds/upload.ts';
import type { UploadLines } from './members/uploadLines.ts';
import type { Plan, PlannedBatch } from './plan.ts';
import { type BatchReport, type Remote, startBatchReport } from './report.ts';

export interface DeliverPlanOptions {
  client: LineAdsClient;
  identifierType: IdentifierType;
  target: UploadTarget;
  lines: UploadLines;
  limits: Config['limits'];
  jobs: Config['jobs'];
  clock: Clock;
  signal: AbortSignal;
  onProgress(done: { uploaded: number; finished: number; total: number }): void;
}

/** How far the batches of a plan have come. Kept up to date while `deliver` and `follow` work, and after they threw. */
export interface Delivery {
  batches: readonly DeliveredBatch[];
  audienceId: string | undefined;
  created: boolean;
  /** Brings every batch to LINE, in the order that rule 6 asks for. Throws when a batch was not accepted. */
  deliver(): Promise<void>;
  /** Follows the jobs of what was accepted to their end. Throws `job.failed` or `jobs.timeout`. */
  follow(): Promise<void>;
}

export interface DeliveredBatch {
  planned: PlannedBatch;
  report: BatchReport;
  /** `unknown`: sent, and no answer or look at LINE has told whether it arrived. */
  fate: 'unsent' | 'sending' | 'accepted' | 'unknown' | 'refused';
}

export function createDelivery(plan: Plan, options: DeliverPlanOptions): Delivery {
  const { client, limits, jobs, clock, signal } = options;
  const batches = plan.batches.map((planned): DeliveredBatch => {
    return { planned, report: startBatchReport(planned), fate: 'unsent' };
  });
  const [first, ...rest] = batches;
  let target = options.target;
  let follower: JobFollower | undefined;
  const files = new Set(batches.map(({ planned }) => planned.fileName));
  let othersUnfinished = 0;
  const delivery = { batches, audienceId: audienceIdOf(target), created: false, deliver, follow };

  /** Waits for jobs of the audience; on the way every poll is noted, as the list forgets old jobs. */
  function waitForJobs(isReached: (jobs: readonly UploadJob[]) => boolean) {
    follower ??= createJobFollower(client, audienceIdOf(target) ?? '', { jobs, clock, signal });
    return follower.waitUntil((listed) => {
      for (const batch of batches) noteJob(batch.report, listed);
      othersUnfinished = listed.filter((job) => isUnfinished(job) && !files.has(job.fileName)).length;
      reportProgress();
      return isReached(listed);
    });
  }

  async function deliver(): Promise<void> {
    if (first === undefined) return;
    if (first.planned.action === 'REPLACE' || 'audienceId' in target)
      await waitForJobs((listed) => unfinishedCount(listed) === 0);
    await send(first);
    if (first.planned.action === 'REPLACE' && rest.length > 0) {
      await waitForJobs((listed) => isEnded(first) && unfinishedCount(listed) === 0);
      if (first.report.jobStatus === 'FAILED') throw jobFailed([first]);
    }
    await sendAll(rest);
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

  function ownUnfinished(): number {
    return batches.filter((batch) => batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch))).length;
  }

  /** LINE caps the unfinished jobs of an audience; others' jobs count as well. */
  function hasRoom(): boolean {
    return ownUnfinished() + othersUnfinished < limits.unfinishedJobs;
  }

  async function send(batch: DeliveredBatch): Promise<void> {
    signal.throwIfAborted();
    batch.fate = 'sending';
    try {
      const delivered = await deliverUpload(client, uploadOf(batch), { jobs, clock, signal });
      batch.fate = 'accepted';
      delivery.audienceId = delivered.audienceId;
      delivery.created ||= delivered.created;
      target = { audienceId: delivered.audienceId };
      reportProgress();
    } catch (error) {
      batch.fate = error instanceof UploadUnanswered ? 'unknown' : 'refused';
      throw error;
    }
  }

  function uploadOf({ planned: { action, fileName, fileBytes, start, end }, report }: DeliveredBatch) {
    return {
      action,
      target,
      identifierType: options.identifierType,
      file: { name: fileName, bytes: fileBytes, open: () => options.lines.read(start, end) },
      mayRepeatReplace: () => rest.every(({ fate }) => fate === 'unsent'),
      onAttempt: (attempts: number) => {
        report.attempts = attempts;
      },
    };
  }

  async function follow(): Promise<void> {
    const accepted = batches.filter(({ fate }) => fate === 'accepted');
    if (accepted.length === 0) return;
    if (!accepted.every(isEnded)) await waitForJobs(() => accepted.every(isEnded));
    const failed = accepted.filter(({ report }) => report.jobStatus === 'FAILED');
    if (failed.length > 0) throw jobFailed(failed);
  }

  function reportProgress(): void {
    options.onProgress({
      uploaded: batches.filter(({ fate }) => fate === 'accepted').length,
      finished: batches.filter(isEnded).length,
      total: batches.length,
    });
  }

  return delivery;
}

function audienceIdOf(target: UploadTarget): string | undefined {
  return 'audienceId' in target ? target.audienceId : undefined;
}

function isEnded({ report }: DeliveredBatch): boolean {
  return report.jobStatus === 'FINISHED' || report.jobStatus === 'FAILED';
}

function noteJob(report: BatchReport, listed: readonly UploadJob[]): void {
  const { job } = jobsOfFile(listed, report.file);
  if (job === undefined) return;
  const id = Number(job.id);
  report.jobId = Number.isSafeInteger(id) ? id : job.id;
  report.jobStatus = job.status;
  report.audienceCount = job.audienceCount;
}

function jobFailed(failed: readonly DeliveredBatch[]): SyncError {
  const ids = failed.map(({ report }) => report.jobId).join(', ');
  return new SyncError(
    'job.failed',
    `${failed.length === 1 ? 'A job' : `${failed.length} jobs`} failed at LINE (${ids}).`,
    'Run again: that sends the whole set anew. If it fails again, ask LINE with these job ids.',
  );
}

/** What LINE holds of the plan, as far as is known. */
export function remoteOf(batches: readonly DeliveredBatch[]): { remote: Remote; done: number; total: number } {
  const done = batches.filter(({ report }) => report.jobStatus === 'FINISHED').length;
  const total = batches.length;
  return { remote: describeRemote(batches, done), done, total };
}

function describeRemote(batches: readonly DeliveredBatch[], done: number): Remote {
  if (done === batches.length) return batches.length === 0 ? 'untouched' : 'complete';
  const isOpen = (batch: DeliveredBatch) =>
    batch.fate === 'unknown' || batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch));
  if (batches.some(isOpen)) return 'unknown';
  if (batches.every(({ fate }) => fate !== 'accepted')) return 'untouched';
  // Of a failed job LINE does not say whether it left anything behind.
  return done > 0 ? 'partial' : 'unknown';
}
