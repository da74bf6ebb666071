import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdentifierType } from '../config.ts';
import { guardState } from '../stateErrors.ts';
import { layoutOf } from './layout.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createSpill, type Extent } from './spill.ts';
import type { Workers } from './workers.ts';

export interface MemberSetOptions {
  /** A folder of its own, made here with access for this user only. */
  directory: string;
  identifierType: IdentifierType;
  recordBytes: number;
  workers: Workers;
}

/** A member set while it is filled. Memory stays the same however many members there are. */
export interface MemberSetWriter {
  /** Takes whole records, starting at a multiple of four bytes of their memory. Twins are welcome. */
  add(records: Uint8Array): Promise<void>;
  seal(): Promise<MemberSet>;
}

/** Sorted, unique records of fixed width in one file. */
export interface MemberSet {
  recordBytes: number;
  count: number;
  /** Hex SHA-256 over the records in order: the same for the same members, whatever order they came in. */
  digest: string;
  /** The records from `start` up to but not including `end`, in order, about `readBytes` at a time. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

const readBytes = 512 * 1024;
/** About how many bytes of records a worker sorts at a time. */
const sealBytes = 4 * 1024 * 1024;

export async function createMemberSet(options: MemberSetOptions): Promise<MemberSetWriter> {
  const { directory, identifierType, recordBytes } = options;
  await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  const spillPath = join(directory, 'unsorted');
  const spill = await createSpill(spillPath, layoutOf(identifierType, recordBytes));
  return {
    add: (records) => spill.add(records),
    async seal() {
      const extents = await spill.finish();
      const sealed = await writeSorted(options, spillPath, extents);
      await guardState(spillPath, () => rm(spillPath));
      return sealed;
    },
  };
}

async function writeSorted(options: MemberSetOptions, spillPath: string, extents: Extent[][]): Promise<MemberSet> {
  const { directory, identifierType, recordBytes, workers } = options;
  const path = join(directory, 'members');
  const file = await guardState(path, () => open(path, 'wx', 0o600));
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const sort = (partitions: Extent[][]) =>
      workers.sealPartitions({ path: spillPath, identifierType, recordBytes, partitions });
    for await (const records of mapInOrder(groupPartitions(extents), workers.parallelism, sort)) {
      hash.update(records);
      bytes += records.length;
      await guardState(path, () => file.appendFile(records));
    }
  } finally {
    await guardState(path, () => file.close());
  }
  return openMemberSet(path, recordBytes, bytes / recordBytes, hash.digest('hex'));
}

/** Partitions in order, neighbours together where they are small. */
function* groupPartitions(extents: readonly Extent[][]): Generator<Extent[][]> {
  let group: Extent[][] = [];
  let bytes = 0;
  for (const partition of extents) {
    group.push(partition);
    bytes += partition.reduce((sum, extent) => sum + extent.bytes, 0);
    if (bytes < sealBytes) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (bytes > 0) yield group;
}

function openMemberSet(path: string, recordBytes: number, count: number, digest: string): MemberSet {
  return {
    recordBytes,
    count,
    digest,
    async *read(start, end) {
      const file = await guardState(path, () => open(path, 'r'));
      try {
        const step = Math.floor(readBytes / recordBytes);
        for (let from = start; from < end; from += step) {
          const bytes = (Math.min(from + step, end) - from) * recordBytes;
          const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, from * recordBytes);
          if (bytesRead < bytes) throw new Error('the member set is shorter than it was written');
          yield buffer;
        }
      } finally {
        await file.close();
      }
    },
  };
}
