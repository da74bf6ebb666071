import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { PlannedBatch } from '../planning/plan.ts';
import { type DeliveredBatch, type Fate, fates, startBatch } from '../report/batches.ts';
import type { SyncReport } from '../report/report.ts';
import type { KeptSet } from './keptSets.ts';
import { json, keptSet, texts } from './rows.ts';
import { type CursorRecord, cursorRecord, cursorText } from './snapshots.ts';

/** What a sync is about to do, as it is written down before anything is sent. */
export interface NewPlan {
  runId: string;
  accountId: string;
  syncName: string;
  /** Keyed digests of `membershipSettings` and `originSettings`. */
  membership: string;
  origin: string;
  planId: string;
  plannedMs: number;
  /** Null while the audience has yet to be created. */
  audienceId: string | null;
  /** When the whole set was or is sent last: what `plan.fullRefreshDays` counts from. */
  fullMs: number;
  /** The jobs that the audience had when the snapshot was compared with; null when the plan does not rely on one. */
  jobsBefore: readonly string[] | null;
  /** The jobs that LINE listed last, and the uploads that were seen beside those of the plan. */
  jobsListed: readonly string[];
  unplanned: readonly string[];
  /** One record a line of the batches. */
  lines: KeptSet;
  /** The members that LINE holds, as far as they are ours, once the plan has succeeded. */
  next: KeptSet;
  /** How far a sync with a cursor will have read by then. */
  cursor: CursorRecord | null;
  /** As far as it is known when the plan is made. */
  report: SyncReport;
  batches: readonly PlannedBatch[];
}

export interface RecordedPlan extends Omit<NewPlan, 'batches'> {
  /** Its key in the journal. */
  row: number;
  audienceCreated: boolean;
  batches: DeliveredBatch[];
}

export const planTables = `
  CREATE TABLE plans (
    row INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs,
    account_id TEXT NOT NULL,
    sync_name TEXT NOT NULL,
    membership TEXT NOT NULL,
    origin TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    planned_ms INTEGER NOT NULL,
    full_ms INTEGER NOT NULL,
    audience_id TEXT,
    audience_created INTEGER NOT NULL DEFAULT 0,
    jobs_before TEXT,
    jobs_listed TEXT,
    unplanned TEXT,
    lines_set TEXT NOT NULL,
    next_set TEXT NOT NULL,
    cursor TEXT,
    report TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'abandoned'))
  ) STRICT;
  CREATE UNIQUE INDEX one_unfinished_plan ON plans (account_id, sync_name) WHERE outcome IS NULL;
  CREATE TABLE batches (
    plan INTEGER NOT NULL REFERENCES plans ON DELETE CASCADE,
    position INTEGER NOT NULL,
    action TEXT NOT NULL,
    first_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    file_name TEXT NOT NULL UNIQUE,
    file_bytes INTEGER NOT NULL,
    fate TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    job_id TEXT,
    job_status TEXT,
    audience_count INTEGER,
    PRIMARY KEY (plan, position)
  ) STRICT, WITHOUT ROWID`;

