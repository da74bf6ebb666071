import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type DeliveredBatch, type Fate, fates, type PlannedBatch, startBatch } from '../report/batches.ts';
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
  /** The uploads that the audience had when the snapshot was compared with; null when the plan does not rely on one. */
  uploadsBefore: readonly string[] | null;
  /** The uploads that were listed last, and those that were seen beside those of the plan. */
  uploadsListed: readonly string[];
  unplanned: readonly string[];
  /** One record a line of the batches. */
  lines: KeptSet;
  /** The members that the audience holds, as far as they are ours, once the plan has succeeded. */
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
    uploads_before TEXT,
    uploads_listed TEXT,
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
    label TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    fate TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    upload_id TEXT,
    upload_status TEXT,
    processed INTEGER,
    upload_state TEXT,
    PRIMARY KEY (plan, position)
  ) STRICT, WITHOUT ROWID`;

export function insertPlan(database: DatabaseSync, plan: NewPlan): RecordedPlan {
  const { batches, ...rest } = plan;
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO plans (run_id, account_id, sync_name, membership, origin, plan_id, planned_ms, full_ms,
         audience_id, uploads_before, uploads_listed, unplanned, lines_set, next_set, cursor, report)
       VALUES (:runId, :accountId, :syncName, :membership, :origin, :planId, :plannedMs, :fullMs,
         :audienceId, :uploadsBefore, :uploadsListed, :unplanned, :lines, :next, :cursor, :report)`,
    )
    .run({
      ...rest,
      uploadsBefore: toJson(plan.uploadsBefore),
      uploadsListed: toJson(plan.uploadsListed),
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
      `INSERT INTO batches (plan, position, action, first_line, end_line, label, bytes, fate, attempts)
       VALUES (:plan, :index, :action, :start, :end, :label, :bytes, 'unsent', 0)`,
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
  uploads_before: json.pipe(z.array(z.string())).nullable(),
  uploads_listed: texts,
  unplanned: texts,
  lines_set: keptSet,
  next_set: keptSet,
  cursor: cursorRecord,
  // As this version's schema number stands for its shape.
  report: json.pipe(z.custom<SyncReport>((value) => typeof value === 'object' && value !== null && 'counts' in value)),
});

const batchRow = z.object({
  position: z.int(),
  action: z.enum(['add', 'replace']),
  first_line: z.int(),
  end_line: z.int(),
  label: z.string(),
  bytes: z.int(),
  fate: z.enum(fates),
  attempts: z.int(),
  upload_id: z.string().nullable(),
  upload_status: z.string().nullable(),
  upload_state: z.enum(['unfinished', 'finished', 'failed']).nullable(),
  processed: z.int().nullable(),
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
    uploadsBefore: plan.uploads_before,
    uploadsListed: plan.uploads_listed,
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
    label: row.label,
    bytes: row.bytes,
  });
  return { ...batch, fate: fateAfterEnd(row.fate), attempts: row.attempts, upload: listedUploadOf(row) };
}

function listedUploadOf(row: z.output<typeof batchRow>): DeliveredBatch['upload'] {
  const { upload_id: id, upload_state: state, upload_status: status, processed } = row;
  return id === null ? null : { id, state: state ?? 'unfinished', status: status ?? '', processed };
}

/** The fate of a batch when its process has ended: an upload that was in flight may have arrived. */
function fateAfterEnd(fate: Fate): Fate {
  if (fate === 'sending') return 'unknown';
  return fate === 'refused' ? 'unsent' : fate;
}

/** Records the state of the watch over the audience's uploads. */
export function updateWatch(database: DatabaseSync, { row, uploadsListed, unplanned }: RecordedPlan): void {
  database
    .prepare('UPDATE plans SET uploads_listed = ?, unplanned = ? WHERE row = ?')
    .run(toJson(uploadsListed), toJson(unplanned), row);
}

export function updateBatch(
  database: DatabaseSync,
  plan: number,
  { planned, fate, attempts, upload }: DeliveredBatch,
): void {
  database
    .prepare(
      `UPDATE batches SET fate = :fate, attempts = :attempts, upload_id = :id, upload_state = :state,
         upload_status = :status, processed = :processed WHERE plan = :plan AND position = :position`,
    )
    .run({
      ...{ plan, position: planned.index, fate, attempts },
      id: upload?.id ?? null,
      state: upload?.state ?? null,
      status: upload?.status ?? null,
      processed: upload?.processed ?? null,
    });
}
