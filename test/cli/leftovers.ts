import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the paths below a folder except empty locks, journal and marker. None of them may remain after a failure. */
export function leftoversIn(folder: string): string[] {
  return filesIn(folder).filter(
    (path) =>
      !(path.endsWith('/lock') && statSync(path).size === 0) && !/\/(journal\.db|line-ads-sync-state)$/.test(path),
  );
}

/** Returns the leftovers except the files of a snapshot or an unfinished plan. */
export function unneededIn(folder: string): string[] {
  return leftoversIn(folder).filter((path) => !keptMembers.test(path));
}

/** The folder in which member sets are kept on purpose, for this user only. */
export const keptMembers = /\.line-ads-sync\/members\/[\w-]+\.(members|lines)$/;

/** Returns the paths of all files and pipes below a folder, which may be missing. */
export function filesIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
