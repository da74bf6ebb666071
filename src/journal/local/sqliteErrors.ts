import { SyncError } from '../../errors.ts';
import { stateError } from '../../system/stateErrors.ts';

/*
 * SQLite's errors as the program's errors. SQLite's codes: https://sqlite.org/rescode.html
 */

const codes = { busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** Codes that stand for an error of the system. Any other code, such as a constraint, is a fault of the program. */
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

/** The file was moved or removed after it had been opened (SQLITE_READONLY_DBMOVED). */
const movedCode = 1032;

/** Returns SQLite's code without its extension; undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === codes.busy;
}

/** Returns the error of the system that an error of SQLite stands for. Any other error is returned as it is. */
export function asSystemError(error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code === undefined) return error;
  return Object.assign(new Error('a file of the state directory could not be used', { cause: error }), { code });
}

function systemCodeOf(error: unknown): string | undefined {
  const isMoved = typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === movedCode;
  return isMoved ? 'ENOENT' : systemCodes[resultCode(error) ?? -1];
}

/** Runs work on the journal. Errors of SQLite and of the system become `state.*` errors; faults of the program stay. */
export function asStateErrors<T>(path: string, access: 'write' | 'read', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const code = resultCode(error);
    if (code === codes.corrupt || code === codes.notADatabase) throw corrupt(path, 'SQLite cannot read it', error);
    throw stateError(asSystemError(error), `the journal ${path}`, access) ?? error;
  }
}

export function corrupt(path: string, reason: string, cause?: unknown): SyncError {
  return new SyncError(
    'state.corrupt',
    `The journal ${path} is damaged: ${reason}.`,
    'Move the state directory away, keep it for analysis, and run again: the next run creates a new journal and sends the whole set once.',
    { cause },
  );
}
