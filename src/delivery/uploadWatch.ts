import type { RemoteUpload } from '../destinations/destination.ts';
import { isUnfinished } from '../destinations/remoteUploads.ts';
import type { DeliveredBatch } from '../report/batches.ts';

/** A plan's view of the uploads to its audience. The watch keeps it up to date; the journal records it. */
export interface WatchedPlan {
  batches: readonly DeliveredBatch[];
  /** Ids of the uploads that the audience had before the plan sent anything; null until the first list. */
  uploadsBefore: readonly string[] | null;
  /** Ids of the uploads that the destination listed last. */
  uploadsListed: readonly string[];
  /** Uploads since `uploadsBefore` that the plan does not account for, in words. Once one was seen, the plan cannot succeed. */
  unplanned: readonly string[];
}

export interface UploadWatch {
  /** Takes over one list of uploads. Returns whether `uploadsListed` or `unplanned` changed. */
  note(listed: readonly RemoteUpload[]): boolean;
  /** Returns the number of unfinished uploads of others in the last list. */
  othersUnfinished(): number;
  /** Returns the number of uploads of others since `uploadsBefore` in the last list. */
  othersSince(): number;
  /** Tells whether the last list holds an unfinished replacing upload. */
  isReplacing(): boolean;
}

export interface UploadWatchOptions {
  /** Uploads of others that only add members do not count. */
  toleratesAdds: boolean;
  maxListedUploads: number;
}

/**
 * Watches for uploads that the plan has not made. The destination lists only the newest uploads, so every list counts,
 * and an upload that one of them showed counts for good.
 */
export function createUploadWatch(plan: WatchedPlan, options: UploadWatchOptions): UploadWatch {
  const { toleratesAdds, maxListedUploads } = options;
  const labels = new Set(plan.batches.map(({ planned }) => planned.label));
  const replaceLabels = new Set(
    plan.batches.flatMap(({ planned }) => (planned.action === 'replace' ? [planned.label] : [])),
  );
  const known = new Set([...(plan.uploadsBefore ?? []), ...plan.uploadsListed, ...plan.batches.flatMap(idOf)]);
  let latest: readonly RemoteUpload[] = [];

  const isOfOthers = ({ label }: RemoteUpload) => !labels.has(label);
  const isSince = ({ id }: RemoteUpload) => plan.uploadsBefore?.includes(id) === false;

  /** A replacing upload that was sent twice after a lost answer can arrive late once more. It then discards later ones. */
  function isLateReplace({ id, label }: RemoteUpload): boolean {
    if (!replaceLabels.has(label) || known.has(id)) return false;
    return plan.batches.some(({ planned, fate }) => planned.action === 'add' && fate !== 'unsent');
  }

  function isUnplanned(upload: RemoteUpload): boolean {
    if (isOfOthers(upload)) return isSince(upload) && !(toleratesAdds && upload.effect === 'add');
    return isLateReplace(upload);
  }

  /**
   * A list that holds an upload of an earlier list holds all uploads since that one. Without such an upload, uploads may
   * have come and gone between two lists if the list is full or an earlier one was not empty.
   */
  function hasGap(listed: readonly RemoteUpload[]): boolean {
    if (plan.uploadsBefore === null || listed.length === 0 || listed.some(({ id }) => known.has(id))) return false;
    return known.size > 0 || listed.length >= maxListedUploads;
  }

  return {
    note(listed) {
      latest = listed;
      const found = listed.filter(isUnplanned).map(({ id, type }) => `job ${id} ${type}`);
      if (hasGap(listed)) found.push('jobs that LINE no longer lists');
      const unplanned = [...new Set([...plan.unplanned, ...found])];
      const ids = listed.map(({ id }) => id);
      const hasChanged = unplanned.length > plan.unplanned.length || ids.some((id) => !plan.uploadsListed.includes(id));
      for (const id of ids) known.add(id);
      plan.unplanned = unplanned;
      if (listed.length > 0) plan.uploadsListed = ids;
      return hasChanged;
    },
    othersUnfinished: () => latest.filter((upload) => isOfOthers(upload) && isUnfinished(upload)).length,
    othersSince: () => latest.filter((upload) => isOfOthers(upload) && isSince(upload)).length,
    isReplacing: () => latest.some((upload) => upload.effect === 'replace' && isUnfinished(upload)),
  };
}

function idOf({ upload }: DeliveredBatch): string[] {
  return upload === null ? [] : [upload.id];
}
