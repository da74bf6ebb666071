import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';
import type { RecordedPlan } from '../../src/journal/plans.ts';
import type { Snapshot } from '../../src/journal/snapshots.ts';
import { claimStateDirectory } from '../../src/journal/stateDirectory.ts';
import { type Fate, fates } from '../../src/report/batches.ts';
import { reportWithoutRun } from '../../src/run/run.ts';
import { createFakeClock } from '../setup/clientSetup.ts';
import { keptName, key, planOf } from './journalSetup.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'));
  claimStateDirectory(directory);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const path = () => join(directory, 'journal.db');

/** Does something in a journal that is opened for it alone. */
function withJournal<T>(work: (journal: Journal) => T, access: 'write' | 'read' = 'write'): T {
  using journal = openJournal(directory, access);
  return work(journal);
}

function beginPlan(journal: Journal, runId = 'run-1', startedMs = 1_000): RecordedPlan {
  journal.beginRun({ runId, command: 'sync', startedMs });
  return journal.beginPlan(planOf({ runId, plannedMs: startedMs }));
}

function snapshotOf(plan: RecordedPlan): Snapshot {
  return {
    planRow: plan.row,
    membership: 'membership',
    audienceId: '77',
    jobId: '9',
    uploadsListed: ['9', '8'],
    takenMs: 2_000,
    fullMs: 1_000,
    set: plan.next,
    cursor: { origin: 'o', value: '2026-11-24' },
    isCurrent: true,
  };
}

/** Takes away what version 3 brought. */
const asVersion2 = `ALTER TABLE plans DROP COLUMN jobs_listed; ALTER TABLE plans DROP COLUMN unplanned;
  ALTER TABLE snapshots DROP COLUMN jobs_listed`;

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'no error';
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.hint).not.toBe('');
    return error.code;
  }
}

describe('a plan', () => {
  test('is read back by a later process as it was written', () => {
    const recorded = withJournal((journal) => beginPlan(journal));
    expect(withJournal((journal) => journal.unfinishedPlan(key))).toEqual(recorded);
    expect(recorded.batches.map(({ fate }) => fate)).toEqual(['unsent', 'unsent', 'unsent']);
  });

  test('is another sync’s or account’s business', () => {
    withJournal((journal) => {
      beginPlan(journal);
      expect(journal.unfinishedPlan({ ...key, syncName: 'others' })).toBeUndefined();
      expect(journal.unfinishedPlan({ ...key, accountId: 'A2' })).toBeUndefined();
    });
  });

  test('is not begun while an earlier one of its sync is unfinished', () => {
    withJournal((journal) => {
      beginPlan(journal);
      expect(() => beginPlan(journal, 'run-2')).toThrow();
    });
  });

  /** What may happen to a batch, and what a later process has to make of it. */
  const event = fc.record({
    batch: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom('intent', 'answer', 'jobs'),
    fate: fc.constantFrom<Fate>(...fates),
    attempts: fc.integer({ min: 0, max: 9 }),
    jobId: fc.option(fc.constantFrom<number | string>(1, 77, '90071992547409931')),
    jobStatus: fc.option(fc.constantFrom('QUEUED', 'FINISHED', 'FAILED')),
    audienceCount: fc.option(fc.integer({ min: 0, max: 9 })),
    isKilledAfter: fc.boolean(),
  });

  test('has, whenever its process is killed, every step that was written down', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory);
        let journal = openJournal(directory, 'write');
        let plan = beginPlan(journal);
        for (const { batch, kind, fate, attempts, jobId, jobStatus, audienceCount, isKilledAfter } of events) {
          const changed = plan.batches[batch]!;
          changed.fate = fate;
          Object.assign(changed.report, { attempts, jobId, jobStatus, audienceCount });
          if (kind === 'intent') journal.noteIntent(plan, changed);
          else if (kind === 'answer') journal.noteAnswer(plan, changed);
          else {
            plan.uploadsListed = [...plan.uploadsListed, `${attempts}`];
            plan.unplanned = [...plan.unplanned, `${attempts} DIFF_REPLACE`];
            journal.noteUploads(plan, [changed]);
          }
          if (!isKilledAfter) continue;
          journal[Symbol.dispose]();
          journal = openJournal(directory, 'write');
          const restored = journal.unfinishedPlan(key)!;
          const restoredFates: Partial<Record<Fate, Fate>> = { sending: 'unknown', refused: 'unsent' };
          for (const each of plan.batches) each.fate = restoredFates[each.fate] ?? each.fate;
          expect(restored).toEqual(plan);
          plan = restored;
        }
        journal[Symbol.dispose]();
      }),
      { numRuns: 40 },
    );
  });

  test('that has ended is not found again, and its sets go', () => {
    withJournal((journal) => {
      mkdirSync(join(directory, 'members'));
      const own = [keptName('run-1', 'lines'), keptName('run-1', 'members')];
      for (const name of [...own, keptName('nobodys', 'members')]) writeFileSync(join(directory, 'members', name), '');
      const plan = beginPlan(journal);
      journal.tidy(1_000);
      expect(readdirSync(join(directory, 'members')).sort()).toEqual(own);
      journal.giveUp(plan, 'failed');
      expect(journal.unfinishedPlan(key)).toBeUndefined();
      expect(readdirSync(join(directory, 'members'))).toEqual([]);
    });
  });
});

