import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** Creates a folder and its missing parents, with access for this user only. */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  // mkdir's `recursive` never returns if the system answers ENOENT for an existing folder, as in /proc.
  makePrivateFolder(dirname(resolve(path)));
  makePrivateSubfolder(path);
}

/** Creates a folder in an existing one. A state directory that has vanished is not recreated without its marker. */
export function makePrivateSubfolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may start at the same moment.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
