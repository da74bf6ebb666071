import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { SyncError } from '../errors.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import { guardState } from '../system/stateErrors.ts';

/** The place and shape of a rejected value, which itself is never listed. */
export interface ListedReject {
  sync: string;
  /** Counted from 1 over the whole source. */
  row: number;
  /** The cell of `rejects.keyColumn`, or null if that is null or blank. Absent unless a key column is configured. */
  key?: string | null;
  column: string;
  code: RejectCode;
  shape: string;
}

/** The file at `rejects.path`, which all syncs of a run share. */
export interface RejectsFile extends Disposable {
  /** Empties the file (0600) on its first call. */
  begin(): Promise<void>;
  /** Appends a line of JSON for each reject. */
  list(rejects: readonly ListedReject[]): Promise<void>;
}

export function createRejectsFile(path: string): RejectsFile {
  const label = `the rejects file ${path}`;
  let file: number | undefined;
  let length = 0;

  /** Synchronous, so that lines of concurrent syncs do not mix. Removes a line that could not be written completely. */
  function append(to: number, text: Uint8Array): void {
    try {
      for (let at = 0; at < text.length; ) at += writeSync(to, text, at);
      length += text.length;
    } catch (error) {
      ftruncateSync(to, length);
      throw error;
    }
  }

  return {
    begin: () =>
      guardState(label, () => {
        file ??= openEmptied(path, label);
      }),
    list: (rejects) =>
      guardState(label, () => {
        if (file !== undefined) append(file, Buffer.from(rejects.map((each) => `${JSON.stringify(each)}\n`).join('')));
      }),
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/**
 * Opens the file and empties it. Refuses everything but a regular file, which alone can be closed to other users
 * (`O_NONBLOCK`: a pipe without a reader does not block). Refuses a file that holds anything but rejects: it may be the
 * source.
 */
function openEmptied(path: string, label: string): number {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw notOurs(label, 'it is a symbolic link');
  const { O_RDWR, O_CREAT, O_NONBLOCK, O_NOFOLLOW } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o600);
  try {
    if (!fstatSync(file).isFile()) throw notOurs(label, 'it is not a regular file');
    if (!isEmptyOrRejects(file)) throw notOurs(label, 'it contains something other than rejects');
    fchmodSync(file, 0o600);
    ftruncateSync(file);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Larger than a first line can be, unless the cell of the key column is very long: nothing else in it is unbounded. */
const firstLineBytes = 1 << 20;

function isEmptyOrRejects(file: number): boolean {
  const start = Buffer.alloc(firstLineBytes);
  const text = start.toString('utf8', 0, readSync(file, start, 0, start.length, 0));
  const end = text.indexOf('\n');
  return text === '' || (end > 0 && isListedReject(text.slice(0, end)));
}

/** Returns true if a line has exactly the fields of a listed reject, in their order. */
function isListedReject(line: string): boolean {
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields !== 'object' || fields === null) return false;
    const names = Object.keys(fields).filter((name) => name !== 'key');
    return names.join() === 'sync,row,column,code,shape';
  } catch {
    return false;
  }
}

function notOurs(label: string, because: string): SyncError {
  return new SyncError(
    'state.not_ours',
    `Did not overwrite ${label}, because ${because}.`,
    'Set rejects.path to another file, or remove this file if it is no longer needed.',
  );
}
