import type { Layout } from './layout.ts';
import type { MemberSet } from './memberSet.ts';
import { openCursor, type RecordPlace, type SortedCursor } from './sortedSets.ts';

/** A merge join of two sorted sets. */
export interface MergeJoin {
  /** The order of both sets. */
  compare: Layout['compare'];
  /** Whether a record of the right set matches one record of the left set or may match several. */
  rightMatches: 'one' | 'several';
  signal: AbortSignal;
  /** Receives the records that match none of the other set. Without `onlyRight` the join ends with the left set. */
  onlyLeft?(left: RecordPlace): void;
  onlyRight?(right: RecordPlace): void;
  inBoth?(left: RecordPlace, right: RecordPlace): void;
  /** Runs after each part of the sets that was in memory, to write or free the results so far. */
  afterPart(): Promise<void>;
}

/** Reads two sets side by side, in memory that does not grow with them. */
export async function mergeJoin(left: MemberSet, right: MemberSet, join: MergeJoin): Promise<void> {
  await using ofLeft = openCursor(left);
  await using ofRight = openCursor(right);
  while ((await ofLeft.fill()) || (join.onlyRight !== undefined && (await ofRight.fill()))) {
    join.signal.throwIfAborted();
    await ofRight.fill();
    joinPart(ofLeft, ofRight, join);
    await join.afterPart();
  }
}

/** Continues until one of the cursors must be filled or both sets have ended. */
function joinPart(left: SortedCursor, right: SortedCursor, join: MergeJoin): void {
  const advancesBoth = join.rightMatches === 'one';
  while ((left.hasRecord() || left.isEnded()) && (right.hasRecord() || right.isEnded())) {
    if (!left.hasRecord() && !right.hasRecord()) return;
    const order = compareCursors(left, right, join);
    if (order < 0) join.onlyLeft?.(left);
    else if (order > 0) join.onlyRight?.(right);
    else join.inBoth?.(left, right);
    if (order <= 0) left.at += left.recordBytes;
    if (order > 0 || (order === 0 && advancesBoth)) right.at += right.recordBytes;
  }
}

/** A set that has ended sorts behind the other one. */
function compareCursors(left: SortedCursor, right: SortedCursor, { compare }: MergeJoin): number {
  if (!left.hasRecord()) return 1;
  return right.hasRecord() ? compare(left.records, left.at, right.records, right.at) : -1;
}
