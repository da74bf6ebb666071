import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** Makes a folder and its missing parents, open to this user only. */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  // mkdir's `recursive` never returns where the system says ENOENT about a folder that is there, as in /proc.
  makePrivateFolder(dirname(resolve(path)));
  makePrivateSubfolder(path);
}

/** Makes a folder in one that exists: a state directory that has vanished is not made again without its marker. */
export function makePrivateSubfolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may start at the same moment.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
