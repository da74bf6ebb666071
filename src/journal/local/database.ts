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
import { SyncError } from '../../errors.ts';
import type { Schema } from './schema.ts';
import { asStateErrors, corrupt } from './sqliteErrors.ts';

/*
 * Opening the journal's file: made, checked, and upgraded from older versions.
 */

/** "LADS" in the file's header distinguishes journals from databases of other programs. */
const applicationId = 0x4c414453;

/** How long a write waits for a reader of the journal (`status`, `preview`). */
const busyMs = 10_000;

function versionOf({ upgrades }: Schema): number {
  return upgrades.length + 1;
}

/**
 * Opens the journal to write to it, and makes it (0600) if it is missing. A transaction is on the disk when its COMMIT
 * returns. The caller holds the lock of the state directory.
 */
export function openToWrite(path: string, schema: Schema): DatabaseSync {
  return asStateErrors(path, 'write', () => {
    if (!isThere(path)) createFile(path, schema);
    const database = new DatabaseSync(path, { timeout: busyMs });
    return orClose(database, () => {
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA');
      upgrade(database, checkFile(database, path, schema), schema);
    });
  });
}

/** A table that others refer to can be recreated only while foreign keys are off. In a transaction the pragma has no effect. */
function upgrade(database: DatabaseSync, version: number, schema: Schema): void {
  if (version === versionOf(schema)) return;
  const steps = schema.upgrades.slice(version - 1).join('; ');
  const transaction = `BEGIN; ${steps}; PRAGMA user_version = ${versionOf(schema)}; COMMIT`;
  database.exec(`PRAGMA foreign_keys = OFF; ${transaction}; PRAGMA foreign_keys = ON`);
}

/** The file gets its name only when it is complete, so a journal without tables is always a damaged one. */
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
  return asStateErrors(path, 'read', () => {
    if (isThere(path)) return isThere(`${path}-journal`) ? openCopy(path, schema) : openAsItIs(path, schema);
    const database = new DatabaseSync(':memory:');
    createSchema(database, schema);
    return database;
  });
}

function openAsItIs(path: string, schema: Schema): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  try {
    if (checkFile(database, path, schema) === versionOf(schema)) return database;
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
    return orClose(database, () => upgrade(database, checkFile(database, path, schema), schema));
  } finally {
    // The removed copy can be read as long as it is open.
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns false only for a missing file. A file that cannot be looked up is an error. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Tells whether the header of a file is that of a journal. */
export function isJournalFile(path: string): boolean {
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

function createSchema(database: DatabaseSync, schema: Schema): void {
  database.exec(
    `BEGIN; ${schema.tables}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${versionOf(schema)}; COMMIT`,
  );
}

/** Returns the file's version. Throws `state.corrupt` for damage: a file without tables never counts as a new one. */
function checkFile(database: DatabaseSync, path: string, schema: Schema): number {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'page_count') === 0) throw corrupt(path, 'it is empty');
  if (pragma(database, 'application_id') !== applicationId) throw ofAnotherProgram(path);
  if (typeof version !== 'number' || version < 1) throw corrupt(path, 'it has no version');
  if (version > versionOf(schema)) throw tooNew(path, version, versionOf(schema));
  const damage = pragma(database, 'quick_check');
  if (damage !== 'ok') throw corrupt(path, 'the check of its contents failed');
  return version;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function ofAnotherProgram(path: string): SyncError {
  return new SyncError(
    'state.not_ours',
    `The file ${path} is the database of another program, not a journal of line-ads-sync, so it was not changed.`,
    'Set --state or state.directory to a new or empty directory, or to that of an earlier run.',
  );
}

function tooNew(path: string, version: number, known: number): SyncError {
  return new SyncError(
    'state.too_new',
    `A newer version of line-ads-sync wrote the journal ${path} (schema ${version}; this version supports up to ${known}).`,
    'Run the newer version again, or give this version a state directory of its own with --state.',
  );
}
