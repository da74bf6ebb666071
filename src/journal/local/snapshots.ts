import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { SyncKey } from '../journal.ts';
import type { CursorRecord, Snapshot } from '../snapshots.ts';
import { cursorRecord, keptSet, texts, toJson } from './rows.ts';

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

export function findSnapshot(database: DatabaseSync, { accountId, syncName }: SyncKey): Snapshot | undefined {
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
  { accountId, syncName }: SyncKey,
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
      uploadsListed: toJson(uploadsListed),
      set: toJson(set),
      cursor: toJson(cursor),
      isCurrent: Number(isCurrent),
    });
}

export function putCursor(database: DatabaseSync, { accountId, syncName }: SyncKey, cursor: CursorRecord): void {
  database
    .prepare('UPDATE snapshots SET cursor = ? WHERE account_id = ? AND sync_name = ?')
    .run(toJson(cursor), accountId, syncName);
}

/** Called before a later plan sends: the audience may then differ from the snapshot. */
export function markOutdated(database: DatabaseSync, { accountId, syncName }: SyncKey): void {
  database
    .prepare('UPDATE snapshots SET is_current = 0 WHERE account_id = ? AND sync_name = ?')
    .run(accountId, syncName);
}

export function deleteSnapshot(database: DatabaseSync, { accountId, syncName }: SyncKey): void {
  database.prepare('DELETE FROM snapshots WHERE account_id = ? AND sync_name = ?').run(accountId, syncName);
}
