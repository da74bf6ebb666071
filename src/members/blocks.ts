import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Layout } from './layout.ts';
import { areSame, gatherRecords, orderByBits, readKeys, wordsOf } from './records.ts';
import { createByteScratch, createNumberScratch } from './scratch.ts';

/** Records are parted by the leading 10 bits of their keys. */
const partitionBits = 10;
export const partitionCount = 1 << partitionBits;

/** Records of one piece of work, partition after partition, in a working file. */
export interface Block {
  path: string;
  /** Where in the file it begins. */
  offset: number;
  /** Where each partition begins, in bytes from `offset`, and behind them where the last one ends; shared by threads. */
  starts: Uint32Array<SharedArrayBuffer>;
}

const scratchBytes = createByteScratch();
const [keysOf, keptOf, orderOf] = [createNumberScratch(), createNumberScratch(), createNumberScratch()];

/**
 * Appends records, in order of their partitions and without most repeats, to the file at `path` (0600). One thread at a
 * time writes to a file; the records start at a multiple of eight bytes of their memory.
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
  const keys = keysOf(count);
  readKeys(words, layout, keys);
  const kept = findKept(words, recordBytes / 4, keptOf(count));
  const order = orderOf(kept.length);
  const ends = new Uint32Array(partitionCount + 1);
  orderByBits(kept, order, keys, { shift: 32 - partitionBits, starts: ends });
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
 * The indexes of the records without most of those that repeat one before them: a value that stands in every second row
 * must not fill a partition, whose sorting takes memory. Sealing drops the rest.
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

/** How many bytes each partition has in all blocks together. */
export function partitionSizes(blocks: readonly Block[]): number[] {
  const sizes = new Array<number>(partitionCount).fill(0);
  for (const { starts } of blocks)
    for (let partition = 0; partition < partitionCount; partition++)
      sizes[partition]! += starts[partition + 1]! - starts[partition]!;
  return sizes;
}

/** The part of a block that holds the partitions from `first` up to but not including `end`. */
export function sliceBlock({ path, offset, starts }: Block, first: number, end: number): Block {
  return { path, offset, starts: starts.subarray(first, end + 1) };
}

/** All records of some blocks, in memory that the next call uses again. */
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
