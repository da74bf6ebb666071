import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { SyncError } from '../errors.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import { guardState } from '../stateErrors.ts';

/** A rejected value as it may be listed: where it stands and what it looks like, never the value. */
export interface ListedReject {
  sync: string;
  /** Counted from 1 over all of the source. */
  row: number;
  /** Of `rejects.keyColumn`, when that is configured; null where the cell is null or blank. */
  key?: string | null;
  column: string;
  code: RejectCode;
  shape: string;
}

/** The file of `rejects.path`, which all syncs of a run share. */
export interface RejectsFile extends Disposable {
  /** Empties the file (0600), the first time it is called. */
  begin(): Promise<void>;
  /** One JSON line each. */
  list(rejects: readonly ListedReject[]): Promise<void>;
}

export function createRejectsFile(path: string): RejectsFile {
  const where = `the rejects file ${path}`;
  let file: number | undefined;
  return {
    begin: () =>
      guardState(where, () => {
        file ??= openAnew(path, where);
      }),
    list: (rejects) =>
      guardState(where, () => {
        // In one go: lines of syncs that read side by side are not mixed.
        const text = Buffer.from(rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''));
        for (let at = 0; at < text.length && file !== undefined; ) at += writeSync(file, text, at);
      }),
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/**
 * Only a regular file, as nothing else can be closed to others (a pipe that nobody reads is not waited for), and none
 * that holds anything but rejects: it may be the source.
 */
function openAnew(path: string, where: string): number {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600);
  try {
    if (!fstatSync(file).isFile()) throw noFile(where);
    if (!isEmptyOrRejects(file)) throw holdsOther(where);
    fchmodSync(file, 0o600);
    ftruncateSync(file);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** How each line begins. */
const lineStart = Buffer.from('{"sync":"');

function isEmptyOrRejects(file: number): boolean {
  const start = Buffer.alloc(lineStart.length);
  const length = readSync(file, start, 0, start.length, 0);
  return length === 0 || start.equals(lineStart);
}

function holdsOther(where: string): SyncError {
  return new SyncError(
    'state.not_writable',
    `Will not write over ${where}: it holds something else than rejects.`,
    'Give rejects.path a file of its own; if this one is to go, remove it first.',
  );
}

function noFile(where: string): SyncError {
  return new SyncError(
    'state.not_writable',
    `Cannot write to ${where}: it is no regular file.`,
    'Give rejects.path the path of a file, or of one that is to be made.',
  );
}
