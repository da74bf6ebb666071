import {
  chmodSync,
  closeSync,
  copyFileSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SyncError } from '../errors.ts';
import { stateError } from '../system/stateErrors.ts';

/*
 * SQLite as the journal and the lock use it, with its errors in our words. Its codes: https://sqlite.org/rescode.html
 */

const codes = { busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** The codes that stand for a refusal of the system. Any other code, such as a constraint, is a fault of ours. */
const systemCodes: Readonly<Record<number, string>> = {
  3: 'EACCES',
  5: 'EBUSY',
  6: 'EBUSY',
  7: 'ENOMEM',
  8: 'EACCES',
  10: 'EIO',
  13: 'ENOSPC',
  14: 'EACCES',
  15: 'EBUSY',
  22: 'EFBIG',
};

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
  /** For each older version, from 1 on, the statements that upgrade it to the next one. */
  upgrades: readonly string[];
}

/**
 * Opens the journal to write to it. Makes it (0600) if it is missing. Each statement is on the disk when it returns. The
 * caller holds the lock of the state directory.
 */
export function openToWrite(path: string, schema: Schema): DatabaseSync {
  return asStateErrors(path, () => {
    if (!isThere(path)) createFile(path, schema);
    const database = new DatabaseSync(path, { timeout: busyMs });
    return orClose(database, () => {
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA');
      upgrade(database, checkFile(database, path), schema);
      database.exec('PRAGMA foreign_keys = ON');
    });
  });
}

/** A table that others refer to can be made anew only while foreign keys are off; the pragma has no effect in a transaction. */
function upgrade(database: DatabaseSync, version: number, { upgrades }: Schema): void {
  if (version === schemaVersion) return;
  const steps = upgrades.slice(version - 1).join('; ');
  database.exec(`PRAGMA foreign_keys = OFF; BEGIN; ${steps}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

/** The file gets its name only when it is complete, so a journal without our tables is always a damaged one. */
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
 * Opens the journal only to read it; an empty one stands in for a missing one. A copy is read after a crash, as SQLite
 * must first undo the unfinished step, and in place of an older version, as it must first be upgraded: both write.
 */
export function openToRead(path: string, schema: Schema): DatabaseSync {
  return asStateErrors(
    path,
    () => {
      if (isThere(path)) return isThere(`${path}-journal`) ? openCopy(path, schema) : openAsItIs(path, schema);
      const database = new DatabaseSync(':memory:');
      createSchema(database, schema);
      return database;
    },
    'read',
  );
}

function openAsItIs(path: string, schema: Schema): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  try {
    if (checkFile(database, path) === schemaVersion) return database;
  } catch (error) {
    if (error instanceof SyncError || !isThere(`${path}-journal`)) {
      database.close();
      throw error;
    }
  }
  database.close();
  return openCopy(path, schema);
}

function openCopy(path: string, schema: Schema): DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), 'line-ads-sync-journal-'));
  try {
    const copy = join(folder, 'journal');
    for (const end of ['', '-journal']) if (isThere(path + end)) copyFileSync(path + end, copy + end);
    const database = new DatabaseSync(copy);
    return orClose(database, () => upgrade(database, checkFile(database, path), schema));
  } finally {
    // An open file can still be read, and nothing of it is left behind.
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only a missing file is not there; one that cannot be looked up is an error. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether the header of a file is that of an SQLite database of ours. */
export function isJournalOfOurs(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(72);
    readSync(file, header, 0, header.length, 0);
    return header.toString('latin1', 0, 16) === 'SQLite format 3\0' && header.readUInt32BE(68) === applicationId;
  } finally {
    closeSync(file);
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

/** Returns the file's version. Damage is reported: a file without our tables never counts as a new one. */
function checkFile(database: DatabaseSync, path: string): number {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'page_count') === 0) throw corrupt(path, 'it is empty');
  if (pragma(database, 'application_id') !== applicationId) throw ofAnotherProgram(path);
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

function ofAnotherProgram(path: string): SyncError {
  return new SyncError(
    'state.not_ours',
    `${path} is the database of another program, not a journal of line-ads-sync.`,
    'Give --state or state.directory a new or an empty directory, or the one of an earlier run. Nothing was changed.',
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

/** An error of SQLite as the error of the system that it stands for, if it stands for one. */
export function asSystemError(error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code === undefined) return error;
  return Object.assign(new Error('a file of the state could not be used', { cause: error }), { code });
}

function systemCodeOf(error: unknown): string | undefined {
  const isMoved = typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === movedCode;
  return isMoved ? 'ENOENT' : systemCodes[resultCode(error) ?? -1];
}

/** Runs work on the journal. An error of SQLite or the system becomes one of ours, unless it is a fault of ours. */
export function asStateErrors<T>(path: string, work: () => T, access: 'write' | 'read' = 'write'): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const code = resultCode(error);
    if (code === codes.corrupt || code === codes.notADatabase) throw corrupt(path, 'SQLite cannot read it', error);
    throw stateError(asSystemError(error), `the journal ${path}`, access) ?? error;
  }
}
