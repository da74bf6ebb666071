import { statfs } from 'node:fs/promises';
import type { SyncConfig } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import { recordBytesOf } from '../identifiers/kinds.ts';
import { guardState } from '../system/stateErrors.ts';

/** The disk holds the records in the order of the source, and a sorted copy. */
const timesOnDisk = 2;

/** Bytes of disk that reading `values` values takes. */
export function roomFor(sync: SyncConfig, values: number): number {
  return timesOnDisk * values * recordBytesOf(sync);
}

/** Throws `state.disk_full` if less is free, before hours of reading are spent. */
export async function checkRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await guardState(directory, () => statfs(directory));
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new SyncError(
    'state.disk_full',
    `Reading needs about ${megabytes(bytes)} of disk space in ${directory}, but only ${megabytes(free)} are free. Nothing was sent.`,
    'Free space there, or point --state (preview: TMPDIR) at a larger disk.',
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
