import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { guardState } from '../stateErrors.ts';
import { type Lock, tryLock } from './lock.ts';
import { makePrivateFolder } from './privateFolder.ts';

export interface WorkFolder {
  path: string;
  /** Removes the folder and all in it. */
  remove(): void;
}

/**
 * A private folder (0700) for a run's working files below `parent`. Folders that killed runs left there are removed:
 * a living run holds the lock in its own.
 */
export async function openWorkFolder(parent: string, runId: string): Promise<WorkFolder> {
  return guardState(`the working folder ${parent}`, () => {
    makePrivateFolder(parent);
    const path = join(parent, `${prefix}${runId}`);
    mkdirSync(path, { mode: 0o700 });
    const lock = tryLock(join(path, 'lock'));
    removeLeftovers(parent, statSync(path).uid);
    return { path, remove: () => remove(path, lock) };
  });
}

const prefix = 'line-ads-sync-run-';

/** What another user put there is not even opened: it may be a trap, as in a folder that all may write to. */
function removeLeftovers(parent: string, owner: number): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    try {
      if (lstatSync(path).uid !== owner) continue;
      const isNew = !existsSync(join(path, 'lock'));
      const lock = isNew ? undefined : tryLock(join(path, 'lock'));
      if (lock !== undefined) remove(path, lock);
    } catch {
      // Not one of ours, or gone in the meantime.
    }
  }
}

function remove(path: string, lock: Lock | undefined): void {
  lock?.release();
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next run removes what stays.
  }
}
