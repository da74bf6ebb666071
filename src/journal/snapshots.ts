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

/** The member set that LINE held after the last success of a sync. */
export interface Snapshot {
  /** The plan that succeeded: its key in the journal. */
  planRow: number;
  /** Keyed digest of `membershipSettings`. */
  membership: string;
  audienceId: string;
  /** The newest of the plan's jobs, as far as LINE told. */
  jobId: string | null;
  /** The jobs that LINE listed when the plan succeeded. */
  jobsListed: readonly string[];
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
    job_id TEXT,
    jobs_listed TEXT,
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
  job_id: z.string().nullable(),
  jobs_listed: texts,
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
    jobId: row.job_id,
    jobsListed: row.jobs_listed,
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
  { isCurrent, set, cursor, jobsListed, ...snapshot }: Snapshot,
): void {
  database
    .prepare(
      `INSERT OR REPLACE INTO snapshots
         (account_id, sync_name, plan, membership, audience_id, job_id, jobs_listed, taken_ms, full_ms, members_set, cursor, is_current)
       VALUES (:accountId, :syncName, :planRow, :membership, :audienceId, :jobId, :jobsListed, :takenMs, :fullMs, :set, :cursor, :isCurrent)`,
    )
    .run({
      accountId,
      syncName,
      ...snapshot,
      jobsListed: JSON.stringify(jobsListed),
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
