import type { SyncConfig } from '../config/schema.ts';
import type { Audience, RemoteUpload } from '../destinations/destination.ts';
import { newestFirst } from '../destinations/remoteUploads.ts';
import type { MemberSet } from '../members/memberSet.ts';
import type { Shrink } from '../planning/guards.ts';
import type { RunContext } from '../run/context.ts';
import type { Journal } from './journal.ts';
import { membershipSettings } from './settings.ts';
import type { Snapshot } from './snapshots.ts';

/** What is known of the members that an audience holds. */
export interface LastUpload {
  /** Its members, when they can be relied on. */
  known: { snapshot: Snapshot; set: MemberSet } | undefined;
  /** Why there is a snapshot and it does not count. */
  voidBecause: string | undefined;
  /** How many it holds by what the journal and LINE tell, as far as they do. */
  baselines: readonly Baseline[];
  /** When anything was uploaded last, in milliseconds since the epoch. */
  uploadedMs: number | undefined;
}

export interface Baseline {
  count: number;
  unit: Shrink['unit'];
  /** By ADDs alone, of which some may have added the same people. */
  isGuess: boolean;
}

export interface LastUploadInput {
  sync: SyncConfig;
  journal: Journal;
  /** Of the last success of this sync. */
  snapshot: Snapshot | undefined;
  /** Undefined when it has yet to be created. */
  audience: Audience | undefined;
  /** The audience's uploads as the destination lists them. */
  listed: readonly RemoteUpload[];
}

/**
 * The snapshot counts if it is of this audience, was made under the settings of today and is whole on the disk, and if
 * LINE lists its newest upload and none that was not listed when it was taken: then the audience has not changed since.
 */
export async function recallLastUpload(input: LastUploadInput): Promise<LastUpload> {
  const { sync, journal, snapshot, audience, listed } = input;
  const [newest] = newestFirst(listed);
  const byLine = { known: undefined, baselines: baselinesOf(listed), uploadedMs: newest?.createdMs ?? undefined };
  if (snapshot === undefined) return { ...byLine, voidBecause: undefined };
  if (snapshot.audienceId !== audience?.id)
    return { ...byLine, voidBecause: `it is of audience ${snapshot.audienceId}` };

  const members = { count: snapshot.set.count, unit: 'members', isGuess: false } as const;
  const byJournal = { known: undefined, baselines: [members], uploadedMs: snapshot.takenMs };
  if (!snapshot.isCurrent) return { ...byJournal, voidBecause: 'a later run began to upload and did not succeed' };
  if (newest === undefined) return { ...byJournal, voidBecause: 'LINE lists no upload to this audience any more' };
  const voidBecause = whyUploadsDiffer(snapshot, listed);
  if (voidBecause !== undefined) return { ...byJournal, baselines: [members, ...byLine.baselines], voidBecause };
  if (snapshot.membership !== journal.keyed(membershipSettings(sync)))
    return {
      ...byJournal,
      voidBecause: 'mode, columns, country, phone forms or the setting of hashes have changed',
    };
  const { sets } = journal;
  if (!(await sets.isIntact(snapshot.set))) return { ...byJournal, voidBecause: 'its file is gone or damaged' };
  return { ...byJournal, known: { snapshot, set: await sets.open(snapshot.set) }, voidBecause: undefined };
}

function whyUploadsDiffer({ uploadId, uploadsListed }: Snapshot, listed: readonly RemoteUpload[]): string | undefined {
  if (uploadsListed.length === 0) return 'it was taken by a version that did not note which uploads LINE listed';
  const [unknown] = newestFirst(listed.filter(({ id }) => !uploadsListed.includes(id)));
  if (unknown !== undefined)
    return `somebody else has uploaded since, or an upload of ours came late (job ${unknown.id})`;
  if (!listed.some(({ id }) => id === uploadId)) return `LINE does not list its last upload any more (job ${uploadId})`;
  return undefined;
}

const dayMs = 86_400_000;

/** Whether the whole set is to be sent whatever has changed. A clock that was set back since counts as due. */
export function isRefreshDue({ known }: LastUpload, { isFull, clock, config }: RunContext): boolean {
  if (isFull || known === undefined) return isFull;
  const ageMs = clock.now() - known.snapshot.fullMs;
  return ageMs < 0 || ageMs >= config.plan.fullRefreshDays * dayMs;
}

/**
 * Lines that the audience holds by the list of its uploads: those of the last upload that replaced and of later ones. If
 * none replaced, as for an audience that was filled by adding, those of all uploads.
 */
export function baselinesOf(listed: readonly RemoteUpload[]): Baseline[] {
  const counted = newestFirst(listed).flatMap(({ state, effect, processed }) =>
    state === 'finished' && processed !== null ? [{ effect, processed }] : [],
  );
  if (counted.length === 0) return [];
  const replaced = counted.findIndex(({ effect }) => effect === 'replace');
  const since = replaced < 0 ? counted : counted.slice(0, replaced + 1);
  const count = since.reduce((sum, { processed }) => sum + processed, 0);
  return [{ count, unit: 'lines', isGuess: replaced < 0 }];
}
