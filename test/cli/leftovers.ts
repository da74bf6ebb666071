import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a folder but empty locks, journal and marker: none of it should be there after a failure. */
export function leftoversIn(folder: string): string[] {
  return filesIn(folder).filter(
    (path) =>
      !(path.endsWith('/lock') && statSync(path).size === 0) && !/\/(journal\.db|line-ads-sync-state)$/.test(path),
  );
}

/** Leftovers without what a snapshot or an unfinished plan needs. */
export function unneededIn(folder: string): string[] {
  return leftoversIn(folder).filter((path) => !keptMembers.test(path));
}

/** Where member sets are kept on purpose, for this user only. */
export const keptMembers = /\.line-ads-sync\/members\/[\w-]+\.(members|lines)$/;

/** The paths of all files and pipes below a folder, which may be missing. */
export function filesIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
