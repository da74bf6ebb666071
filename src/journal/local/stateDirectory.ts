import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SyncError } from '../../errors.ts';
import { makePrivateFolder } from '../../system/privateFolder.ts';
import { stateError } from '../../system/stateErrors.ts';
import { isJournalFile } from './database.ts';

/*
 * The proof that this program made a state directory. Without it, nothing is written to a directory nor removed from it.
 */

const markerName = 'line-ads-sync-state';
const markerText =
  'This directory holds the state of line-ads-sync. The program removes its own files from it; keep other files elsewhere.\n';

/** All names that the program uses in a state directory. */
const ownFiles = [
  markerName,
  'lock',
  'lock-journal',
  'journal.db',
  'journal.db-journal',
  'journal.db-new',
  'journal.db-new-journal',
];
const ownFolders = ['members', 'work'];

/** `free`: the directory is missing or empty, or holds a claim that was not finished. */
export type Ownership = 'ours' | 'free';

/**
 * Examines a state directory without changing it. Throws `state.not_ours` for a directory that holds anything else, and
 * the system's error for a directory that cannot be read.
 */
function examineStateDirectory(directory: string): Ownership {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return 'free';
  const names = readdirSync(directory).filter((name) => !isVolumeRoot(join(directory, name)));
  for (const name of ownFiles) requireKind(join(directory, name), 'file');
  for (const name of ownFolders) requireKind(join(directory, name), 'folder');
  if (names.includes('lock') && lstatSync(join(directory, 'lock')).size > 0) throw notOurs(join(directory, 'lock'));
  const marker = names.includes(markerName) ? readStart(join(directory, markerName), markerText.length + 1) : '';
  if (marker === markerText) return 'ours';
  if (!markerText.startsWith(marker)) throw notOurs(join(directory, markerName));
  // Earlier versions left no marker.
  if (names.includes('journal.db') && isJournalFile(join(directory, 'journal.db'))) return 'ours';
  const isUnfinished = names.includes(markerName) && names.every((name) => name === markerName || name === 'lock');
  if (names.length === 0 || isUnfinished) return 'free';
  throw notOurs(directory);
}

/** Examines a state directory before its journal is read. Throws `state.not_readable` when the system refuses that. */
export function examineToRead(directory: string): void {
  try {
    examineStateDirectory(directory);
  } catch (error) {
    throw stateError(error, `the state directory ${directory}`, 'read') ?? error;
  }
}

/** Makes a state directory (0700) if it is missing, and writes the marker. Throws the errors of `examineStateDirectory`. */
export function claimStateDirectory(directory: string): void {
  const ownership = examineStateDirectory(directory);
  makePrivateFolder(directory);
  const path = join(directory, markerName);
  if (ownership === 'ours' && lstatSync(path, { throwIfNoEntry: false })?.size === markerText.length) return;
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(file, markerText);
  } finally {
    closeSync(file);
  }
}

/** The folder that `mkfs` leaves in a fresh volume. */
function isVolumeRoot(path: string): boolean {
  return path.endsWith('/lost+found') && lstatSync(path).isDirectory();
}

/** A symbolic link, a pipe or a device under one of these names leads elsewhere, and is never opened. */
function requireKind(path: string, kind: 'file' | 'folder'): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !isOfKind(found, kind)) throw notOurs(path);
}

function isOfKind(found: Stats, kind: 'file' | 'folder'): boolean {
  return kind === 'file' ? found.isFile() : found.isDirectory();
}

function readStart(path: string, bytes: number): string {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(bytes);
    return start.toString('latin1', 0, readSync(file, start, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}

function notOurs(path: string): SyncError {
  return new SyncError(
    'state.not_ours',
    `The path ${path} was not created by line-ads-sync, so nothing was written to it.`,
    'Set --state or state.directory to a new or empty directory, or to that of an earlier run.',
  );
}
