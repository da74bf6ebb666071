import { randomBytes } from 'node:crypto';

/*
 * The tables of the journal, and their earlier versions.
 */

/** The version of a schema is one more than the number of its upgrades. It is kept in the file's header. */
export interface Schema {
  tables: string;
  /** Statements that upgrade each older version to the next one, from version 1 on. */
  upgrades: readonly string[];
}

const keyBytes = 32;

/** The key of the journal is made with the tables, so that there is never a journal without one. */
export function journalSchema(): Schema {
  return { tables: `${tables}; INSERT INTO secret VALUES (x'${randomBytes(keyBytes).toString('hex')}')`, upgrades };
}

/** Runs are ordered by rowid, since a clock may have been wrong. */
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
    upload_state TEXT,
    upload_status TEXT,
    processed INTEGER,
    PRIMARY KEY (plan, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshots (
    account_id TEXT NOT NULL,
    sync_name TEXT NOT NULL,
    plan INTEGER NOT NULL REFERENCES plans,
    membership TEXT NOT NULL,
    audience_id TEXT NOT NULL,
    upload_id TEXT,
    uploads_listed TEXT,
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

/** To version 2: the digest of a set covers all its records, and batches have no digest. */
const toVersion2 = 'ALTER TABLE batches DROP COLUMN keyed_digest; DELETE FROM snapshots';

/** To version 3: the uploads that were listed last, the uploads of others, and the order of runs. */
const toVersion3 = `
  ALTER TABLE plans ADD COLUMN jobs_listed TEXT;
  ALTER TABLE plans ADD COLUMN unplanned TEXT;
  ALTER TABLE snapshots ADD COLUMN jobs_listed TEXT;
  CREATE TEMP TABLE earlier_runs AS SELECT * FROM runs;
  DROP TABLE runs;
  ${runsTable};
  INSERT INTO runs (run_id, command, started_ms, report)
    SELECT run_id, command, started_ms, report FROM earlier_runs ORDER BY started_ms, run_id;
  DROP TABLE earlier_runs`;

/** To version 4: accounts are recorded with their platform, uploads and their states in neutral words. */
const toVersion4 = `
  UPDATE plans SET account_id = 'line_ads:' || account_id;
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
    ELSE 'unfinished' END`;

const upgrades = [toVersion2, toVersion3, toVersion4];
