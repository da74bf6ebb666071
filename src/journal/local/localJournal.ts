import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ZodError, z } from 'zod';
import type { DeliveredBatch } from '../report/batches.ts';
import type { RunReport } from '../report/report.ts';
import { type KeptSets, openKeptSets } from './keptSets.ts';
import {
  findUnfinishedPlan,
  insertPlan,
  type NewPlan,
  planTables,
  type RecordedPlan,
  updateBatch,
  updateWatch,
} from './plans.ts';
import { json, keptSet } from './rows.ts';
import { type CursorRecord, findSnapshot, putCursor, putSnapshot, type Snapshot, snapshotTables } from './snapshots.ts';
import { asStateErrors, corrupt, openToRead, openToWrite, type Schema } from './sqlite.ts';
import { examineToRead } from './stateDirectory.ts';

/** A sync of an account: what plans and snapshots belong to. */
export interface SyncKey {
  accountId: string;
  syncName: string;
}

/** A run as `status` shows it; without a report it is still at work, or was killed. */
export interface RecordedRun {
  runId: string;
  command: string;
  startedMs: number;
  report: RunReport | null;
}

/** A Mirror that was refused for what it would remove, to be approved. */
export interface Refusal extends SyncKey {
  planId: string;
  audienceId: string;
  /** The snapshot's keyed digest; null without one. */
  snapshot: string | null;
  removes: number;
}

/**
 * The durable record of runs. A call is durable when it resolves, and rejects with a `state.*` error otherwise. Calls read
 * their arguments at once and take effect in the order in which they were made. The record holds no identifier, and no
 * digest that could name one without its key.
 */
export interface Journal extends AsyncDisposable {
  sets: KeptSets;
  /** Hex HMAC-SHA-256 with the random key of this state directory. */
  keyed(text: string): string;

  beginRun(run: Omit<RecordedRun, 'report'>): Promise<void>;
  endRun(runId: string, report: RunReport): Promise<void>;
  /** Newest first. */
  lastRuns(count: number): Promise<RecordedRun[]>;

  unfinishedPlan(key: SyncKey): Promise<RecordedPlan | undefined>;
  beginPlan(plan: NewPlan): Promise<RecordedPlan>;
  noteUploadsBefore(plan: RecordedPlan, ids: readonly string[]): Promise<void>;
  /** Called before an upload is sent: from then on the audience may differ from the snapshot. */
  noteIntent(plan: RecordedPlan, batch: DeliveredBatch): Promise<void>;
  noteAnswer(plan: RecordedPlan, batch: DeliveredBatch): Promise<void>;
  /** Also the plan's `uploadsListed` and `unplanned`. */
  noteUploads(plan: RecordedPlan, batches: readonly DeliveredBatch[]): Promise<void>;
  /** With the snapshot that a success leaves; without one, an older one goes. */
  succeed(plan: RecordedPlan, snapshot: Snapshot | undefined): Promise<void>;
  giveUp(plan: RecordedPlan, outcome: 'failed' | 'abandoned'): Promise<void>;

  snapshot(key: SyncKey): Promise<Snapshot | undefined>;
  forgetSnapshot(key: SyncKey): Promise<void>;
  /** When all that was read is in the snapshot already. */
  noteCursor(key: SyncKey, cursor: CursorRecord): Promise<void>;

  refuse(refusal: Refusal): Promise<void>;
  refusals(key: SyncKey): Promise<Refusal[]>;

  /** Removes the sets that are no longer needed, and all but the latest runs. */
  tidy(nowMs: number): Promise<void>;
}

/** The order of the runs is that of their rowids: a clock may have been wrong. */
const runsTable = `
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    report TEXT
  ) STRICT`;

const tables = `
  CREATE TABLE secret (key BLOB NOT NULL) STRICT;
  ${runsTable};
  ${planTables};
  ${snapshotTables};
  CREATE TABLE refusals (
    account_id TEXT NOT NULL,
    sync_name TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    audience_id TEXT NOT NULL,
    snapshot TEXT,
    removes INTEGER NOT NULL,
    PRIMARY KEY (account_id, sync_name, plan_id)
  ) STRICT, WITHOUT ROWID`;

const keyBytes = 32;

/**
 * To version 2: the digest of a set is one over all its records, and batches have none of their own. To version 3: the
 * jobs that LINE listed last, the uploads of others, and an order of the runs. To version 4: accounts with their platform,
 * and the states of uploads in words that no platform owns.
 */
