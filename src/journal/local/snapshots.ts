import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { KeptSet } from './keptSets.ts';
import { json, keptSet, texts } from './rows.ts';

/** How far a sync with a cursor has read. */
export interface CursorRecord {
  /** Keyed digest of the source and the column. */
  origin: string;
  /** The greatest value of the column, as text. */
  value: string;
}

export const cursorRecord = json.pipe(z.object({ origin: z.string(), value: z.string() })).nullable();

/** The member set that the audience held after the last success of a sync. */
export interface Snapshot {
  /** The plan that succeeded: its key in the journal. */
  planRow: number;
  /** Keyed digest of `membershipSettings`. */
  membership: string;
  audienceId: string;
  /** The newest of the plan's uploads, as far as it was listed. */
  uploadId: string | null;
  /** The uploads that were listed when the plan succeeded. */
  uploadsListed: readonly string[];
  /** When the plan succeeded, and when the whole set was sent last. */
  takenMs: number;
  fullMs: number;
  set: KeptSet;
  cursor: CursorRecord | null;
  /** False from the moment that a later plan begins to send. */
  isCurrent: boolean;
}

export const snapshotTables = `
  CREATE TABLE snapshots (
    account_id TEXT NOT NULL,
    sync_name TEXT NOT NULL,
    plan INTEGER NOT NULL REFERENCES plans,
    membership TEXT NOT NULL,
    audience_id TEXT NOT NULL,
    upload_id TEXT,
    uploads_listed TEXT,
    taken_ms INTEGER NOT NULL,
    full_ms INTEGER NOT NULL,
    members_set TEXT NOT NULL,
    cursor TEXT,
    is_current INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (account_id, sync_name)
  ) STRICT, WITHOUT ROWID`;

const snapshotRow = z.object({
  plan: z.int(),
  membership: z.string(),
  audience_id: z.string(),
  upload_id: z.string().nullable(),
  uploads_listed: texts,
  taken_ms: z.int(),
  full_ms: z.int(),
  members_set: keptSet,
  cursor: cursorRecord,
  is_current: z.int().transform(Boolean),
});

export function findSnapshot(database: DatabaseSync, accountId: string, syncName: string): Snapshot | undefined {
  const found = database
    .prepare('SELECT * FROM snapshots WHERE account_id = ? AND sync_name = ?')
    .get(accountId, syncName);
  if (found === undefined) return undefined;
  const row = snapshotRow.parse(found);
  return {
    planRow: row.plan,
    membership: row.membership,
    audienceId: row.audience_id,
    uploadId: row.upload_id,
    uploadsListed: row.uploads_listed,
    takenMs: row.taken_ms,
    fullMs: row.full_ms,
    set: row.members_set,
    cursor: row.cursor,
    isCurrent: row.is_current,
  };
}

export function putSnapshot(
  database: DatabaseSync,
  { accountId, syncName }: { accountId: string; syncName: string },
  { isCurrent, set, cursor, uploadsListed, ...snapshot }: Snapshot,
): void {
  database
    .prepare(
      `INSERT INTO snapshots
         (account_id, sync_name, plan, membership, audience_id, upload_id, uploads_listed, taken_ms, full_ms, members_set, cursor, is_current)
       VALUES (:accountId, :syncName, :planRow, :membership, :audienceId, :uploadId, :uploadsListed, :takenMs, :fullMs, :set, :cursor, :isCurrent)
       ON CONFLICT DO UPDATE SET plan = excluded.plan, membership = excluded.membership,
         audience_id = excluded.audience_id, upload_id = excluded.upload_id, uploads_listed = excluded.uploads_listed,
         taken_ms = excluded.taken_ms, full_ms = excluded.full_ms, members_set = excluded.members_set,
         cursor = excluded.cursor, is_current = excluded.is_current`,
    )
    .run({
      accountId,
      syncName,
      ...snapshot,
      uploadsListed: JSON.stringify(uploadsListed),
      set: JSON.stringify(set),
      cursor: cursorText(cursor),
      isCurrent: Number(isCurrent),
    });
}

/** A sync with a cursor has read on and found nothing to send. */
export function putCursor(
  database: DatabaseSync,
  { accountId, syncName }: { accountId: string; syncName: string },
  cursor: CursorRecord,
): void {
  database
    .prepare('UPDATE snapshots SET cursor = ? WHERE account_id = ? AND sync_name = ?')
    .run(cursorText(cursor), accountId, syncName);
}

export function cursorText(cursor: CursorRecord | null): string | null {
  return cursor && JSON.stringify(cursor);
}
