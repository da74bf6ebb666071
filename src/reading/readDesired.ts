import { join } from 'node:path';
import { kinds } from '../identifiers/kinds.ts';
import type { SealedSet } from '../members/memberSet.ts';
import { withoutSuppressed } from '../members/suppress.ts';
import { collectLines } from '../members/uploadLines.ts';
import { type CursorRead, cursorToReadFrom } from './cursor.ts';
import type { ReadingRun } from './readingRun.ts';
import type { Read } from './readTogether.ts';

/** The desired members of a sync, and the count of all other cells. */
export interface DesiredMembers extends Omit<Read, 'cursor' | 'counts'> {
  counts: Read['counts'] & { suppressed: number };
  /** One record a line of all members. */
  lines: SealedSet;
  /** The lines of each suppression list's entries. */
  suppressionLists: readonly SealedSet[];
  /** Undefined for a sync without a cursor. */
  cursor: CursorRead | undefined;
}

/** Reads the source to its end, and removes the members that are on a suppression list. */
export async function readDesired(run: ReadingRun, suppressionLists: readonly SealedSet[]): Promise<DesiredMembers> {
  const from = await cursorToReadFrom(run);
  const { cursor: greatest, ...read } = await run.reads.read({
    sync: run.sync,
    cursor: from && { column: from.column, after: from.after },
    lastMembers: from === undefined ? ((await run.journal.snapshot(run.key))?.set.count ?? 0) : 0,
  });
  const forSets = { kind: kinds[run.sync.identifierType], workers: run.workers, signal: run.signal };
  const folder = join(read.directory, 'suppressed');
  const kept = await withoutSuppressed(read.members, suppressionLists, folder, forSets);
  const lines = await collectLines(kept, join(read.directory, 'lines'), forSets);
  const suppressed = read.counts.members - kept.count;
  return {
    ...read,
    counts: { ...read.counts, members: kept.count, suppressed },
    members: kept,
    lines,
    suppressionLists,
    cursor: from && { ...from, greatest },
  };
}
