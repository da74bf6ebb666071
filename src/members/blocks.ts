import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Layout } from './layout.ts';

export const partitionCount = 256;

/** Records of one piece of work, partition after partition, in a working file. */
export interface Block {
  path: string;
  /** Where in the file the first partition begins. */
  offset: number;
  /** Of each partition in turn. */
  partitionBytes: Uint32Array;
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
  const { ordered, partitionBytes } = orderByPartition(dropRepeats(records, layout.recordBytes), layout);
  const file = openSync(path, 'a', 0o600);
  try {
    const offset = fstatSync(file).size;
    const bytes = Buffer.from(ordered.buffer, ordered.byteOffset, ordered.byteLength);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    return { path, offset, partitionBytes };
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
  const partitionBytes = new Uint32Array(partitionCount);
  for (let at = 0; at < records.length; at += layout.recordBytes)
    partitionBytes[layout.partitionOf(records, at)]! += layout.recordBytes;
  const nextWord = new Uint32Array(partitionCount);
  for (let partition = 1; partition < partitionCount; partition++)
    nextWord[partition] = nextWord[partition - 1]! + partitionBytes[partition - 1]! / 4;
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const ordered = scratchWords(words.length);
  for (let word = 0; word < words.length; ) {
    const partition = layout.partitionOf(records, word * 4);
    const end = word + layout.recordBytes / 4;
    let to = nextWord[partition]!;
    while (word < end) ordered[to++] = words[word++]!;
    nextWord[partition] = to;
  }
  return { ordered, partitionBytes };
}

/** The part of a block that holds the partitions from `first` up to but not including `end`. */
export function sliceBlock({ path, offset, partitionBytes }: Block, first: number, end: number): Block {
  const before = partitionBytes.subarray(0, first).reduce((sum, bytes) => sum + bytes, 0);
  return { path, offset: offset + before, partitionBytes: partitionBytes.slice(first, end) };
}

/** Calls back with the records of each partition of the blocks in turn, in memory that is used again. */
export function forEachPartition(blocks: readonly Block[], use: (records: Buffer) => void): void {
  const files = new Map<string, number>();
  const fileOf = (path: string) => {
    const file = files.get(path) ?? openSync(path, 'r');
    files.set(path, file);
    return file;
  };
  const offsets = blocks.map(({ offset }) => offset);
  try {
    const partitions = blocks[0]?.partitionBytes.length ?? 0;
    for (let partition = 0; partition < partitions; partition++) {
      const bytes = blocks.reduce((sum, { partitionBytes }) => sum + partitionBytes[partition]!, 0);
      const words = scratchWords(bytes / 4);
      const records = Buffer.from(words.buffer, words.byteOffset, bytes);
      let at = 0;
      blocks.forEach(({ path, partitionBytes }, index) => {
        const size = partitionBytes[partition]!;
        readFully(fileOf(path), records.subarray(at, at + size), offsets[index]!);
        offsets[index]! += size;
        at += size;
      });
      use(records);
    }
  } finally {
    for (const file of files.values()) closeSync(file);
  }
}

function readFully(file: number, into: Buffer, offset: number): void {
  for (let read = 0; read < into.length; ) {
    const got = readSync(file, into, read, into.length - read, offset + read);
    if (got === 0) throw new Error('a working file is shorter than it was written');
    read += got;
  }
}
