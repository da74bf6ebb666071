import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdentifierType } from '../identifiers/rules.ts';
import { guardState } from '../system/stateErrors.ts';
import { type Block, partitionCount, partitionSizes, sliceBlock } from './blocks.ts';
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
  /** Hex SHA-256 of its records: the same for the same members, whatever order they came in. */
  digest: string;
}

const readBytes = 512 * 1024;
/** About how many bytes of records a worker sorts at a time. */
const sealBytes = 4 * 1024 * 1024;

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
  const sizes = partitionSizes(blocks);
  const atOnce = Math.min(workers.parallelism, Math.ceil(workers.sortingBytes / (2 * Math.max(sealBytes, ...sizes))));
  const hash = createHash('sha256');
  let bytes = 0;
  const sort = ({ blocks: group, bytes: most }: Group) =>
    workers.sealPartitions({ directory, identifierType, recordBytes, blocks: group }, most);
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

/** Neighbouring partitions that are sorted together: of each block its part. */
interface Group {
  bytes: number;
  blocks: Block[];
}

/** All partitions in order, so many at a time that a group is worth a thread's while and yet small. */
function* groupPartitions(blocks: readonly Block[], sizes: readonly number[]): Generator<Group> {
  for (let first = 0, end = 0; first < partitionCount; first = end) {
    let bytes = 0;
    while (end < partitionCount && bytes < sealBytes) bytes += sizes[end++]!;
    yield { bytes, blocks: blocks.map((block) => sliceBlock(block, first, end)) };
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
