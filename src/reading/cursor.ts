import { type SyncConfig, sourceOf } from '../config/schema.ts';
import type { Audience } from '../destinations/destination.ts';
import { isRefreshDue, recallLastUpload } from '../journal/lastUpload.ts';
import { sourceSettings, syncKeyOf } from '../journal/settings.ts';
import type { RunContext } from '../run/context.ts';

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

/** The first read of a sync with a cursor. */
export function startOf({ cursor }: SyncConfig): { column: string; after: null } | undefined {
  return cursor && { column: cursor.column, after: null };
}

/**
 * Where an incremental read begins: behind what the last success read, as long as its snapshot stands for the members
 * that LINE holds. Otherwise, and when a refresh is due, all rows are read.
 */
export async function cursorToReadFrom(
  sync: SyncConfig,
  audience: Audience | undefined,
  context: RunContext,
): Promise<CursorFrom | undefined> {
  const first = startOf(sync);
  if (first === undefined) return undefined;
  const { destination, journal, config } = context;
  const origin = journal.keyed(JSON.stringify([sourceSettings(sourceOf(config, sync)), first.column]));
  const snapshot = await journal.snapshot(syncKeyOf(config, sync));
  const start = { ...first, origin };
  if (snapshot?.cursor?.origin !== origin || audience === undefined) return start;
  const listed = await destination.uploadsTo(audience.id);
  const last = await recallLastUpload({ sync, journal, snapshot, audience, listed });
  if (last.known === undefined || isRefreshDue(last, context)) return start;
  return { ...start, after: snapshot.cursor.value };
}
