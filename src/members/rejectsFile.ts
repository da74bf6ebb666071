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

/** A rejected value as it may be listed: its place and its shape, never the value. */
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
  let length = 0;

  /** In one go, so that lines of syncs that read side by side are not mixed; a line that was cut off is taken back. */
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
      guardState(where, () => {
        file ??= openEmptied(path, where);
      }),
    list: (rejects) =>
      guardState(where, () => {
        if (file !== undefined) append(file, Buffer.from(rejects.map((each) => `${JSON.stringify(each)}\n`).join('')));
      }),
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/**
 * Opens the file and empties it. Only a regular file, as nothing else can be closed to other users (a pipe that nobody
 * reads is not waited for), and only one that is empty or holds rejects: any other may be the source.
 */
function openEmptied(path: string, where: string): number {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw notOurs(where, 'it is a symbolic link');
  const { O_RDWR, O_CREAT, O_NONBLOCK, O_NOFOLLOW } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o600);
  try {
    if (!fstatSync(file).isFile()) throw notOurs(where, 'it is no regular file');
    if (!isEmptyOrRejects(file)) throw notOurs(where, 'it holds something else than rejects');
    fchmodSync(file, 0o600);
    ftruncateSync(file);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** More than any first line takes: the key column is the only part without a bound. */
const firstLineBytes = 1 << 20;

function isEmptyOrRejects(file: number): boolean {
  const start = Buffer.alloc(firstLineBytes);
  const text = start.toString('utf8', 0, readSync(file, start, 0, start.length, 0));
  const end = text.indexOf('\n');
  return text === '' || (end > 0 && isListedReject(text.slice(0, end)));
}

/** Whether a line has exactly the fields of a listed reject, in their order. */
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

function notOurs(where: string, because: string): SyncError {
  return new SyncError(
    'state.not_ours',
    `Will not write over ${where}: ${because}.`,
    'Give rejects.path a file of its own. If this one is no longer needed, remove it first.',
  );
}
