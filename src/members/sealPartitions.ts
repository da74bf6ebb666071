import { closeSync, openSync, readSync } from 'node:fs';
import type { IdentifierType } from '../config.ts';
import { layoutOf } from './layout.ts';
import { sortUnique } from './sortRecords.ts';
import type { Extent } from './spill.ts';

export interface SealPartitions {
  path: string;
  identifierType: IdentifierType;
  recordBytes: number;
  /** The extents of some partitions, in order. */
  partitions: readonly Extent[][];
}

/** Reads some partitions of a spill file and returns their records sorted, each member once. */
export function sealPartitions({
  path,
  identifierType,
  recordBytes,
  partitions,
}: SealPartitions): Uint8Array<ArrayBuffer> {
  const layout = layoutOf(identifierType, recordBytes);
  const file = openSync(path, 'r');
  try {
    const sorted = partitions.map((extents) => sortUnique(readExtents(file, extents), layout));
    const bytes = sorted.reduce((sum, { length }) => sum + length, 0);
    return joinOwned(sorted, bytes);
  } finally {
    closeSync(file);
  }
}

function readExtents(file: number, extents: readonly Extent[]): Buffer {
  const records = Buffer.from(new ArrayBuffer(extents.reduce((sum, { bytes }) => sum + bytes, 0)));
  let at = 0;
  for (const { offset, bytes } of extents) {
    for (let read = 0; read < bytes; ) {
      const got = readSync(file, records, at + read, bytes - read, offset + read);
      if (got === 0) throw new Error('the working file is shorter than it was written');
      read += got;
    }
    at += bytes;
  }
  return records;
}

/** Joined in memory of its own, fit to be handed to another thread. */
function joinOwned(parts: readonly Buffer[], bytes: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