export function insertPlan(database: DatabaseSync, plan: NewPlan): RecordedPlan {
  const { batches, ...rest } = plan;
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO plans (run_id, account_id, sync_name, membership, origin, plan_id, planned_ms, full_ms,
         audience_id, jobs_before, jobs_listed, unplanned, lines_set, next_set, cursor, report)
       VALUES (:runId, :accountId, :syncName, :membership, :origin, :planId, :plannedMs, :fullMs,
         :audienceId, :jobsBefore, :jobsListed, :unplanned, :lines, :next, :cursor, :report)`,
    )
    .run({
      ...rest,
      jobsBefore: toJson(plan.jobsBefore),
      jobsListed: toJson(plan.jobsListed),
      unplanned: toJson(plan.unplanned),
      lines: toJson(plan.lines),
      next: toJson(plan.next),
      cursor: cursorText(plan.cursor),
      report: toJson(plan.report),
    });
  const row = Number(lastInsertRowid);
  for (const batch of batches) insertBatch(database, row, batch);
  return { ...rest, row, audienceCreated: false, batches: batches.map(startBatch) };
}

function insertBatch(database: DatabaseSync, plan: number, batch: NewPlan['batches'][number]): void {
  database
    .prepare(
      `INSERT INTO batches (plan, position, action, first_line, end_line, file_name, file_bytes, fate, attempts)
       VALUES (:plan, :index, :action, :start, :end, :fileName, :fileBytes, 'unsent', 0)`,
    )
    .run({ plan, ...batch });
}

function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

const planRow = z.object({
  row: z.int(),
  run_id: z.string(),
  account_id: z.string(),
  sync_name: z.string(),
  membership: z.string(),
  origin: z.string(),
  plan_id: z.string(),
  planned_ms: z.int(),
  full_ms: z.int(),
  audience_id: z.string().nullable(),
  audience_created: z.int().transform(Boolean),
  jobs_before: json.pipe(z.array(z.string())).nullable(),
  jobs_listed: texts,
  unplanned: texts,
  lines_set: keptSet,
  next_set: keptSet,
  cursor: cursorRecord,
  // As this version's schema number stands for its shape.
  report: json.pipe(z.custom<SyncReport>((value) => typeof value === 'object' && value !== null && 'counts' in value)),
});

const batchRow = z.object({
  position: z.int(),
  action: z.enum(['ADD', 'REPLACE']),
  first_line: z.int(),
  end_line: z.int(),
  file_name: z.string(),
  file_bytes: z.int(),
  fate: z.enum(fates),
  attempts: z.int(),
  job_id: z.string().nullable(),
  job_status: z.string().nullable(),
  audience_count: z.int().nullable(),
});

/** The plan of a sync that has not ended. Throws zod's error when a row is not what was written. */
export function findUnfinishedPlan(
  database: DatabaseSync,
  accountId: string,
  syncName: string,
): RecordedPlan | undefined {
  const found = database
    .prepare('SELECT * FROM plans WHERE account_id = ? AND sync_name = ? AND outcome IS NULL')
    .get(accountId, syncName);
  if (found === undefined) return undefined;
  const plan = planRow.parse(found);
  const rows = z
    .array(batchRow)
    .parse(database.prepare('SELECT * FROM batches WHERE plan = ? ORDER BY position').all(plan.row));
  return {
    row: plan.row,
    runId: plan.run_id,
    accountId: plan.account_id,
    syncName: plan.sync_name,
    membership: plan.membership,
    origin: plan.origin,
    planId: plan.plan_id,
    plannedMs: plan.planned_ms,
    fullMs: plan.full_ms,
    audienceId: plan.audience_id,
    audienceCreated: plan.audience_created,
    jobsBefore: plan.jobs_before,
    jobsListed: plan.jobs_listed,
    unplanned: plan.unplanned,
    lines: plan.lines_set,
    next: plan.next_set,
    cursor: plan.cursor,
    report: plan.report,
    batches: rows.map(toBatch),
  };
}

function toBatch(row: z.output<typeof batchRow>): DeliveredBatch {
  const batch = startBatch({
    index: row.position,
    action: row.action,
    start: row.first_line,
    end: row.end_line,
    fileName: row.file_name,
    fileBytes: row.file_bytes,
  });
  batch.fate = fateAfterEnd(row.fate);
  const id = row.job_id === null ? null : Number(row.job_id);
  Object.assign(batch.report, {
    jobId: id === null || Number.isSafeInteger(id) ? id : row.job_id,
    jobStatus: row.job_status,
    audienceCount: row.audience_count,
    attempts: row.attempts,
  });
  return batch;
}

/** What a fate comes to when its process has ended: an upload that was under way may have arrived. */
function fateAfterEnd(fate: Fate): Fate {
  if (fate === 'sending') return 'unknown';
  return fate === 'refused' ? 'unsent' : fate;
}

/** Records the state of the watch over the audience's jobs. */
export function updateWatch(database: DatabaseSync, { row, jobsListed, unplanned }: RecordedPlan): void {
  database
    .prepare('UPDATE plans SET jobs_listed = ?, unplanned = ? WHERE row = ?')
    .run(toJson(jobsListed), toJson(unplanned), row);
}

export function updateBatch(database: DatabaseSync, plan: number, { planned, report, fate }: DeliveredBatch): void {
  const { attempts, jobStatus, audienceCount } = report;
  const jobId = report.jobId === null ? null : String(report.jobId);
  database
    .prepare(
      `UPDATE batches SET fate = :fate, attempts = :attempts, job_id = :jobId, job_status = :jobStatus,
         audience_count = :audienceCount WHERE plan = :plan AND position = :position`,
    )
    .run({ plan, position: planned.index, fate, attempts, jobId, jobStatus, audienceCount });
}
