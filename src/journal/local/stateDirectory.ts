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
import { SyncError } from '../errors.ts';
import { stateError } from '../system/stateErrors.ts';
import { makePrivateFolder } from './privateFolder.ts';
import { isJournalOfOurs } from './sqlite.ts';

/*
 * The proof that a state directory is ours. Nothing is written to a directory, nor removed from it, without that proof.
 */

const markerName = 'line-ads-sync-state';
const markerText =
  'This directory holds the state of line-ads-sync. The program removes its own files from it; keep other files elsewhere.\n';

/** Every name that the program uses in a state directory. */
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
 * Looks at a state directory without a change. Throws `state.not_ours` for a directory that holds anything else, and
 * the system's error for a directory that cannot be read.
 */
export function examineStateDirectory(directory: string): Ownership {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return 'free';
  const names = readdirSync(directory).filter((name) => !isVolumeRoot(join(directory, name)));
  for (const name of ownFiles) requireKind(join(directory, name), 'file');
  for (const name of ownFolders) requireKind(join(directory, name), 'folder');
  if (names.includes('lock') && lstatSync(join(directory, 'lock')).size > 0) throw notOurs(join(directory, 'lock'));
  const marker = names.includes(markerName) ? readStart(join(directory, markerName), markerText.length + 1) : '';
  if (marker === markerText) return 'ours';
  if (!markerText.startsWith(marker)) throw notOurs(join(directory, markerName));
  // Earlier versions left no marker.
  if (names.includes('journal.db') && isJournalOfOurs(join(directory, 'journal.db'))) return 'ours';
  const isUnfinished = names.includes(markerName) && names.every((name) => name === markerName || name === 'lock');
  if (names.length === 0 || isUnfinished) return 'free';
  throw notOurs(directory);
}

/** Looks at a state directory whose journal is to be read. Throws `state.not_readable` when the system refuses that. */
export function examineToRead(directory: string): void {
  try {
    examineStateDirectory(directory);
  } catch (error) {
    throw stateError(error, `the state directory ${directory}`, 'read') ?? error;
  }
}

/** Makes a state directory (0700) where it is missing, and leaves the marker in it. Throws as `examineStateDirectory`. */
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

/** A symbolic link, a pipe or a device under one of our names leads elsewhere: it is never opened. */
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
    `${path} was not made by line-ads-sync, so nothing is written to it.`,
    'Give --state or state.directory a new or an empty directory, or the one of an earlier run. Nothing was changed.',
  );
}
