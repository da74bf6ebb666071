import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type DeliveredBatch, type Fate, fates, type PlannedBatch, startBatch } from '../../report/batches.ts';
import type { SyncReport } from '../../report/report.ts';
import type { SyncKey } from '../journal.ts';
import type { NewPlan, RecordedPlan } from '../plans.ts';
import { cursorRecord, json, keptSet, texts, toJson } from './rows.ts';

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
      cursor: toJson(plan.cursor),
      report: toJson(plan.report),
    });
  const row = Number(lastInsertRowid);
  for (const batch of batches) insertBatch(database, row, batch);
  return { ...rest, row, audienceCreated: false, batches: batches.map(startBatch) };
}

function insertBatch(database: DatabaseSync, plan: number, batch: PlannedBatch): void {
  database
    .prepare(
      `INSERT INTO batches (plan, position, action, first_line, end_line, label, bytes, fate, attempts)
       VALUES (:plan, :index, :action, :start, :end, :label, :bytes, 'unsent', 0)`,
    )
    .run({ plan, ...batch });
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
  // The version of the schema stands for the rest of its shape.
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

export function findUnfinishedPlan(database: DatabaseSync, { accountId, syncName }: SyncKey): RecordedPlan | undefined {
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

export function updateUploadsBefore(database: DatabaseSync, { row }: RecordedPlan, ids: readonly string[]): void {
  database.prepare('UPDATE plans SET uploads_before = ?, unplanned = NULL WHERE row = ?').run(toJson(ids), row);
}

export function updateAudience(database: DatabaseSync, { row, audienceId, audienceCreated }: RecordedPlan): void {
  database
    .prepare('UPDATE plans SET audience_id = ?, audience_created = ? WHERE row = ?')
    .run(audienceId, Number(audienceCreated), row);
}

export function updateUploadsListed(database: DatabaseSync, { row, uploadsListed, unplanned }: RecordedPlan): void {
  database
    .prepare('UPDATE plans SET uploads_listed = ?, unplanned = ? WHERE row = ?')
    .run(toJson(uploadsListed), toJson(unplanned), row);
}

export function endPlan(
  database: DatabaseSync,
  { row }: RecordedPlan,
  outcome: 'succeeded' | 'failed' | 'abandoned',
): void {
  database.prepare('UPDATE plans SET outcome = ? WHERE row = ?').run(outcome, row);
}

export function updateBatch(
  database: DatabaseSync,
  { row }: RecordedPlan,
  { planned, fate, attempts, upload }: DeliveredBatch,
): void {
  database
    .prepare(
      `UPDATE batches SET fate = :fate, attempts = :attempts, upload_id = :id, upload_state = :state,
         upload_status = :status, processed = :processed WHERE plan = :plan AND position = :position`,
    )
    .run({
      ...{ plan: row, position: planned.index, fate, attempts },
      id: upload?.id ?? null,
      state: upload?.state ?? null,
      status: upload?.status ?? null,
      processed: upload?.processed ?? null,
    });
}