describe('a snapshot', () => {
  test('is there after a success, and no longer current once a later plan begins to send', () => {
    withJournal((journal) => {
      const plan = beginPlan(journal);
      const snapshot = snapshotOf(plan);
      journal.succeed(plan, snapshot);
      expect(journal.snapshot(key)).toEqual(snapshot);
      const later = beginPlan(journal, 'run-2');
      expect(journal.snapshot(key)?.isCurrent).toBe(true);
      journal.noteIntent(later, later.batches[0]!);
      expect(journal.snapshot(key)?.isCurrent).toBe(false);
      journal.succeed(later, snapshotOf(later));
      expect(journal.snapshot(key)).toEqual(snapshotOf(later));
    });
  });

  test('goes with a success that leaves none', () => {
    withJournal((journal) => {
      const plan = beginPlan(journal);
      journal.succeed(plan, snapshotOf(plan));
      journal.succeed(beginPlan(journal, 'run-2'), undefined);
      expect(journal.snapshot(key)).toBeUndefined();
    });
  });
});

describe('what is long past', () => {
  test('is forgotten, but for what a snapshot came from; what nobody asks for any more is given up', () => {
    const day = 86_400_000;
    withJournal((journal) => {
      const first = beginPlan(journal, 'run-0', 0);
      journal.succeed(first, snapshotOf(first));
      for (let run = 1; run <= 120; run += 1) {
        const plan = beginPlan(journal, `run-${run}`, run * 1_000);
        journal.giveUp(plan, 'failed');
      }
      beginPlan(journal, 'run-121', 121_000);
      journal.tidy(2 * day);
      expect(journal.lastRuns(1_000).map(({ runId }) => runId)).toHaveLength(101);
      expect(journal.snapshot(key)).toEqual(snapshotOf(first));
      expect(journal.unfinishedPlan(key)?.runId).toBe('run-121');
      journal.tidy(40 * day);
      expect(journal.unfinishedPlan(key)).toBeUndefined();
    });
  });
});

describe('a clock that was wrong', () => {
  const ahead = 10 * 365 * 86_400_000;

  test('costs no later run its record, however many runs are dated ahead of it', () => {
    withJournal((journal) => {
      for (let run = 0; run < 150; run += 1)
        journal.beginRun({ runId: `ahead-${run}`, command: 'sync', startedMs: ahead + run });
      const plan = beginPlan(journal, 'now', 1_000);
      journal.tidy(1_000);
      expect(journal.lastRuns(1_000)).toHaveLength(100);
      expect(journal.lastRuns(2).map(({ runId }) => runId)).toEqual(['now', 'ahead-149']);
      journal.succeed(plan, snapshotOf(plan));
      beginPlan(journal, 'next', 2_000);
      journal.tidy(2_000);
      expect(journal.lastRuns(2).map(({ runId }) => runId)).toEqual(['next', 'now']);
    });
  });

  test('does not keep a plan without end: one that is dated far ahead is given up as an old one is', () => {
    withJournal((journal) => {
      beginPlan(journal, 'ahead', ahead);
      journal.tidy(1_000);
      expect(journal.unfinishedPlan(key)).toBeUndefined();
    });
  });
});

describe('a fault of ours', () => {
  test('such as a run that is begun twice is not blamed on the state directory', () => {
    withJournal((journal) => {
      beginPlan(journal);
      expect(() => beginPlan(journal)).toThrow(expect.not.objectContaining({ name: 'SyncError' }));
    });
  });
});

