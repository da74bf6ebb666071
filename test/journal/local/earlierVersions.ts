import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { startSyncReport } from '../../../src/report/report.ts';
import { syncOf } from '../../setup/memberSetup.ts';
import { keptName } from '../journalSetup.ts';

/*
 * Journals as earlier versions of the program wrote them, table by table.
 */

export type EarlierVersion = 1 | 2 | 3;

/** The tables as each version made them. A column that only some versions have stands in a line of its own. */
function tablesOf(version: EarlierVersion): string {
  const from = (first: EarlierVersion, column: string) => (version >= first ? column : '');
  return `
    CREATE TABLE secret (key BLOB NOT NULL) STRICT;
    CREATE TABLE runs (
      run_id TEXT PRIMARY KEY,
      command TEXT NOT NULL,
      started_ms INTEGER NOT NULL,
      report TEXT
    ) STRICT${version < 3 ? ', WITHOUT ROWID' : ''};
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
      ${from(3, 'jobs_listed TEXT,')}
      ${from(3, 'unplanned TEXT,')}
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
      ${version === 1 ? 'keyed_digest TEXT NOT NULL,' : ''}
      fate TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      job_id TEXT,
      job_status TEXT,
      audience_count INTEGER,
      PRIMARY KEY (plan, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (
      account_id TEXT NOT NULL,
      sync_name TEXT NOT NULL,
      plan INTEGER NOT NULL REFERENCES plans,
      membership TEXT NOT NULL,
      audience_id TEXT NOT NULL,
      job_id TEXT,
      ${from(3, 'jobs_listed TEXT,')}
      taken_ms INTEGER NOT NULL,
      full_ms INTEGER NOT NULL,
      members_set TEXT NOT NULL,
      cursor TEXT,
      is_current INTEGER NOT NULL DEFAULT 1,
      PRIMARY KEY (account_id, sync_name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refusals (
      account_id TEXT NOT NULL,
      sync_name TEXT NOT NULL,
      plan_id TEXT NOT NULL,
      audience_id TEXT NOT NULL,
      snapshot TEXT,
      removes INTEGER NOT NULL,
      PRIMARY KEY (account_id, sync_name, plan_id)
    ) STRICT, WITHOUT ROWID`;
}

export const earlierReport = startSyncReport(syncOf({ identifierType: 'email' }));
export const earlierLines = { file: keptName('run-1', 'lines'), recordBytes: 32, count: 12, keyedDigest: 'l' };
export const earlierNext = { file: keptName('run-1', 'members'), recordBytes: 32, count: 12, keyedDigest: 'm' };
export const earlierMembers = { file: keptName('earlier', 'members'), recordBytes: 32, count: 3, keyedDigest: 's' };

/** Batches of the unfinished plan: fate, and the job as far as LINE listed one. */
const batches: [fate: string, attempts: number, id: string | null, status: string | null, count: number | null][] = [
  ['accepted', 1, '101', 'FINISHED', 2],
  ['accepted', 2, '90071992547409931', 'FAILED', null],
  ['accepted', 1, '103', 'IN_PROGRESS', null],
  ['accepted', 1, null, null, null],
  ['sending', 1, null, null, null],
  ['unsent', 0, null, null, null],
];

/**
 * Makes a journal of an earlier version: of account A1 the sync `people` with a snapshot and an unfinished plan, and of
 * account A2 the sync `people` with a snapshot that has no cursor, and a refusal.
 */
export function makeEarlierJournal(path: string, version: EarlierVersion): void {
  const database = new DatabaseSync(path);
  database.exec(`BEGIN; ${tablesOf(version)}; INSERT INTO secret VALUES (x'${'07'.repeat(32)}');
    PRAGMA application_id = ${0x4c414453}; PRAGMA user_version = ${version}; COMMIT; PRAGMA foreign_keys = ON`);
  chmodSync(path, 0o600);
  const insert = (table: string, row: Record<string, string | number | null>) => {
    const columns = Object.keys(row);
    database
      .prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .run(...Object.values(row));
  };
  // In version 3 the order of the runs is that in which they were inserted; before, that of their times.
  insert('runs', { run_id: 'earlier', command: 'sync', started_ms: 500, report: '{"runId":"earlier"}' });
  insert('runs', { run_id: 'run-1', command: 'sync', started_ms: 1_000, report: null });
  const plan = {
    sync_name: 'people',
    membership: 'membership',
    origin: 'origin',
    planned_ms: 1_000,
    full_ms: 900,
    lines_set: JSON.stringify(earlierLines),
    report: JSON.stringify(earlierReport),
  };
  const ended = { ...plan, run_id: 'earlier', plan_id: 'ended', next_set: JSON.stringify(earlierMembers) };
  insert('plans', { ...ended, account_id: 'A1', audience_id: '77', outcome: 'succeeded' });
  insert('plans', { ...ended, account_id: 'A2', audience_id: '78', outcome: 'succeeded' });
  insert('plans', {
    ...plan,
    run_id: 'run-1',
    account_id: 'A1',
    plan_id: 'plan',
    audience_id: '77',
    audience_created: 1,
    jobs_before: '["99","98"]',
    ...(version >= 3 && { jobs_listed: '["101","99"]', unplanned: '["100 DIFF_ADD"]' }),
    next_set: JSON.stringify(earlierNext),
    cursor: '{"origin":"o","value":"2026-11-24"}',
  });
  for (const [position, [fate, attempts, job_id, job_status, audience_count]] of batches.entries())
    insert('batches', {
      plan: 3,
      position,
      action: position === 0 ? 'REPLACE' : 'ADD',
      first_line: 2 * position,
      end_line: 2 * position + 2,
      file_name: `run-1-people-${position}.txt`,
      file_bytes: 130,
      ...(version === 1 && { keyed_digest: 'd' }),
      ...{ fate, attempts, job_id, job_status, audience_count },
    });
  const snapshot = {
    sync_name: 'people',
    membership: 'membership',
    taken_ms: 700,
    full_ms: 600,
    members_set: JSON.stringify(earlierMembers),
  };
  insert('snapshots', {
    ...snapshot,
    account_id: 'A1',
    plan: 1,
    audience_id: '77',
    job_id: '99',
    ...(version >= 3 && { jobs_listed: '["99","98"]' }),
    cursor: '{"origin":"o","value":"2026-11-23"}',
    is_current: 0,
  });
  insert('snapshots', { ...snapshot, account_id: 'A2', plan: 2, audience_id: '78', job_id: null });
  insert('refusals', {
    account_id: 'A2',
    sync_name: 'people',
    plan_id: 'p-1',
    audience_id: '78',
    snapshot: 'digest',
    removes: 9,
  });
  database.close();
}
