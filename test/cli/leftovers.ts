import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a folder but its empty lock files: none of it should be there after a run. */
export function leftoversIn(folder: string): string[] {
  return filesIn(folder).filter((path) => !(path.endsWith('/lock') && statSync(path).size === 0));
}

/** The paths of all files and pipes below a folder, which may be missing. */
export function filesIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
