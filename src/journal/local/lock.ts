import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SyncError } from '../../errors.ts';
import { guardState } from '../../system/stateErrors.ts';
import { asSystemError, isBusy } from './sqliteErrors.ts';
import { claimStateDirectory } from './stateDirectory.ts';

export interface Lock extends Disposable {
  release(): void;
}

/**
 * Takes the state directory for this process. Makes it (0700) if it is missing. An exclusive SQLite transaction is the
 * lock: the system releases it when the process ends, however it ends, and it works where every process is PID 1.
 * Throws `state.locked` when another process has it, and `state.not_ours` for a directory of other files.
 */
export async function lockState(directory: string): Promise<Lock> {
  return guardState(`the state directory ${directory}`, () => {
    claimStateDirectory(directory);
    const lock = tryLock(join(directory, 'lock'));
    if (lock !== undefined) return lock;
    throw new SyncError(
      'state.locked',
      `Another process is using the state directory ${directory}.`,
      'Wait until that process has ended, or give this run a state directory of its own with --state.',
    );
  });
}

/** Takes the lock at this path. Returns undefined when another process holds it. */
export function tryLock(path: string): Lock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    chmodSync(path, 0o600);
    // The rollback journal stays in memory: a crash leaves no file beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    const release = () => held.close();
    return { release, [Symbol.dispose]: release };
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw asSystemError(error);
  }
}
