import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { guardState } from '../system/stateErrors.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { MemberContext, MemberSet, SealedSet } from './memberSet.ts';
import { mergeJoin } from './mergeJoin.ts';
import { createSortedWriter, type RecordPlace } from './sortedSets.ts';

/** The members that only one of a desired set and a snapshot has. `added + unchanged` are the desired members. */
export interface Difference {
  added: number;
  removed: number;
  /** Members of both: `removed + unchanged` are the members of the snapshot. */
  unchanged: number;
  /** Unchanged phones that the source now gives in more forms, and in fewer. */
  gained: number;
  lost: number;
  /** The members that an addition must send: those added and those that gained a form. */
  toSend: SealedSet;
  /** The members of both sets together, if `wantsUnion`. */
  union: SealedSet | undefined;
}

export interface DifferenceOptions extends Pick<MemberContext, 'kind' | 'signal'> {
  /** A new folder, created here with access for this user only. */
  directory: string;
  wantsUnion: boolean;
}

/** Compares two sets of the same layout, in memory that does not grow with them. */
export async function compareSets(
  desired: MemberSet,
  snapshot: MemberSet,
  { kind, directory, wantsUnion, signal }: DifferenceOptions,
): Promise<Difference> {
  const layout = layoutOf(kind, desired.recordBytes);
  await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  await using toSend = await createSortedWriter(join(directory, 'to-send'), layout);
  await using union = wantsUnion ? await createSortedWriter(join(directory, 'union'), layout) : undefined;
  const counts = { added: 0, removed: 0, unchanged: 0, gained: 0, lost: 0 };
  await mergeJoin(desired, snapshot, {
    compare: layout.compare,
    rightMatches: 'one',
    signal,
    onlyLeft(added) {
      counts.added++;
      toSend.add(added);
      union?.add(added);
    },
    onlyRight(removed) {
      counts.removed++;
      union?.add(removed);
    },
    inBoth(now, before) {
      counts.unchanged++;
      const { gained, lost } = compareForms(now, before, layout);
      if (gained) counts.gained++;
      if (lost) counts.lost++;
      if (gained) toSend.add(now);
      union?.add(now);
      if (lost) union?.merge(before);
    },
    async afterPart() {
      await toSend.flush();
      await union?.flush();
    },
  });
  return { ...counts, toSend: await toSend.seal(), union: await union?.seal() };
}

/**
 * Compares the forms behind the first, which is the key. A form that differs is a loss of the old and a gain of the new
 * one.
 */
function compareForms(
  now: RecordPlace,
  before: RecordPlace,
  { recordBytes, keyBytes }: Layout,
): { gained: boolean; lost: boolean } {
  const found = { gained: false, lost: false };
  for (let form = keyBytes; form < recordBytes; form += keyBytes) {
    const [atNow, atBefore] = [now.at + form, before.at + form];
    if (now.records.compare(before.records, atBefore, atBefore + keyBytes, atNow, atNow + keyBytes) === 0) continue;
    found.gained ||= hasForm(now.records, atNow, keyBytes);
    found.lost ||= hasForm(before.records, atBefore, keyBytes);
  }
  return found;
}

/** Returns true unless the form at `at` is absent, and so all zero. */
function hasForm(records: Buffer, at: number, keyBytes: number): boolean {
  for (let byte = at; byte < at + keyBytes; byte++) if (records[byte] !== 0) return true;
  return false;
}
