import { type SyncConfig, sourceOf } from '../config/schema.ts';
import { isRefreshDue, recallLastUpload } from '../journal/lastUpload.ts';
import { sourceSettings } from '../journal/settings.ts';
import type { ReadingRun } from './readingRun.ts';

/** A read that begins behind a value of the cursor column, or at the start where `after` is null. */
export interface CursorFrom {
  column: string;
  after: string | null;
  /** Keyed digest of the source and the column that the value is of. */
  origin: string;
}

export interface CursorRead extends CursorFrom {
  /** The greatest value when the read began; null where there were no rows. */
  greatest: string | null;
}

/** The start of the first read of a sync with a cursor. */
export function startOf({ cursor }: SyncConfig): { column: string; after: null } | undefined {
  return cursor && { column: cursor.column, after: null };
}

/**
 * Returns the start of an incremental read: behind the rows of the last success, if its snapshot still stands for the
 * members that the audience holds. Otherwise, and when a refresh is due, all rows are read.
 */
export async function cursorToReadFrom(run: ReadingRun): Promise<CursorFrom | undefined> {
  const { sync, audience, destination, journal, config } = run;
  const first = startOf(sync);
  if (first === undefined) return undefined;
  const origin = journal.keyed(JSON.stringify([sourceSettings(sourceOf(config, sync)), first.column]));
  const snapshot = await journal.snapshot(run.key);
  const start = { ...first, origin };
  if (snapshot?.cursor?.origin !== origin || audience === undefined) return start;
  const listed = await destination.uploadsTo(audience.id);
  const last = await recallLastUpload({ sync, journal, snapshot, audience, listed });
  if (last.known === undefined || isRefreshDue(last, run)) return start;
  return { ...start, after: snapshot.cursor.value };
}