const upgrades = [
  'ALTER TABLE batches DROP COLUMN keyed_digest; DELETE FROM snapshots',
  `ALTER TABLE plans ADD COLUMN jobs_listed TEXT;
   ALTER TABLE plans ADD COLUMN unplanned TEXT;
   ALTER TABLE snapshots ADD COLUMN jobs_listed TEXT;
   CREATE TEMP TABLE earlier_runs AS SELECT * FROM runs;
   DROP TABLE runs;
   ${runsTable};
   INSERT INTO runs (run_id, command, started_ms, report)
     SELECT run_id, command, started_ms, report FROM earlier_runs ORDER BY started_ms, run_id;
   DROP TABLE earlier_runs`,
  `UPDATE plans SET account_id = 'line_ads:' || account_id;
   UPDATE snapshots SET account_id = 'line_ads:' || account_id;
   UPDATE refusals SET account_id = 'line_ads:' || account_id;
   ALTER TABLE plans RENAME COLUMN jobs_before TO uploads_before;
   ALTER TABLE plans RENAME COLUMN jobs_listed TO uploads_listed;
   ALTER TABLE snapshots RENAME COLUMN job_id TO upload_id;
   ALTER TABLE snapshots RENAME COLUMN jobs_listed TO uploads_listed;
   ALTER TABLE batches RENAME COLUMN file_name TO label;
   ALTER TABLE batches RENAME COLUMN file_bytes TO bytes;
   ALTER TABLE batches RENAME COLUMN job_id TO upload_id;
   ALTER TABLE batches RENAME COLUMN job_status TO upload_status;
   ALTER TABLE batches RENAME COLUMN audience_count TO processed;
   ALTER TABLE batches ADD COLUMN upload_state TEXT;
   UPDATE batches SET action = lower(action), upload_state = CASE
     WHEN upload_id IS NULL THEN NULL
     WHEN lower(upload_status) IN ('finished', 'failed') THEN lower(upload_status)
     ELSE 'unfinished' END`,
];

/** Made with the tables, so that there is never a journal without a key. */
function schemaWithKey(): Schema {
  return { tables: `${tables}; INSERT INTO secret VALUES (x'${randomBytes(keyBytes).toString('hex')}')`, upgrades };
}

/** How many runs are remembered, and for how long what was left of syncs that no run asks for any more. */
const keptRuns = 100;
const keptMs = 30 * 86_400_000;

/** Opens the journal of a state directory: to write, which takes its lock; or only to read. */
export async function openJournal(directory: string, access: 'write' | 'read'): Promise<Journal> {
  const path = join(directory, 'journal.db');
  if (access === 'read') examineToRead(directory);
  const database = access === 'write' ? openToWrite(path, schemaWithKey()) : openToRead(path, schemaWithKey());
  const key = guard(() => z.instanceof(Uint8Array).parse(database.prepare('SELECT key FROM secret').get()?.key));
  const keyed = (text: string) => createHmac('sha256', key).update(text).digest('hex');
  const sets = openKeptSets(join(directory, 'members'), keyed);

  /** A row that was never written so is damage, as is a file that SQLite cannot read. */
  function guard<T>(work: () => T): T {
    return asStateErrors(
      path,
      () => {
        try {
          return work();
        } catch (error) {
          if (error instanceof ZodError) throw corrupt(path, 'it holds a row that was never written');
          throw error;
        }
      },
      access,
    );
  }

  function transact<T>(work: () => T): T {
    return guard(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    });
  }

  const endPlan = (plan: RecordedPlan, outcome: string) =>
    database.prepare('UPDATE plans SET outcome = ? WHERE row = ?').run(outcome, plan.row);
  const removeSnapshot = ({ accountId, syncName }: SyncKey) =>
    database.prepare('DELETE FROM snapshots WHERE account_id = ? AND sync_name = ?').run(accountId, syncName);
  const removeUnneeded = () => sets.removeAllBut(guard(() => neededFiles(database)));

  return {
    sets,
    keyed,
    beginRun: async ({ runId, command, startedMs }) =>
      guard(
        () =>
          void database
            .prepare('INSERT INTO runs (run_id, command, started_ms) VALUES (?, ?, ?)')
            .run(runId, command, startedMs),
      ),
    endRun: async (runId, report) =>
      guard(
        () => void database.prepare('UPDATE runs SET report = ? WHERE run_id = ?').run(JSON.stringify(report), runId),
      ),
    lastRuns: async (count) => guard(() => readRuns(database, count)),
    unfinishedPlan: async ({ accountId, syncName }) => guard(() => findUnfinishedPlan(database, accountId, syncName)),
    beginPlan: async (plan) => transact(() => insertPlan(database, plan)),
    noteUploadsBefore: async (plan, ids) =>
      guard(
        () =>
          void database
            .prepare('UPDATE plans SET uploads_before = ?, unplanned = NULL WHERE row = ?')
            .run(JSON.stringify(ids), plan.row),
      ),
    noteIntent: async (plan, batch) =>
      transact(() => {
        database
          .prepare('UPDATE snapshots SET is_current = 0 WHERE account_id = ? AND sync_name = ?')
          .run(plan.accountId, plan.syncName);
        updateBatch(database, plan.row, batch);
      }),
    noteAnswer: async (plan, batch) =>
      transact(() => {
        database
          .prepare('UPDATE plans SET audience_id = ?, audience_created = ? WHERE row = ?')
          .run(plan.audienceId, Number(plan.audienceCreated), plan.row);
        updateBatch(database, plan.row, batch);
      }),
    noteUploads: async (plan, batches) =>
      transact(() => {
        updateWatch(database, plan);
        for (const batch of batches) updateBatch(database, plan.row, batch);
      }),
    async succeed(plan, snapshot) {
      transact(() => {
        endPlan(plan, 'succeeded');
        database
          .prepare('DELETE FROM refusals WHERE account_id = ? AND sync_name = ?')
          .run(plan.accountId, plan.syncName);
        if (snapshot === undefined) removeSnapshot(plan);
        else putSnapshot(database, plan, snapshot);
      });
      await removeUnneeded();
    },
    async giveUp(plan, outcome) {
      transact(() => endPlan(plan, outcome));
      await removeUnneeded();
    },
    snapshot: async ({ accountId, syncName }) => guard(() => findSnapshot(database, accountId, syncName)),
    async forgetSnapshot(syncKey) {
      transact(() => removeSnapshot(syncKey));
      await removeUnneeded();
    },
    noteCursor: async (syncKey, cursor) => guard(() => putCursor(database, syncKey, cursor)),
    refuse: async (refusal) =>
      guard(
        () =>
          void database
            .prepare(
              `INSERT INTO refusals (account_id, sync_name, plan_id, audience_id, snapshot, removes)
               VALUES (:accountId, :syncName, :planId, :audienceId, :snapshot, :removes)
               ON CONFLICT DO UPDATE SET audience_id = excluded.audience_id, snapshot = excluded.snapshot,
                 removes = excluded.removes`,
            )
            .run({ ...refusal }),
      ),
    refusals: async (syncKey) => guard(() => readRefusals(database, syncKey)),
    async tidy(nowMs) {
      transact(() => forgetOld(database, nowMs));
      await removeUnneeded();
    },
    [Symbol.asyncDispose]: async () => database.close(),
  };
}

