import { chmodSync, copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SyncError } from '../errors.ts';
import { stateError } from '../stateErrors.ts';

/*
 * SQLite as the journal and the lock use it: what it refuses, in our words. Its codes: https://sqlite.org/rescode.html
 */

const codes = { busy: 5, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** The file is not where it was opened (SQLITE_READONLY_DBMOVED). */
const movedCode = 1032;

/** Kept in the file's header; the meaning of the tables changes only together with it. */
export const schemaVersion = 3;
/** "LADS": tells our files from other programs'. */
const applicationId = 0x4c414453;

/** How long a write waits for somebody who reads the journal (`status`, `preview`). */
const busyMs = 10_000;

export interface Schema {
  tables: string;
  /** For each older version, from 1 on, what makes the next one of it; who only reads can read all of them. */
  upgrades: readonly string[];
}

/**
 * Opens the journal to write to it, making it (0600) where it is missing. Each statement is on the disk when it returns.
 * Only who holds the lock of the state directory may.
 */
export function openToWrite(path: string, schema: Schema): DatabaseSync {
  return asStateErrors(path, () => {
    if (!existsSync(path)) createFile(path, schema);
    const database = new DatabaseSync(path, { timeout: busyMs });
    return orClose(database, () => {
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON');
      upgrade(database, checkFile(database, path), schema);
    });
  });
}

function upgrade(database: DatabaseSync, version: number, { upgrades }: Schema): void {
  if (version === schemaVersion) return;
  const steps = upgrades.slice(version - 1).join('; ');
  database.exec(`BEGIN; ${steps}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

/** Gets its name only when it is whole, so that a journal without our tables is always a damaged one. */
function createFile(path: string, schema: Schema): void {
  const unfinished = `${path}-new`;
  rmSync(unfinished, { force: true });
  const database = new DatabaseSync(unfinished);
  try {
    chmodSync(unfinished, 0o600);
    createSchema(database, schema);
  } finally {
    database.close();
  }
  renameSync(unfinished, path);
}

/**
 * Opens the journal only to read it; an empty one stands in for one that is missing. After a crash SQLite must first
 * undo what was not finished, which takes writing: then a copy is read.
 */
export function openToRead(path: string, schema: Schema): DatabaseSync {
  if (!existsSync(path)) {
    const database = new DatabaseSync(':memory:');
    createSchema(database, schema);
    return database;
  }
  return asStateErrors(path, () => (existsSync(`${path}-journal`) ? openCopy(path) : openAsItIs(path)));
}

function openAsItIs(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  try {
    return orClose(database, () => checkFile(database, path));
  } catch (error) {
    if (error instanceof SyncError || !existsSync(`${path}-journal`)) throw error;
    return openCopy(path);
  }
}

function openCopy(path: string): DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), 'line-ads-sync-journal-'));
  try {
    const copy = join(folder, 'journal');
    for (const end of ['', '-journal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    const database = new DatabaseSync(copy);
    return orClose(database, () => checkFile(database, path));
  } finally {
    // What is open can be read on; nothing of it is left behind.
    rmSync(folder, { recursive: true, force: true });
  }
}

function orClose(database: DatabaseSync, prepare: () => void): DatabaseSync {
  try {
    prepare();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function createSchema(database: DatabaseSync, { tables }: Schema): void {
  database.exec(
    `BEGIN; ${tables}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`,
  );
}

/** Gives its version. Damage is named, never guessed over: a file without our tables is not taken for a new one. */
function checkFile(database: DatabaseSync, path: string): number {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'application_id') !== applicationId) throw corrupt(path, 'it is not a journal of line-ads-sync');
  if (typeof version !== 'number' || version < 1) throw corrupt(path, 'it tells no version');
  if (version > schemaVersion) throw tooNew(path, version);
  const damage = pragma(database, 'quick_check');
  if (damage !== 'ok') throw corrupt(path, 'its check found damage');
  return version;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

export function corrupt(path: string, what: string, cause?: unknown): SyncError {
  return new SyncError(
    'state.corrupt',
    `The journal ${path} cannot be trusted: ${what}.`,
    'Move the state directory away (keep it, to look into) and run again: the audience is looked at afresh, and the whole set sent once.',
    { cause },
  );
}

function tooNew(path: string, version: number): SyncError {
  return new SyncError(
    'state.too_new',
    `The journal ${path} was written by a newer version of line-ads-sync (schema ${version}; this one knows ${schemaVersion}).`,
    'Run the newer version again, or give this one a state directory of its own with --state.',
  );
}

/** SQLite's code without its extension; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === codes.busy;
}

/** SQLite's refusals in the words of the system, which is what they come from here. */
export function asSystemError(error: unknown): Error {
  if (resultCode(error) === undefined)
    return error instanceof Error ? error : new Error('a file of the state could not be used');
  return Object.assign(new Error('a file of the state could not be used', { cause: error }), {
    code: systemCodeOf(error),
  });
}

function systemCodeOf(error: unknown): string {
  if (resultCode(error) === codes.full) return 'ENOSPC';
  const isMoved = typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === movedCode;
  return isMoved ? 'ENOENT' : 'EACCES';
}

/** Runs work on the journal; what SQLite or the system refuses becomes a `state.*` error. */
export function asStateErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const code = resultCode(error);
    if (code === codes.corrupt || code === codes.notADatabase) throw corrupt(path, 'SQLite cannot read it', error);
    throw stateError(asSystemError(error), `the journal ${path}`) ?? error;
  }
}
