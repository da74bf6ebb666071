import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { RunReport } from '../../report/report.ts';
import type { RecordedRun } from '../journal.ts';
import { json } from './rows.ts';

export function insertRun(
  database: DatabaseSync,
  { runId, command, startedMs }: Pick<RecordedRun, 'runId' | 'command' | 'startedMs'>,
): void {
  database.prepare('INSERT INTO runs (run_id, command, started_ms) VALUES (?, ?, ?)').run(runId, command, startedMs);
}

export function updateReport(database: DatabaseSync, runId: string, report: RunReport): void {
  database.prepare('UPDATE runs SET report = ? WHERE run_id = ?').run(JSON.stringify(report), runId);
}

const runRow = z.object({
  run_id: z.string(),
  command: z.string(),
  started_ms: z.int(),
  report: json.pipe(z.custom<RunReport>((value) => typeof value === 'object' && value !== null)).nullable(),
});

export function findLastRuns(database: DatabaseSync, count: number): RecordedRun[] {
  const rows = database.prepare('SELECT * FROM runs ORDER BY rowid DESC LIMIT ?').all(count);
  return z
    .array(runRow)
    .parse(rows)
    .map(({ run_id, command, started_ms, report }) => ({ runId: run_id, command, startedMs: started_ms, report }));
}
