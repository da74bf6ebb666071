import { type FileHandle, open } from 'node:fs/promises';
import { guardState } from '../stateErrors.ts';
import type { Layout } from './layout.ts';

export const partitionCount = 256;

/** Bytes of a partition gathered in memory before they are written. */
const bufferBytes = 64 * 1024;

/** Where in the spill file a piece of a partition is. */
export interface Extent {
  offset: number;
  bytes: number;
}

/** Records on their way to a sorted set: one file, and for each partition where its pieces are in it. */
export interface Spill {
  add(records: Uint8Array): Promise<void>;
  /** Writes what is still in memory. Returns the extents of each partition; the file is then complete and closed. */
  finish(): Promise<Extent[][]>;
}

interface Partition {
  words: Int32Array;
  /** Words gathered so far. */
  length: number;
  extents: Extent[];
}

/** Memory: at most 16 MiB, whatever is added. The file at `path` is made, readable by this user only. */
export async function createSpill(path: string, layout: Layout): Promise<Spill> {
  const file = await guardState(path, () => open(path, 'wx', 0o600));
  const recordWords = layout.recordBytes / 4;
  const capacity = Math.floor(bufferBytes / layout.recordBytes) * recordWords;
  const partitions: Partition[] = Array.from({ length: partitionCount }, () => ({
    words: new Int32Array(0),
    length: 0,
    extents: [],
  }));
  let offset = 0;

  async function write(full: readonly Partition[]): Promise<void> {
    const buffers = full.map((partition) => {
      const bytes = Buffer.from(partition.words.buffer, 0, partition.length * 4);
      partition.extents.push({ offset, bytes: bytes.length });
      partition.length = 0;
      partition.words = new Int32Array(0);
      offset += bytes.length;
      return bytes;
    });
    if (buffers.length > 0) await writeAll(file, path, buffers);
  }

  /** Gathers records from word `at` on until a partition is full. Returns where it stopped, and that partition. */
  function gather(records: Uint8Array, words: Int32Array, at: number): { at: number; full?: Partition } {
    for (let word = at; word < words.length; ) {
      const partition = partitions[layout.partitionOf(records, word * 4)]!;
      if (partition.words.length === 0) partition.words = new Int32Array(capacity);
      const end = word + recordWords;
      while (word < end) partition.words[partition.length++] = words[word++]!;
      if (partition.length === capacity) return { at: word, full: partition };
    }
    return { at: words.length };
  }

  return {
    async add(records) {
      const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
      for (let at = 0; at < words.length; ) {
        const gathered = gather(records, words, at);
        if (gathered.full !== undefined) await write([gathered.full]);
        at = gathered.at;
      }
    },
    async finish() {
      await write(partitions.filter(({ length }) => length > 0));
      await guardState(path, () => file.close());
      return partitions.map(({ extents }) => extents);
    },
  };
}

async function writeAll(file: FileHandle, path: string, buffers: Buffer[]): Promise<void> {
  await guardState(path, async () => {
    // writev may write less than all of it, so a short write is written again one by one.
    const total = buffers.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await file.writev(buffers);
    if (bytesWritten < total) await file.writeFile(Buffer.concat(buffers).subarray(bytesWritten));
  });
}
