import type { IdentifierType, SyncConfig } from '../config.ts';
import type { Journal } from '../journal/journal.ts';
import { membershipSettings } from '../journal/settings.ts';
import type { Snapshot } from '../journal/snapshots.ts';
import { newestFirst } from '../lineAds/jobs.ts';
import type { Audience, UploadJob } from '../lineAds/schemas.ts';
import { layoutOf } from '../members/layout.ts';
import type { MemberSet } from '../members/memberSet.ts';
import { digestSet } from '../members/setDigest.ts';
import type { Shrink } from './guards.ts';

/** What is known of the members that an audience holds. */
export interface LastUpload {
  /** Its members, when they can be relied on. */
  known: { snapshot: Snapshot; set: MemberSet } | undefined;
  /** Why there is a snapshot and it does not count. */
  voidBecause: string | undefined;
  /** How many are there at the least, without a snapshot to rely on; undefined when nothing tells. */
  baseline: { count: number; unit: Shrink['unit'] } | undefined;
  /** When anything was uploaded last, in milliseconds since the epoch. */
  uploadedMs: number | undefined;
}

export interface LastUploadInput {
  sync: SyncConfig;
  journal: Journal;
  /** Of the last success of this sync. */
  snapshot: Snapshot | undefined;
  /** Undefined when it has yet to be created. */
  audience: Audience | undefined;
  /** The audience's jobs as LINE lists them. */
  listed: readonly UploadJob[];
}

/**
 * The snapshot counts while it is of this audience, made under the settings of today, whole on the disk, and LINE's
 * newest job is one of the uploads that it came from: then nobody has changed the audience since.
 */
export async function recallLastUpload(input: LastUploadInput): Promise<LastUpload> {
  const { sync, journal, snapshot, audience, listed } = input;
  const newest = newestFirst(listed)[0];
  const byLine = { baseline: baselineOf(listed), uploadedMs: newest?.createdMs ?? undefined };
  if (snapshot === undefined) return { known: undefined, voidBecause: undefined, ...byLine };
  const voided = (voidBecause: string) => ({ known: undefined, voidBecause, ...byLine });
  if (snapshot.audienceId !== audience?.id) return voided(`it is of audience ${snapshot.audienceId}`);

  const counted = { baseline: { count: snapshot.set.count, unit: 'members' as const }, uploadedMs: snapshot.takenMs };
  if (!snapshot.isCurrent)
    return { known: undefined, voidBecause: 'a later run began to upload and did not succeed', ...counted };
  if (newest === undefined) return voided('LINE lists no upload to this audience any more');
  if (!journal.isFileOfPlan(snapshot.planRow, newest.fileName))
    return voided(`somebody else has uploaded since (job ${newest.id})`);
  if (snapshot.membership !== journal.keyed(membershipSettings(sync)))
    return {
      known: undefined,
      voidBecause: 'mode, columns, country, phone forms or the setting of hashes have changed',
      ...counted,
    };
  const set = await openIntact(snapshot, sync.identifierType, journal);
  if (set === undefined) return { known: undefined, voidBecause: 'its file is gone or damaged', ...counted };
  return { known: { snapshot, set }, voidBecause: undefined, ...counted };
}

async function openIntact(
  { set: kept }: Snapshot,
  type: IdentifierType,
  journal: Journal,
): Promise<MemberSet | undefined> {
  if (!journal.sets.isThere(kept)) return undefined;
  const set = journal.sets.open(kept);
  const digest = await digestSet(set, layoutOf(type, set.recordBytes));
  return journal.keyed(digest) === kept.keyedDigest ? set : undefined;
}

/**
 * Lines that the audience holds by what LINE tells of its jobs: those of the last REPLACE and of the ADDs after it. An
 * audience that was never replaced, as far as the list goes, holds at least the lines of its largest ADD.
 */
export function baselineOf(listed: readonly UploadJob[]): LastUpload['baseline'] {
  const counts = newestFirst(listed).flatMap(({ status, type, audienceCount }) =>
    status === 'FINISHED' && audienceCount !== null ? [{ type, audienceCount }] : [],
  );
  const replaced = counts.findIndex(({ type }) => type === 'DIFF_REPLACE');
  const since = counts.slice(0, replaced + 1).map(({ audienceCount }) => audienceCount);
  if (replaced >= 0) return { count: since.reduce((sum, count) => sum + count), unit: 'lines' };
  const largest = Math.max(...counts.map(({ audienceCount }) => audienceCount));
  return counts.length === 0 ? undefined : { count: largest, unit: 'lines' };
}