describe('runs', () => {
  test('are listed newest first, with their reports once they have ended', () => {
    withJournal((journal) => {
      const report = reportWithoutRun(new SyncError('line.unreachable', 'no', 'again'), createFakeClock());
      journal.beginRun({ runId: 'a', command: 'sync', startedMs: 1 });
      journal.endRun('a', report);
      journal.beginRun({ runId: 'b', command: 'resume', startedMs: 2 });
      expect(journal.lastRuns(5)).toEqual([
        { runId: 'b', command: 'resume', startedMs: 2, report: null },
        { runId: 'a', command: 'sync', startedMs: 1, report },
      ]);
    });
  });
});

describe('the file', () => {
  test('is for its user alone', () => {
    withJournal((journal) => beginPlan(journal));
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  test('has a random key of its own, so that digests name nobody', () => {
    const digest = withJournal((journal) => journal.keyed('a'));
    expect(withJournal((journal) => journal.keyed('a'))).toBe(digest);
    rmSync(path());
    expect(withJournal((journal) => journal.keyed('a'))).not.toBe(digest);
  });

  test('left unfinished by a process that was killed while it made it is made again', () => {
    writeFileSync(`${path()}-new`, 'half');
    withJournal((journal) => beginPlan(journal));
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  test.each([1, 2])('of version %i is read, and upgraded by the next run that writes', (version) => {
    const plan = withJournal((journal) => {
      const begun = beginPlan(journal);
      journal.beginRun({ runId: 'earlier', command: 'sync', startedMs: 500 });
      return begun;
    });
    makeOlder(version);
    const before = readFileSync(path());
    const runIds = (journal: Journal) => journal.lastRuns(5).map(({ runId }) => runId);
    withJournal((journal) => {
      expect(journal.unfinishedPlan(key)).toEqual(plan);
      expect(runIds(journal)).toEqual(['run-1', 'earlier']);
    }, 'read');
    expect(readFileSync(path()).equals(before)).toBe(true);
    withJournal((journal) => {
      expect(journal.unfinishedPlan(key)).toEqual(plan);
      journal.beginRun({ runId: 'run-2', command: 'sync', startedMs: 1 });
      expect(runIds(journal)).toEqual(['run-2', 'run-1', 'earlier']);
    });
    const upgraded = new DatabaseSync(path(), { readOnly: true });
    expect(upgraded.prepare('PRAGMA user_version').get()).toEqual({ user_version: 3 });
    expect(upgraded.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
    expect(upgraded.prepare("SELECT name FROM pragma_table_info('batches')").all()).not.toContainEqual({
      name: 'keyed_digest',
    });
    upgraded.close();
  });

  test('of version 2 keeps its snapshots when it is read and when it is upgraded', () => {
    const snapshot = withJournal((journal) => {
      const plan = beginPlan(journal);
      journal.succeed(plan, snapshotOf(plan));
      return snapshotOf(plan);
    });
    makeOlder(2);
    using old = openJournal(directory, 'read');
    expect(old.snapshot(key)).toEqual({ ...snapshot, uploadsListed: [] });
    withJournal((journal) => expect(journal.snapshot(key)).toEqual({ ...snapshot, uploadsListed: [] }));
  });

  /** Gives the tables the shape that they had in an earlier version. */
  function makeOlder(version: number): void {
    const database = new DatabaseSync(path());
    database.exec(`PRAGMA foreign_keys = OFF; CREATE TEMP TABLE copied AS SELECT * FROM runs; DROP TABLE runs;
      CREATE TABLE runs (run_id TEXT PRIMARY KEY, command TEXT NOT NULL, started_ms INTEGER NOT NULL, report TEXT)
        STRICT, WITHOUT ROWID;
      INSERT INTO runs SELECT * FROM copied; ${asVersion2}; PRAGMA user_version = ${version}`);
    if (version === 1) database.exec(`ALTER TABLE batches ADD COLUMN keyed_digest TEXT NOT NULL DEFAULT 'd'`);
    database.close();
  }

  test('of a newer version is refused, and says so', () => {
    withJournal((journal) => beginPlan(journal));
    const database = new DatabaseSync(path());
    database.exec('PRAGMA user_version = 4');
    database.close();
    for (const access of ['write', 'read'] as const)
      expect(codeOf(() => openJournal(directory, access))).toBe('state.too_new');
    expect(() => openJournal(directory, 'read')).toThrow(/newer version .*schema 4; this one knows 3/);
  });

  test('that is the database of another program is refused, and left as it is', () => {
    const database = new DatabaseSync(path());
    database.exec('CREATE TABLE runs (run_id TEXT)');
    database.close();
    const before = readFileSync(path());
    for (const access of ['write', 'read'] as const)
      expect(codeOf(() => openJournal(directory, access))).toBe('state.not_ours');
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test.each<[string, () => void]>([
    ['is empty', () => truncateSync(path(), 0)],
    ['is cut off', () => truncateSync(path(), 10_000)],
    [
      'is no database',
      () => writeFileSync(path(), 'not a database, but long enough to be looked at as one'.repeat(99)),
    ],
    [
      'tells no version',
      () => {
        const database = new DatabaseSync(path());
        database.exec('PRAGMA user_version = 0');
        database.close();
      },
    ],
    [
      'has a page of garbage',
      () => {
        const bytes = readFileSync(path());
        bytes.fill(0xa5, 4_096, 8_192);
        writeFileSync(path(), bytes);
      },
    ],
  ])('that %s is named as damaged, and not guessed over', (_, damage) => {
    withJournal((journal) => beginPlan(journal));
    damage();
    const before = readFileSync(path());
    for (const access of ['write', 'read'] as const)
      expect(codeOf(() => openJournal(directory, access))).toBe('state.corrupt');
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test.each([
    ["UPDATE plans SET report = 'x'"],
    ["UPDATE plans SET lines_set = '{}'"],
    ["UPDATE batches SET fate = 'eaten'"],
  ])('with a row that was never written is named as damaged: %s', (sql) => {
    withJournal((journal) => beginPlan(journal));
    const database = new DatabaseSync(path());
    database.exec(sql);
    database.close();
    expect(codeOf(() => withJournal((journal) => journal.unfinishedPlan(key)))).toBe('state.corrupt');
  });
});

describe('who only reads', () => {
  test('finds nothing where there is none, and makes nothing', () => {
    rmSync(directory, { recursive: true });
    expect(withJournal((journal) => [journal.lastRuns(1), journal.snapshot(key)], 'read')).toEqual([[], undefined]);
    expect(existsSync(directory)).toBe(false);
  });

  test('can do so while a run is at work', () => {
    withJournal((journal) => {
      const plan = beginPlan(journal);
      using reader = openJournal(directory, 'read');
      expect(reader.unfinishedPlan(key)?.row).toBe(plan.row);
      journal.noteIntent(plan, plan.batches[0]!);
      expect(reader.unfinishedPlan(key)?.batches[0]?.fate).toBe('unsent');
    });
  });

  test('sees what was there before a step that a crash cut off, and leaves the files as they are', () => {
    withJournal((journal) => beginPlan(journal));
    crashInTransaction();
    const files = readdirSync(directory).sort();
    expect(files).toEqual(['journal.db', 'journal.db-journal', 'line-ads-sync-state']);
    const before = files.map((name) => readFileSync(join(directory, name)).toString('base64'));
    expect(withJournal((journal) => journal.unfinishedPlan(key)?.planId, 'read')).toBe('plan');
    expect(files.map((name) => readFileSync(join(directory, name)).toString('base64'))).toEqual(before);
    expect(withJournal((journal) => journal.unfinishedPlan(key)?.planId)).toBe('plan');
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  /** Leaves the files as a process that is killed in the middle of a step does: changed pages, and how to undo them. */
  function crashInTransaction(): void {
    const database = new DatabaseSync(path());
    database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE');
    database.exec("UPDATE plans SET plan_id = 'torn'");
    for (let row = 0; row < 200; row += 1)
      database.exec(`INSERT INTO runs (run_id, command, started_ms) VALUES ('x${row}', '${'y'.repeat(500)}', ${row})`);
    const copies = ['journal.db', 'journal.db-journal'].map((name) => {
      copyFileSync(join(directory, name), join(directory, `${name}.crashed`));
      return name;
    });
    database.exec('ROLLBACK');
    database.close();
    for (const name of copies) {
      copyFileSync(join(directory, `${name}.crashed`), join(directory, name));
      rmSync(join(directory, `${name}.crashed`));
    }
  }
});

describe('what the system refuses', () => {
  test('is a state error: the directory is gone', () => {
    withJournal((journal) => {
      const plan = beginPlan(journal);
      rmSync(directory, { recursive: true });
      const batch = { ...plan.batches[0]!, fate: 'sending' as const };
      expect(codeOf(() => journal.noteIntent(plan, batch))).toBe('state.not_writable');
      expect(() => journal.noteIntent(plan, batch)).toThrow('(ENOENT)');
      const set = { ...journal.sets.open(plan.next), digest: '' };
      expect(codeOf(() => journal.sets.keep(set, plan.next.file))).toBe('state.not_writable');
      expect(existsSync(directory)).toBe(false);
    });
  });
});
