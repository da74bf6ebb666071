import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** Makes a folder and those above it that are missing, open to this user only. */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  // Not by mkdir's `recursive`: it never comes back where the system says ENOENT of a folder that is there, as in /proc.
  makePrivateFolder(dirname(resolve(path)));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process that starts at the same moment may have been faster.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
