import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdentifierType } from '../config.ts';
import { guardState } from '../stateErrors.ts';
import { type Block, partitionCount, sliceBlock } from './blocks.ts';
import { mapInOrder } from './mapInOrder.ts';
import type { Workers } from './workers.ts';

export interface MemberSetOptions {
  /** A folder of its own, made here with access for this user only. */
  directory: string;
  identifierType: IdentifierType;
  recordBytes: number;
  workers: Workers;
  signal: AbortSignal;
}

/** A member set while it is filled: workers append blocks of records to files in `directory`, and it remembers where. */
export interface MemberSetWriter {
  directory: string;
  add(block: Block): void;
  /** Sorts what was added, twins once, and removes the files it came from. */
  seal(): Promise<SealedSet>;
}

/** Sorted, unique records of fixed width in one file. */
export interface MemberSet {
  path: string;
  recordBytes: number;
  count: number;
  /** The records from `start` up to but not including `end`, in order, some at a time in memory that is used again. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** A member set as it is when it has just been written. */
export interface SealedSet extends MemberSet {
  /** Hex SHA-256 over those of the partitions: the same for the same members, whatever order they came in. */
  digest: string;
}

const readBytes = 512 * 1024;
/** About how many bytes of records a worker sorts at a time. */
const sealBytes = 4 * 1024 * 1024;

/** About how much memory sorting may take, over all workers; one partition at a time is always sorted. */
const sortingBytes = 256 * 1024 * 1024;

export async function createMemberSet(options: MemberSetOptions): Promise<MemberSetWriter> {
  const { directory } = options;
  await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  const blocks: Block[] = [];
  return {
    directory,
    add(block) {
      blocks.push(block);
    },
    async seal() {
      const sealed = await writeSorted(options, blocks);
      const paths = new Set(blocks.map(({ path }) => path));
      for (const path of paths) await guardState(path, () => rm(path));
      return sealed;
    },
  };
}

async function writeSorted(options: MemberSetOptions, blocks: readonly Block[]): Promise<SealedSet> {
  const { directory, identifierType, recordBytes, workers, signal } = options;
  const path = join(directory, 'members');
  const file = await guardState(path, () => open(path, 'wx', 0o600));
  const hash = createHash('sha256');
  let bytes = 0;
  const parallelism = Math.min(workers.parallelism, Math.ceil(sortingBytes / (2 * largestPartition(blocks))));
  try {
    const sort = (group: Block[]) => workers.sealPartitions({ directory, identifierType, recordBytes, blocks: group });
    for await (const { records, digests } of mapInOrder(groupPartitions(blocks), parallelism, sort)) {
      signal.throwIfAborted();
      hash.update(digests.join(''));
      bytes += records.length;
      await guardState(path, () => file.appendFile(records));
    }
  } finally {
    await guardState(path, () => file.close());
  }
  return { ...openMemberSet({ path, recordBytes, count: bytes / recordBytes }), digest: hash.digest('hex') };
}

function bytesOfPartition(blocks: readonly Block[], partition: number): number {
  return blocks.reduce((sum, { partitionBytes }) => sum + partitionBytes[partition]!, 0);
}

function largestPartition(blocks: readonly Block[]): number {
  const sizes = Array.from({ length: partitionCount }, (_, partition) => bytesOfPartition(blocks, partition));
  return Math.max(...sizes, sealBytes);
}

/** All partitions in order, neighbours together where they are small: of each group its part of every block. */
function* groupPartitions(blocks: readonly Block[]): Generator<Block[]> {
  let first = 0;
  let bytes = 0;
  for (let partition = 0; partition < partitionCount; partition++) {
    bytes += bytesOfPartition(blocks, partition);
    if (bytes < sealBytes && partition < partitionCount - 1) continue;
    yield blocks.map((block) => sliceBlock(block, first, partition + 1));
    first = partition + 1;
    bytes = 0;
  }
}

/** A set whose file was written before. */
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
