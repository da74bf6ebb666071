import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdentifierKind } from '../identifiers/kinds.ts';
import { guardState } from '../system/stateErrors.ts';
import { type Block, partitionCount, partitionSizes, sliceBlock } from './blocks.ts';
import { mapInOrder } from './mapInOrder.ts';
import type { Workers } from './workers.ts';

/** The surroundings of all work on the member sets of a sync. */
export interface MemberContext {
  kind: IdentifierKind;
  workers: Workers;
  signal: AbortSignal;
}

export interface MemberSetOptions {
  /** A new folder, created here with access for this user only. */
  directory: string;
  recordBytes: number;
}

/** A member set that is being filled with blocks of records, which workers have written to files in `directory`. */
export interface MemberSetWriter {
  directory: string;
  add(block: Block): void;
  /** Sorts the records of all blocks, merges twins, and removes the files of the blocks. */
  seal(): Promise<SealedSet>;
}

/** Sorted, unique records of fixed width in one file. */
export interface MemberSet {
  path: string;
  recordBytes: number;
  count: number;
  /** Yields the records from `start` up to but not including `end` in order, in parts on memory that is reused. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** A member set that has just been written. */
export interface SealedSet extends MemberSet {
  /** Hexadecimal SHA-256 of its records. It depends on the members alone, not on the order in which they came. */
  digest: string;
}

const readBytes = 512 * 1024;
/** Approximate size of the records that a worker sorts at a time. */
const sealBytes = 4 * 1024 * 1024;

export async function createMemberSet(options: MemberSetOptions, context: MemberContext): Promise<MemberSetWriter> {
  const { directory } = options;
  await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  const blocks: Block[] = [];
  return {
    directory,
    add(block) {
      blocks.push(block);
    },
    async seal() {
      const sealed = await writeSorted(blocks, options, context);
      const paths = new Set(blocks.map(({ path }) => path));
      for (const path of paths) await guardState(path, () => rm(path));
      return sealed;
    },
  };
}

async function writeSorted(
  blocks: readonly Block[],
  { directory, recordBytes }: MemberSetOptions,
  { kind, workers, signal }: MemberContext,
): Promise<SealedSet> {
  const path = join(directory, 'members');
  const file = await guardState(path, () => open(path, 'wx', 0o600));
  const sizes = partitionSizes(blocks);
  const atOnce = Math.min(workers.parallelism, Math.ceil(workers.sortingBytes / (2 * Math.max(sealBytes, ...sizes))));
  const hash = createHash('sha256');
  let bytes = 0;
  const sort = (group: PartitionGroup) =>
    workers.sealPartitions({ directory, kind, recordBytes, blocks: group.blocks }, group.bytes);
  try {
    for await (const { records, giveBack } of mapInOrder(groupPartitions(blocks, sizes), atOnce, sort)) {
      signal.throwIfAborted();
      hash.update(records);
      bytes += records.length;
      await guardState(path, () => file.appendFile(records));
      giveBack();
    }
  } finally {
    await guardState(path, () => file.close());
  }
  return { ...openMemberSet({ path, recordBytes, count: bytes / recordBytes }), digest: hash.digest('hex') };
}

/** Neighbouring partitions that are sorted together, as the part of each block that holds them. */
interface PartitionGroup {
  bytes: number;
  blocks: Block[];
}

/** Yields all partitions in order, in groups of about `sealBytes`. */
function* groupPartitions(blocks: readonly Block[], sizes: readonly number[]): Generator<PartitionGroup> {
  for (let first = 0, end = 0; first < partitionCount; first = end) {
    let bytes = 0;
    while (end < partitionCount && bytes < sealBytes) bytes += sizes[end++]!;
    yield { bytes, blocks: blocks.map((block) => sliceBlock(block, first, end)) };
  }
}

/** Opens a set whose file exists. */
export function openMemberSet({ path, recordBytes, count }: Omit<MemberSet, 'read'>): MemberSet {
  return {
    path,
    recordBytes,
    count,
    async *read(start, end) {
      const file = await guardState(path, () => open(path, 'r'));
      try {
        const step = Math.min(Math.floor(readBytes / recordBytes), end - start);
        const buffer = Buffer.alloc(step * recordBytes);
        for (let from = start; from < end; from += step) {
          const bytes = (Math.min(from + step, end) - from) * recordBytes;
          const { bytesRead } = await file.read(buffer, 0, bytes, from * recordBytes);
          if (bytesRead < bytes) throw new Error('the member set is shorter than it was written');
          yield buffer.subarray(0, bytes);
        }
      } finally {
        await file.close();
      }
    },
  };
}
