import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateSubfolder } from '../../system/privateFolder.ts';
import { guardState } from '../../system/stateErrors.ts';
import { type Lock, tryLock } from './lock.ts';

export interface WorkFolder {
  path: string;
  /** Removes the folder and its contents. */
  remove(): void;
}

/**
 * Opens a private folder (0700) for a run's working files below `parent`. Removes the folders that killed runs left
 * there: a living run holds the lock in its folder.
 */
export async function openWorkFolder(parent: string, runId: string): Promise<WorkFolder> {
  return guardState(`the working folder ${parent}`, () => {
    makePrivateSubfolder(parent);
    const path = join(parent, `${prefix}${runId}`);
    mkdirSync(path, { mode: 0o700 });
    const lock = tryLock(join(path, 'lock'));
    removeLeftovers(parent, statSync(path).uid);
    return { path, remove: () => remove(path, lock) };
  });
}

const prefix = 'line-ads-sync-run-';

/** The prefix and the id of a run. */
const folderName = new RegExp(`^${prefix}\\+?\\d{8,10}T\\d{6}Z-[0-9a-f]{8}$`);

function removeLeftovers(parent: string, owner: number): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    try {
      if (!folderName.test(name) || !isLeftByRun(path, owner)) continue;
      const lock = tryLock(join(path, 'lock'));
      if (lock !== undefined) remove(path, lock);
    } catch {
      // The folder is not that of a run, or was removed in the meantime.
    }
  }
}

/**
 * Tells whether a folder holds the lock of a run, an empty file. Links are not followed. A folder of another user is never
 * opened, since it may be a trap when all users may write to `parent`.
 */
function isLeftByRun(path: string, owner: number): boolean {
  const folder = lstatSync(path);
  if (!folder.isDirectory() || folder.uid !== owner) return false;
  const lock = lstatSync(join(path, 'lock'), { throwIfNoEntry: false });
  return lock?.isFile() === true && lock.size === 0 && lock.uid === owner;
}

function remove(path: string, lock: Lock | undefined): void {
  lock?.release();
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next run removes the rest.
  }
}
