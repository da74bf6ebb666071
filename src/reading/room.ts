import { statfs } from 'node:fs/promises';
import type { SyncConfig } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import { recordBytesOf } from '../identifiers/kinds.ts';
import { guardState } from '../system/stateErrors.ts';

/** Records lie on the disk as they come, and sorted beside that. */
const timesOnDisk = 2;

/** How much of the disk the members of some values take while they are read. */
export function roomFor(sync: SyncConfig, values: number): number {
  return timesOnDisk * values * recordBytesOf(sync);
}

/** Throws `state.disk_full` where less than that is free: better now than after hours of reading. */
export async function checkRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await guardState(directory, () => statfs(directory));
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new SyncError(
    'state.disk_full',
    `Reading takes about ${megabytes(bytes)} of disk in ${directory}, where ${megabytes(free)} are free.`,
    'Free space there, or point --state at a larger disk (preview: TMPDIR). Nothing was sent.',
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
