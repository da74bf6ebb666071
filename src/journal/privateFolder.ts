import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes a folder and those above it that are missing, open to this user only. */
export function makePrivateFolder(path: string): void {
  // Not by mkdir's `recursive`: it never comes back where the system says ENOENT of a folder that is there, as in /proc.
  const parent = dirname(resolve(path));
  if (!existsSync(parent)) makePrivateFolder(parent);
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}
