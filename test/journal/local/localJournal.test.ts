import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Journal } from '../../../src/journal/journal.ts';
import { claimStateDirectory } from '../../../src/journal/local/stateDirectory.ts';
import { openJournal } from '../../../src/journal/openJournal.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import { beginPlan, codeOf, keptName, key, sealSet } from '../journalSetup.ts';

let directory = '';

beforeEach(() => {
  directory = makeFastFolder('journal-');
  claimStateDirectory(directory);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const path = () => join(directory, 'journal.db');

/** Does something in a journal that is opened for it alone. */
async function withJournal<T>(work: (journal: Journal) => Promise<T>, access: 'write' | 'read' = 'write'): Promise<T> {
  await using journal = await openJournal(directory, access);
  return await work(journal);
}

/** Changes the database behind the journal's back. */
function execute(sql: string): void {
  const database = new DatabaseSync(path());
  database.exec(sql);
  database.close();
}

describe('the journal file', () => {
  test('the journal is a file for its user alone, and leaves no other file', async () => {
    await withJournal((journal) => beginPlan(journal));
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  test('a journal that is made again has another key', async () => {
    const keyed = async (journal: Journal) => journal.keyed('a');
    const digest = await withJournal(keyed);
    rmSync(path());
    expect(await withJournal(keyed)).not.toBe(digest);
  });

  test('a journal that a killed process had begun to make is made again', async () => {
    writeFileSync(`${path()}-new`, 'half');
    await withJournal((journal) => beginPlan(journal));
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  test('a journal of a newer version is refused, and the message names both versions', async () => {
    await withJournal((journal) => beginPlan(journal));
    execute('PRAGMA user_version = 5');
    for (const access of ['write', 'read'] as const)
      expect(await codeOf(openJournal(directory, access))).toBe('state.too_new');
    await expect(openJournal(directory, 'read')).rejects.toThrow(
      /newer version .*schema 5; this version supports up to 4/,
    );
  });

  test('the database of another program is refused, and left as it is', async () => {
    execute('CREATE TABLE runs (run_id TEXT)');
    const before = readFileSync(path());
    for (const access of ['write', 'read'] as const)
      expect(await codeOf(openJournal(directory, access))).toBe('state.not_ours');
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test.each<[string, () => void]>([
    ['is empty', () => truncateSync(path(), 0)],
    ['is cut off', () => truncateSync(path(), 10_000)],
    [
      'is no database',
      () => writeFileSync(path(), 'not a database, but long enough to be looked at as one'.repeat(99)),
    ],
    ['tells no version', () => execute('PRAGMA user_version = 0')],
    [
      'has a page of garbage',
      () => {
        const bytes = readFileSync(path());
        bytes.fill(0xa5, 4_096, 8_192);
        writeFileSync(path(), bytes);
      },
    ],
  ])('a journal that %s is reported as damaged, and left as it is', async (_, damage) => {
    await withJournal((journal) => beginPlan(journal));
    damage();
    const before = readFileSync(path());
    for (const access of ['write', 'read'] as const)
      expect(await codeOf(openJournal(directory, access))).toBe('state.corrupt');
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test.each([
    ["UPDATE plans SET report = 'x'"],
    ["UPDATE plans SET report = 'null'"],
    ["UPDATE plans SET report = '1'"],
    ["UPDATE plans SET report = '{}'"],
    ["UPDATE plans SET lines_set = '{}'"],
    ["UPDATE batches SET fate = 'eaten'"],
    ["UPDATE batches SET action = 'ADD'"],
    ["UPDATE batches SET upload_id = '5', upload_state = 'FINISHED'"],
  ])('a row that the program never writes is reported as damage: %s', async (sql) => {
    await withJournal((journal) => beginPlan(journal));
    execute(sql);
    expect(await codeOf(withJournal((journal) => journal.unfinishedPlan(key)))).toBe('state.corrupt');
  });

  test.each(['x', 'null', '1'])('a run with the report %s is reported as damage', async (report) => {
    await withJournal((journal) => beginPlan(journal));
    execute(`UPDATE runs SET report = '${report}'`);
    expect(await codeOf(withJournal((journal) => journal.lastRuns(1)))).toBe('state.corrupt');
  });

  test('a journal without its key is reported as damaged', async () => {
    await withJournal((journal) => beginPlan(journal));
    execute('DELETE FROM secret');
    for (const access of ['write', 'read'] as const)
      expect(await codeOf(openJournal(directory, access))).toBe('state.corrupt');
  });
});

describe('the folder of kept sets', () => {
  test('the files of plans that have ended go, whoever wrote them, and with them those that no plan names', async () => {
    await withJournal(async (journal) => {
      const members = join(directory, 'members');
      mkdirSync(members);
      const own = [keptName('run-1', 'lines'), keptName('run-1', 'members')];
      for (const name of [...own, keptName('nobodys', 'members')]) writeFileSync(join(members, name), '');
      const plan = await beginPlan(journal);
      await journal.tidy(1_000);
      expect(readdirSync(members).sort()).toEqual(own);
      await journal.giveUp(plan, 'failed');
      expect(await journal.unfinishedPlan(key)).toBeUndefined();
      expect(readdirSync(members)).toEqual([]);
    });
  });

  test('a kept set is a file in a folder for its user alone', async () => {
    await withJournal(({ sets }) => sets.keep(sealSet(join(directory, 'sealed')), keptName('a', 'members')));
    expect(statSync(join(directory, 'members')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, 'members'))).toEqual([keptName('a', 'members')]);
  });
});

describe('readers', () => {
  test('a reader makes nothing where there is no state directory', async () => {
    rmSync(directory, { recursive: true });
    const found = await withJournal(
      async (journal) => [await journal.lastRuns(1), await journal.snapshot(key)],
      'read',
    );
    expect(found).toEqual([[], undefined]);
    expect(existsSync(directory)).toBe(false);
  });

  test('a reader sees the state before a step that a crash cut off, and leaves the files as they are', async () => {
    await withJournal((journal) => beginPlan(journal));
    crashInTransaction();
    const files = readdirSync(directory).sort();
    expect(files).toEqual(['journal.db', 'journal.db-journal', 'line-ads-sync-state']);
    const contents = () => files.map((name) => readFileSync(join(directory, name)).toString('base64'));
    const before = contents();
    const planId = async (journal: Journal) => (await journal.unfinishedPlan(key))?.planId;
    expect(await withJournal(planId, 'read')).toBe('plan');
    expect(contents()).toEqual(before);
    expect(await withJournal(planId)).toBe('plan');
    expect(readdirSync(directory)).toEqual(['journal.db', 'line-ads-sync-state']);
  });

  test('a reader cannot write', async () => {
    await withJournal((journal) => beginPlan(journal));
    await withJournal(async (journal) => {
      expect(await codeOf(journal.beginRun({ runId: 'r', command: 'sync', startedMs: 1 }))).toBe('state.not_readable');
    }, 'read');
  });

  /** Leaves the files as a process that is killed in the middle of a step does: changed pages, and their old content. */
  function crashInTransaction(): void {
    const database = new DatabaseSync(path());
    database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE');
    database.exec("UPDATE plans SET plan_id = 'torn'");
    for (let row = 0; row < 200; row += 1)
      database.exec(`INSERT INTO runs (run_id, command, started_ms) VALUES ('x${row}', '${'y'.repeat(500)}', ${row})`);
    const names = ['journal.db', 'journal.db-journal'];
    for (const name of names) copyFileSync(join(directory, name), join(directory, `${name}.crashed`));
    database.exec('ROLLBACK');
    database.close();
    for (const name of names) {
      copyFileSync(join(directory, `${name}.crashed`), join(directory, name));
      rmSync(join(directory, `${name}.crashed`));
    }
  }
});

test('a state directory that is gone is a state error, and is not made again', async () => {
  const elsewhere = makeFastFolder('sealed-');
  await withJournal(async (journal) => {
    const plan = await beginPlan(journal);
    rmSync(directory, { recursive: true });
    const batch = { ...plan.batches[0]!, fate: 'sending' as const };
    expect(await codeOf(journal.noteIntent(plan, batch))).toBe('state.not_writable');
    await expect(journal.noteIntent(plan, batch)).rejects.toThrow('(ENOENT)');
    expect(await codeOf(journal.sets.keep(sealSet(join(elsewhere, 'sealed')), plan.next.file))).toBe(
      'state.not_writable',
    );
    expect(existsSync(directory)).toBe(false);
  });
  rmSync(elsewhere, { recursive: true });
});
