import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { systemErrorCode } from '../errors.ts';

/*
 * Small files that are read at once: configurations, secrets, certificates.
 */

export const maxSmallFileBytes = 1 << 20;

/** A file that exists but is not read. `message` completes "the file …": "is larger than 1 MiB". */
class UnfitFile extends Error {}

export function tooLarge(): UnfitFile {
  return new UnfitFile('is larger than 1 MiB');
}

/** Describes the fault of a file. The text completes "the file …". */
export function fileProblem(error: unknown): string {
  return error instanceof UnfitFile ? error.message : `cannot be read (${systemErrorCode(error) ?? 'unreadable'})`;
}

/**
 * Reads a regular file of at most a mebibyte. Follows links. Refuses a pipe or a device without opening it: opening may
 * have an effect, and a read could not be interrupted.
 */
export function readSmallFile(path: string): string {
  requireRegular(statSync(path));
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    requireRegular(fstatSync(file));
    return readAll(file);
  } finally {
    closeSync(file);
  }
}

function requireRegular(found: { isFile(): boolean }): void {
  if (!found.isFile()) throw new UnfitFile('is not a regular file');
}

/** Ignores the size that the system reports: files in /proc have none. */
function readAll(file: number): string {
  const bytes = Buffer.alloc(maxSmallFileBytes + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length < bytes.length; length += got)
    got = readSync(file, bytes, length, bytes.length - length, null);
  if (length > maxSmallFileBytes) throw tooLarge();
  return bytes.toString('utf8', 0, length);
}
