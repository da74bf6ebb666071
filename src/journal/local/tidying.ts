import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { keptSet } from './rows.ts';

/** Number of runs that are remembered. */
const keptRuns = 100;
/** How long an unfinished plan is kept that no run asks for. */
const keptMs = 30 * 86_400_000;

/** Gives up stale plans, and deletes old runs and their plans. The date of a plan may be wrong, and far ahead. */
export function deleteOld(database: DatabaseSync, nowMs: number): void {
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

const setRow = z.object({ kept: keptSet });

/** Files of the sets that unfinished plans and snapshots need. */
export function findNeededFiles(database: DatabaseSync): string[] {
  const rows = database
    .prepare(
      `SELECT lines_set AS kept FROM plans WHERE outcome IS NULL
       UNION ALL SELECT next_set FROM plans WHERE outcome IS NULL
       UNION ALL SELECT members_set FROM snapshots`,
    )
    .all();
  return z
    .array(setRow)
    .parse(rows)
    .map(({ kept }) => kept.file);
}
