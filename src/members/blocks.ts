import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type Layout, partitionCount } from './layout.ts';

/** Records of one piece of work, partition after partition, in a working file. */
export interface Block {
  path: string;
  /** Where in the file it begins. */
  offset: number;
  /** Where each partition begins, in bytes from `offset`, and behind them where the last one ends; shared by threads. */
  starts: Uint32Array<SharedArrayBuffer>;
}

/** Memory that each piece of work of this thread uses again: fresh memory costs more than what is done with it. */
let scratch = new Int32Array(0);

function scratchWords(count: number): Int32Array<ArrayBuffer> {
  if (scratch.length < count) scratch = new Int32Array(Math.ceil(count * 1.25));
  return scratch.subarray(0, count);
}

/**
 * Appends records, put in order of their partitions and without most repeats, to the file at `path` (0600). One thread
 * at a time writes to a file; the records start at a multiple of four bytes of their memory, which is changed.
 */
export function appendBlock(records: Uint8Array, layout: Layout, path: string): Block {
  const { ordered, starts } = orderByPartition(dropRepeats(records, layout.recordBytes), layout);
  const file = openSync(path, 'a', 0o600);
  try {
    const offset = fstatSync(file).size;
    const bytes = Buffer.from(ordered.buffer, ordered.byteOffset, ordered.byteLength);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    return { path, offset, starts };
  } finally {
    closeSync(file);
  }
}

const recentSlots = 4096;
const recent = new Int32Array(recentSlots);

/**
 * Drops, in place, most records that repeat one before them: a value that stands in every second row must not fill a
 * partition, whose sorting takes memory. Sealing drops the rest.
 */
function dropRepeats(records: Uint8Array, recordBytes: number): Uint8Array {
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const recordWords = recordBytes / 4;
  recent.fill(-1);
  let kept = 0;
  for (let from = 0; from < words.length; from += recordWords) {
    const slot = words[from + 1]! & (recentSlots - 1);
    const before = recent[slot]!;
    if (before >= 0 && isSame(words, before, from, recordWords)) continue;
    recent[slot] = kept;
    if (kept !== from) words.copyWithin(kept, from, from + recordWords);
    kept += recordWords;
  }
  return records.subarray(0, kept * 4);
}

function isSame(words: Int32Array, a: number, b: number, count: number): boolean {
  for (let word = 0; word < count; word++) if (words[a + word] !== words[b + word]) return false;
  return true;
}

function orderByPartition(records: Uint8Array, layout: Layout) {
  const { recordBytes } = layout;
  const starts = new Uint32Array(new SharedArrayBuffer((partitionCount + 1) * 4));
  for (let at = 0; at < records.length; at += recordBytes) starts[layout.partitionOf(records, at) + 1]! += recordBytes;
  for (let partition = 0; partition < partitionCount; partition++) starts[partition + 1]! += starts[partition]!;
  const next = starts.slice();
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const ordered = scratchWords(words.length);
  for (let word = 0; word < words.length; ) {
    const partition = layout.partitionOf(records, word * 4);
    const end = word + recordBytes / 4;
    let to = next[partition]! / 4;
    next[partition]! += recordBytes;
    while (word < end) ordered[to++] = words[word++]!;
  }
  return { ordered, starts };
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
  const words = scratchWords(sizes.reduce((sum, size) => sum + size, 0) / 4);
  const records = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
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