/** After a failed COMMIT there may be nothing to roll back. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // The first error tells.
  }
}

const runRow = z.object({
  run_id: z.string(),
  command: z.string(),
  started_ms: z.int(),
  report: json.pipe(z.custom<RunReport>((value) => typeof value === 'object' && value !== null)).nullable(),
});

function readRuns(database: DatabaseSync, count: number): RecordedRun[] {
  const rows = database.prepare('SELECT * FROM runs ORDER BY rowid DESC LIMIT ?').all(count);
  return z
    .array(runRow)
    .parse(rows)
    .map(({ run_id, command, started_ms, report }) => ({ runId: run_id, command, startedMs: started_ms, report }));
}

const refusalRow = z.object({
  plan_id: z.string(),
  audience_id: z.string(),
  snapshot: z.string().nullable(),
  removes: z.int(),
});

function readRefusals(database: DatabaseSync, { accountId, syncName }: SyncKey): Refusal[] {
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

const setRow = z.object({ kept: keptSet });

/** The files of the sets that unfinished plans and snapshots hold. */
function neededFiles(database: DatabaseSync): Set<string> {
  const rows = database
    .prepare(
      `SELECT lines_set AS kept FROM plans WHERE outcome IS NULL
       UNION ALL SELECT next_set FROM plans WHERE outcome IS NULL
       UNION ALL SELECT members_set FROM snapshots`,
    )
    .all();
  return new Set(
    z
      .array(setRow)
      .parse(rows)
      .map(({ kept }) => kept.file),
  );
}

/** A plan that is dated far ahead was made by a wrong clock, so its age is not known either. */
function forgetOld(database: DatabaseSync, nowMs: number): void {
  database
    .prepare(`UPDATE plans SET outcome = 'abandoned' WHERE outcome IS NULL AND abs(planned_ms - ?) > ?`)
    .run(nowMs, keptMs);
  const recent = 'SELECT run_id FROM runs ORDER BY rowid DESC LIMIT ?';
  database
    .prepare(
      `DELETE FROM plans WHERE outcome IS NOT NULL AND run_id NOT IN (${recent})
         AND row NOT IN (SELECT plan FROM snapshots)`,
    )
    .run(keptRuns);
  database
    .prepare(`DELETE FROM runs WHERE run_id NOT IN (${recent}) AND run_id NOT IN (SELECT run_id FROM plans)`)
    .run(keptRuns);
}
