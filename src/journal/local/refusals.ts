import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Refusal, SyncKey } from '../journal.ts';

export function putRefusal(database: DatabaseSync, refusal: Refusal): void {
  database
    .prepare(
      `INSERT INTO refusals (account_id, sync_name, plan_id, audience_id, snapshot, removes)
       VALUES (:accountId, :syncName, :planId, :audienceId, :snapshot, :removes)
       ON CONFLICT DO UPDATE SET audience_id = excluded.audience_id, snapshot = excluded.snapshot,
         removes = excluded.removes`,
    )
    .run({ ...refusal });
}

const refusalRow = z.object({
  plan_id: z.string(),
  audience_id: z.string(),
  snapshot: z.string().nullable(),
  removes: z.int(),
});

export function findRefusals(database: DatabaseSync, { accountId, syncName }: SyncKey): Refusal[] {
  const rows = database
    .prepare('SELECT * FROM refusals WHERE account_id = ? AND sync_name = ?')
    .all(accountId, syncName);
  return z
    .array(refusalRow)
    .parse(rows)
    .map(({ plan_id, audience_id, snapshot, removes }) => ({
      accountId,
      syncName,
      planId: plan_id,
      audienceId: audience_id,
      snapshot,
      removes,
    }));
}

export function deleteRefusals(database: DatabaseSync, { accountId, syncName }: SyncKey): void {
  database.prepare('DELETE FROM refusals WHERE account_id = ? AND sync_name = ?').run(accountId, syncName);
}
