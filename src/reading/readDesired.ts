import { join } from 'node:path';
import type { SyncConfig } from '../config/schema.ts';
import type { Audience } from '../destinations/lineAds/schemas.ts';
import { kinds } from '../identifiers/kinds.ts';
import { syncKeyOf } from '../journal/journal.ts';
import type { SealedSet } from '../members/memberSet.ts';
import { withoutSuppressed } from '../members/suppress.ts';
import { collectLines } from '../members/uploadLines.ts';
import type { SyncReport } from '../report/report.ts';
import type { RunContext } from '../run/context.ts';
import { type CursorRead, cursorToReadFrom } from './cursor.ts';
import type { Read } from './readTogether.ts';

/** The desired members of a sync, and what became of every other cell. */
export interface DesiredMembers extends Omit<Read, 'cursor' | 'counts'> {
  counts: Read['counts'] & { suppressed: number };
  /** One record a line of all members. */
  lines: SealedSet;
  /** For each suppression list, every line that one of them could be. */
  suppressionLists: readonly SealedSet[];
  /** How far a read by cursor has come. */
  cursor: CursorRead | undefined;
}

/** Reads the suppression lists and the source to their ends. Nothing is sent before that. */
export async function readDesired(
  sync: SyncConfig,
  audience: Audience | undefined,
  report: SyncReport,
  context: RunContext,
): Promise<DesiredMembers> {
  const suppressionLists = await context.suppressions.of(sync, report);
  const from = await cursorToReadFrom(sync, audience, context);
  const { cursor: greatest, ...read } = await context.reads.read({
    sync,
    cursor: from && { column: from.column, after: from.after },
    lastMembers: from === undefined ? (context.journal.snapshot(syncKeyOf(context.config, sync))?.set.count ?? 0) : 0,
  });
  const { workers, signal } = context;
  const forSets = { kind: kinds[sync.identifierType], workers, signal };
  const suppressed = join(read.directory, 'suppressed');
  const kept = await withoutSuppressed(read.members, suppressionLists, suppressed, forSets);
  const lines = await collectLines(kept, join(read.directory, 'lines'), forSets);
  const removed = read.counts.members - kept.count;
  const counts = { ...read.counts, members: kept.count, suppressed: removed };
  Object.assign(report.counts, counts, { lines: lines.count });
  report.rejects = read.rejects;
  report.rejectExamples = read.rejectExamples;
  return { ...read, counts, members: kept, lines, suppressionLists, cursor: from && { ...from, greatest } };
}
