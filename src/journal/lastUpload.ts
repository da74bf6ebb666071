import type { Clock } from '../clock.ts';
import type { Config, SyncConfig } from '../config/schema.ts';
import type { Audience, RemoteUpload } from '../destinations/destination.ts';
import { newestFirst } from '../destinations/remoteUploads.ts';
import type { MemberSet } from '../members/memberSet.ts';
import type { Journal } from './journal.ts';
import { membershipSettings } from './settings.ts';
import type { Snapshot } from './snapshots.ts';

/** The members that an audience holds, as far as they are known. */
export interface LastUpload {
  /** The member set, if it can be relied on. */
  known: { snapshot: Snapshot; set: MemberSet } | undefined;
  /** The reason why the snapshot does not count. Undefined if it counts, and without a snapshot. */
  voidBecause: string | undefined;
  /** The numbers of members or lines by the journal and by the destination's list of uploads. */
  baselines: readonly Baseline[];
  /** Time of the last upload, in milliseconds since the epoch. */
  uploadedMs: number | undefined;
}

export interface Baseline {
  count: number;
  /** The destination tells lines only. */
  unit: 'members' | 'lines';
  /** Whether it is a sum over uploads that only add, which may have added the same members. */
  isGuess: boolean;
}

export interface LastUploadInput {
  sync: SyncConfig;
  journal: Journal;
  /** The snapshot of this sync's last success. */
  snapshot: Snapshot | undefined;
  /** Undefined while the audience has yet to be created. */
  audience: Audience | undefined;
  /** The audience's uploads as the destination lists them. */
  listed: readonly RemoteUpload[];
}

/**
 * The snapshot counts if it belongs to this audience, was taken under the current settings and is undamaged, and if the
 * destination lists its newest upload and none that was not listed when it was taken. Then the audience has not changed.
 */
export async function recallLastUpload(input: LastUploadInput): Promise<LastUpload> {
  const { sync, journal, snapshot, audience, listed } = input;
  const [newest] = newestFirst(listed);
  const byDestination = {
    known: undefined,
    baselines: baselinesOf(listed),
    uploadedMs: newest?.createdMs ?? undefined,
  };
  if (snapshot === undefined) return { ...byDestination, voidBecause: undefined };
  if (snapshot.audienceId !== audience?.id)
    return { ...byDestination, voidBecause: `it belongs to audience ${snapshot.audienceId}` };

  const members = { count: snapshot.set.count, unit: 'members', isGuess: false } as const;
  const byJournal = { known: undefined, baselines: [members], uploadedMs: snapshot.takenMs };
  if (!snapshot.isCurrent) return { ...byJournal, voidBecause: 'a later run started to upload and did not succeed' };
  if (newest === undefined) return { ...byJournal, voidBecause: 'LINE no longer lists any upload to this audience' };
  const voidBecause = whyUploadsDiffer(snapshot, listed);
  if (voidBecause !== undefined) return { ...byJournal, baselines: [members, ...byDestination.baselines], voidBecause };
  if (snapshot.membership !== journal.keyed(membershipSettings(sync)))
    return {
      ...byJournal,
      voidBecause: 'mode, columns, country, phoneFormats or hashed has changed',
    };
  const { sets } = journal;
  if (!(await sets.isIntact(snapshot.set))) return { ...byJournal, voidBecause: 'its file is missing or damaged' };
  return { ...byJournal, known: { snapshot, set: await sets.open(snapshot.set) }, voidBecause: undefined };
}

function whyUploadsDiffer({ uploadId, uploadsListed }: Snapshot, listed: readonly RemoteUpload[]): string | undefined {
  if (uploadsListed.length === 0) return 'an earlier version took it without the list of uploads at LINE';
  const [unknown] = newestFirst(listed.filter(({ id }) => !uploadsListed.includes(id)));
  if (unknown !== undefined)
    return `the audience has received another upload since, from another program or a late one of this sync (job ${unknown.id})`;
  if (!listed.some(({ id }) => id === uploadId)) return `LINE no longer lists its last upload (job ${uploadId})`;
  return undefined;
}

const dayMs = 86_400_000;

/** The settings that decide when the whole set is sent. */
export interface RefreshRules {
  /** `--full`. */
  isFull: boolean;
  config: Pick<Config, 'plan'>;
  clock: Clock;
}

/** Returns whether the whole set must be sent regardless of changes. A clock that was set back since counts as due. */
export function isRefreshDue({ known }: LastUpload, { isFull, config, clock }: RefreshRules): boolean {
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
