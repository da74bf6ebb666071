import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestBytes } from '../identifiers/kinds.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import { guardState } from '../system/stateErrors.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { MemberSet, SealedSet } from './memberSet.ts';
import { createSortedWriter, openCursor, type SortedCursor, type SortedWriter } from './sortedSets.ts';

/** What a desired set has that a snapshot lacks, and the other way round; `added + unchanged` are the desired members. */
export interface Difference {
  added: number;
  removed: number;
  /** In both: `removed + unchanged` are the snapshot's members. */
  unchanged: number;
  /** Of the unchanged, phones that the source now gives in more forms, and in fewer. */
  gained: number;
  lost: number;
  /** The members to send so that everybody desired is there: those added and those that gained a form. */
  toSend: SealedSet;
  /** Everybody of both sets, when that was asked for. */
  union: SealedSet | undefined;
}

export interface DifferenceOptions {
  identifierType: IdentifierType;
  /** A folder of its own, made here with access for this user only. */
  directory: string;
  wantsUnion: boolean;
  signal: AbortSignal;
}

/** Walks two sets of the same layout side by side, in memory that does not grow with them. */
export async function compareSets(
  desired: MemberSet,
  snapshot: MemberSet,
  { identifierType, directory, wantsUnion, signal }: DifferenceOptions,
): Promise<Difference> {
  const layout = layoutOf(identifierType, desired.recordBytes);
  await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  await using toSend = await createSortedWriter(join(directory, 'to-send'), layout);
  await using union = wantsUnion ? await createSortedWriter(join(directory, 'union'), layout) : undefined;
  await using wanted = openCursor(desired);
  await using known = openCursor(snapshot);
  const counts = { added: 0, removed: 0, unchanged: 0, gained: 0, lost: 0 };
  while ((await wanted.fill()) || (await known.fill())) {
    signal.throwIfAborted();
    await known.fill();
    walk(wanted, known, layout, { counts, toSend, union });
    await toSend.flush();
    await union?.flush();
  }
  return { ...counts, toSend: await toSend.seal(), union: await union?.seal() };
}

interface Walked {
  counts: Omit<Difference, 'toSend' | 'union'>;
  toSend: SortedWriter;
  union: SortedWriter | undefined;
}

/** Goes on until one of the cursors has to be filled; one whose set has ended has nothing left to be compared with. */
function walk(wanted: SortedCursor, known: SortedCursor, layout: Layout, { counts, toSend, union }: Walked): void {
  const { recordBytes } = layout;
  while ((wanted.hasRecord() || wanted.isEnded()) && (known.hasRecord() || known.isEnded())) {
    if (!wanted.hasRecord() && !known.hasRecord()) return;
    const order = compareCursors(wanted, known, layout);
    if (order < 0) {
      counts.added++;
      toSend.add(wanted.records, wanted.at);
      union?.add(wanted.records, wanted.at);
    } else if (order > 0) {
      counts.removed++;
      union?.add(known.records, known.at);
    } else {
      counts.unchanged++;
      const { gained, lost } = compareForms(wanted, known, recordBytes);
      if (gained) counts.gained++;
      if (lost) counts.lost++;
      if (gained) toSend.add(wanted.records, wanted.at);
      union?.add(wanted.records, wanted.at);
      if (lost) union?.merge(known.records, known.at);
    }
    if (order <= 0) wanted.at += recordBytes;
    if (order >= 0) known.at += recordBytes;
  }
}

function compareCursors(wanted: SortedCursor, known: SortedCursor, layout: Layout): number {
  if (!wanted.hasRecord()) return 1;
  return known.hasRecord() ? layout.compare(wanted.records, wanted.at, known.records, known.at) : -1;
}

const noForm = Buffer.alloc(digestBytes);

/** The forms behind the first, which is the key; where a form differs, the old one is lost and the new one gained. */
function compareForms(
  wanted: SortedCursor,
  known: SortedCursor,
  recordBytes: number,
): { gained: boolean; lost: boolean } {
  const found = { gained: false, lost: false };
  for (let slot = digestBytes; slot + digestBytes <= recordBytes; slot += digestBytes) {
    const now = wanted.records.subarray(wanted.at + slot, wanted.at + slot + digestBytes);
    const before = known.records.subarray(known.at + slot, known.at + slot + digestBytes);
    if (now.equals(before)) continue;
    found.gained ||= !now.equals(noForm);
    found.lost ||= !before.equals(noForm);
  }
  return found;
}
