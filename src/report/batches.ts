import { jobsOfFile } from '../delivery/followUploads.ts';
import type { UploadJob } from '../destinations/lineAds/schemas.ts';
import type { PlannedBatch } from '../planning/plan.ts';
import { type BatchReport, type Remote, startBatchReport } from './report.ts';

/** `unknown`: sent, and no answer or look at LINE has told whether it arrived. */
export const fates = ['unsent', 'sending', 'accepted', 'unknown', 'refused'] as const;
export type Fate = (typeof fates)[number];

/** How far a batch has come. */
export interface DeliveredBatch {
  planned: PlannedBatch;
  report: BatchReport;
  fate: Fate;
}

export function startBatch(planned: PlannedBatch): DeliveredBatch {
  return { planned, report: startBatchReport(planned), fate: 'unsent' };
}

export function isEnded({ report }: DeliveredBatch): boolean {
  return report.jobStatus === 'FINISHED' || report.jobStatus === 'FAILED';
}

/** Takes over what the jobs tell of a batch; true when that is new. Its job shows that an upload has arrived. */
export function noteJob(batch: DeliveredBatch, listed: readonly UploadJob[]): boolean {
  const { job } = jobsOfFile(listed, batch.planned.fileName);
  if (job === undefined) return false;
  const before = JSON.stringify(batch);
  const id = Number(job.id);
  batch.report.jobId = Number.isSafeInteger(id) ? id : job.id;
  batch.report.jobStatus = job.status;
  batch.report.audienceCount = job.audienceCount;
  if (batch.fate === 'unknown') batch.fate = 'accepted';
  return JSON.stringify(batch) !== before;
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
