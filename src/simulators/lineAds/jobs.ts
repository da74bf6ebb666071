/*
 * The course of a job is fixed when the job is created. Its status is computed from the clock.
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
  /** Time from which on it is listed; may be infinite. */
  listedFromMs: number;
  /** Set if the job ends FAILED instead of FINISHED. */
  failedType: string | null;
  lineCount: number;
  /** True for an ADD that was sent while a REPLACE was unfinished. It finishes, but its members are lost. */
  isLost: boolean;
  /** The lines that take effect at the end. Undefined after that. */
  lines: Set<string> | undefined;
}

/** An upload job as LINE lists it (docs/line-ads-api.md, "Jobs"). The audience's id is a number here. */
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

/** Formats a time as ISO 8601 in the zone of the account, Japan. */
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

/** `audienceCount` is the number of lines processed correctly: 0 before the job is FINISHED. */
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
