import type { UploadJob } from '../destinations/lineAds/schemas.ts';
import type { DeliveredBatch } from '../report/batches.ts';
import { isUnfinished, maxListedJobs } from './followUploads.ts';

/** A plan's view of the upload jobs of its audience. The watch keeps it up to date; the journal records it. */
export interface WatchedPlan {
  batches: readonly DeliveredBatch[];
  /** Ids of the jobs that the audience had before the plan sent anything; null until the first look. */
  jobsBefore: readonly string[] | null;
  /** Ids of the jobs that LINE listed last. */
  jobsListed: readonly string[];
  /** Uploads since `jobsBefore` that the plan does not account for, in words. Once one was seen, the plan cannot succeed. */
  unplanned: readonly string[];
}

export interface JobWatch {
  /** Takes over one list of jobs. Returns whether `jobsListed` or `unplanned` changed. */
  note(listed: readonly UploadJob[]): boolean;
  /** Unfinished jobs of others, as far as the last list tells. */
  othersUnfinished(): number;
  /** Jobs that others have created since `jobsBefore`, as far as the last list tells. */
  othersSince(): number;
  /** Whether a REPLACE is unfinished, as far as the last list tells. */
  isReplacing(): boolean;
}

/**
 * Watches for uploads that the plan has not made. LINE lists only the newest jobs, so every list counts, and a job that
 * one of them showed counts for good. With `toleratesAdds`, jobs of others that only add members do not count.
 */
export function createJobWatch(plan: WatchedPlan, { toleratesAdds }: { toleratesAdds: boolean }): JobWatch {
  const fileNames = new Set(plan.batches.map(({ planned }) => planned.fileName));
  const replaceNames = new Set(
    plan.batches.flatMap(({ planned }) => (planned.action === 'REPLACE' ? [planned.fileName] : [])),
  );
  const known = new Set([...(plan.jobsBefore ?? []), ...plan.jobsListed, ...plan.batches.flatMap(jobIdOf)]);
  let latest: readonly UploadJob[] = [];

  const isOfOthers = ({ fileName }: UploadJob) => !fileNames.has(fileName);
  const isSince = ({ id }: UploadJob) => plan.jobsBefore?.includes(id) === false;

  /** A REPLACE that was sent twice, as its answer was lost, can reach LINE late once more. It then discards later ADDs. */
  function isLateReplace({ id, fileName }: UploadJob): boolean {
    if (!replaceNames.has(fileName) || known.has(id)) return false;
    return plan.batches.some(({ planned, fate }) => planned.action === 'ADD' && fate !== 'unsent');
  }

  function isUnplanned(job: UploadJob): boolean {
    if (isOfOthers(job)) return isSince(job) && !(toleratesAdds && addTypes.has(job.type));
    return isLateReplace(job);
  }

  /**
   * A list that holds a job of an earlier list holds all jobs since that one. Without such a job, and with as many as
   * LINE lists at most or after lists that were not empty, jobs may have come and gone between two looks.
   */
  function hasGap(listed: readonly UploadJob[]): boolean {
    if (plan.jobsBefore === null || listed.length === 0 || listed.some(({ id }) => known.has(id))) return false;
    return known.size > 0 || listed.length >= maxListedJobs;
  }

  return {
    note(listed) {
      latest = listed;
      const found = listed.filter(isUnplanned).map(({ id, type }) => `job ${id} ${type}`);
      if (hasGap(listed)) found.push('jobs that LINE no longer lists');
      const unplanned = [...new Set([...plan.unplanned, ...found])];
      const ids = listed.map(({ id }) => id);
      const hasChanged = unplanned.length > plan.unplanned.length || ids.some((id) => !plan.jobsListed.includes(id));
      for (const id of ids) known.add(id);
      plan.unplanned = unplanned;
      if (listed.length > 0) plan.jobsListed = ids;
      return hasChanged;
    },
    othersUnfinished: () => latest.filter((job) => isOfOthers(job) && isUnfinished(job)).length,
    othersSince: () => latest.filter((job) => isOfOthers(job) && isSince(job)).length,
    isReplacing: () => latest.some((job) => job.type === 'DIFF_REPLACE' && isUnfinished(job)),
  };
}

/** Types of jobs that only add members. */
const addTypes: ReadonlySet<string> = new Set(['DIFF_ADD', 'DIFF_AUTO_ADD']);

function jobIdOf({ report }: DeliveredBatch): string[] {
  return report.jobId === null ? [] : [String(report.jobId)];
}
