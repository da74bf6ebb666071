/*
 * A job's whole life is decided when it is made: its status is computed from the clock whenever somebody asks.
 */

export type JobType = 'DIFF_ADD' | 'DIFF_REPLACE';
export type JobStatus = 'QUEUED' | 'WORKING' | 'FINISHED' | 'FAILED';

export interface Job {
  id: number;
  audienceId: string;
  /** The file name that the client sent. */
  name: string;
  type: JobType;
  createdMs: number;
  workingFromMs: number;
  endsAtMs: number;
  /** From when on it is listed, if ever. */
  listedFromMs: number;
  /** Set when the job ends FAILED instead of FINISHED. */
  failedType: string | null;
  lineCount: number;
  /** An ADD sent while a REPLACE was unfinished: it finishes, but its members are lost. */
  isLost: boolean;
  /** What takes effect at the end; let go then. */
  lines: Set<string> | undefined;
}

/** An upload job as the LINE Ads API reference describes it: the audience's id is a number here. */
export interface UploadJob {
  audienceGroupId: number;
  audienceGroupJobId: number;
  name: string;
  type: JobType;
  jobStatus: JobStatus;
  failedType: string | null;
  audienceCount: number;
  created: string;
}

/** ISO 8601 in the account's zone, which is Japan's. */
export function formatCreated(ms: number): string {
  return `${new Date(ms + 9 * 3_600_000).toISOString().slice(0, 19)}+09:00`;
}

export function isUnfinished(job: Job, nowMs: number): boolean {
  return nowMs < job.endsAtMs;
}

export function jobStatus(job: Job, nowMs: number): JobStatus {
  if (nowMs < job.workingFromMs) return 'QUEUED';
  if (isUnfinished(job, nowMs)) return 'WORKING';
  return job.failedType === null ? 'FINISHED' : 'FAILED';
}

/** `audienceCount` is the lines processed correctly: none before the job is FINISHED. */
export function describeJob(job: Job, nowMs: number): UploadJob {
  const status = jobStatus(job, nowMs);
  return {
    audienceGroupId: Number(job.audienceId),
    audienceGroupJobId: job.id,
    name: job.name,
    type: job.type,
    jobStatus: status,
    failedType: status === 'FAILED' ? job.failedType : null,
    audienceCount: status === 'FINISHED' ? job.lineCount : 0,
    created: formatCreated(job.createdMs),
  };
}
