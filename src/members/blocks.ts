import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Layout } from './layout.ts';
import { areSame, gatherRecords, orderByBits, readSortKeys, wordsOf } from './records.ts';
import { createByteScratch, createNumberScratch } from './scratch.ts';

/** The leading bits of a record that decide its partition. */
const partitionBits = 10;
export const partitionCount = 1 << partitionBits;

/** The records of one task in a working file, partition after partition. */
export interface Block {
  path: string;
  /** Its start in the file. */
  offset: number;
  /** The start of each partition in bytes from `offset`, then the end of the last one. Shared by threads. */
  starts: Uint32Array<SharedArrayBuffer>;
}

const scratchBytes = createByteScratch();
const [sortKeysOf, keptOf, orderOf] = [createNumberScratch(), createNumberScratch(), createNumberScratch()];

/**
 * Appends records to the file at `path` (0600), in order of their partitions and without most repeats. No other thread
 * may write to the file. The records must start at a multiple of eight bytes of their memory.
 */
export function appendBlock(records: Uint8Array, layout: Layout, path: string): Block {
  const { ordered, starts } = orderByPartition(records, layout);
  const file = openSync(path, 'a', 0o600);
  try {
    const offset = fstatSync(file).size;
    for (let written = 0; written < ordered.length; ) written += writeSync(file, ordered, written);
    return { path, offset, starts };
  } finally {
    closeSync(file);
  }
}

function orderByPartition(records: Uint8Array, layout: Layout) {
  const { recordBytes } = layout;
  const words = wordsOf(records);
  const count = records.length / recordBytes;
  const sortKeys = sortKeysOf(count);
  readSortKeys(words, layout, sortKeys);
  const kept = findKept(words, recordBytes / 4, keptOf(count));
  const order = orderOf(kept.length);
  const ends = new Uint32Array(partitionCount + 1);
  orderByBits(kept, order, sortKeys, { shift: 32 - partitionBits, starts: ends });
  const ordered = scratchBytes(kept.length * recordBytes);
  gatherRecords(records, order, recordBytes, ordered);
  const starts = new Uint32Array(new SharedArrayBuffer((partitionCount + 1) * 4));
  for (let partition = 0; partition < partitionCount; partition++)
    starts[partition + 1] = ends[partition]! * recordBytes;
  return { ordered, starts };
}

const recentSlots = 4096;
const recent = new Int32Array(recentSlots);

/**
 * Returns the indexes of the records without most repeats of an earlier one. Otherwise a value of every second row
 * would fill a partition, which is sorted in memory. Sealing drops the other repeats.
 */
function findKept(words: Int32Array, recordWords: number, kept: Uint32Array): Uint32Array {
  recent.fill(-1);
  let count = 0;
  for (let from = 0, index = 0; from < words.length; from += recordWords, index++) {
    const slot = words[from + 1]! & (recentSlots - 1);
    const before = recent[slot]!;
    if (before >= 0 && areSame(words, before, from, recordWords)) continue;
    recent[slot] = from;
    kept[count++] = index;
  }
  return kept.subarray(0, count);
}

/** Returns the size of each partition over all blocks, in bytes. */
export function partitionSizes(blocks: readonly Block[]): number[] {
  const sizes = new Array<number>(partitionCount).fill(0);
  for (const { starts } of blocks)
    for (let partition = 0; partition < partitionCount; partition++)
      sizes[partition]! += starts[partition + 1]! - starts[partition]!;
  return sizes;
}

/** Returns the part of a block that holds the partitions from `first` up to but not including `end`. */
export function sliceBlock({ path, offset, starts }: Block, first: number, end: number): Block {
  return { path, offset, starts: starts.subarray(first, end + 1) };
}

/** Returns all records of some blocks, on memory that the next call reuses. */
export function readBlocks(blocks: readonly Block[]): Buffer {
  const sizes = blocks.map(({ starts }) => starts.at(-1)! - starts[0]!);
  const records = scratchBytes(sizes.reduce((sum, size) => sum + size, 0));
  const files = new Map<string, number>();
  let at = 0;
  try {
    for (const [index, { path, offset, starts }] of blocks.entries()) {
      const file = files.get(path) ?? openSync(path, 'r');
      files.set(path, file);
      readFully(file, records.subarray(at, at + sizes[index]!), offset + starts[0]!);
      at += sizes[index]!;
    }
  } finally {
    for (const file of files.values()) closeSync(file);
  }
  return records;
}

function readFully(file: number, into: Buffer, offset: number): void {
  for (let read = 0; read < into.length; ) {
    const got = readSync(file, into, read, into.length - read, offset + read);
    if (got === 0) throw new Error('a working file is shorter than it was written');
    read += got;
  }
}
