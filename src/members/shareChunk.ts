import type { ChunkColumn } from '../sources/source.ts';
import type { ReaderChunk } from './identifyChunk.ts';

/** Returns the size of the memory that `shareChunk` needs. */
export function sharedBytes({ columns, key, country }: ReaderChunk): number {
  const ofRows = wholeWords(key?.length ?? 0) + wholeWords(country?.length ?? 0);
  return columns.reduce((sum, column) => sum + columnBytes(column), ofRows);
}

function columnBytes({ lines, rowIndex }: ChunkColumn): number {
  return wholeWords(lines.length) + (rowIndex?.byteLength ?? 0);
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Copies a chunk to memory that threads share. */
export function shareChunk({ columns, key, country }: ReaderChunk, memory: SharedArrayBuffer): ReaderChunk {
  let length = 0;

  function shareBytes(bytes: Uint8Array): Uint8Array {
    const copy = new Uint8Array(memory, length, bytes.length);
    copy.set(bytes);
    length += wholeWords(bytes.length);
    return copy;
  }

  function shareIndex(index: Uint32Array): Uint32Array {
    const copy = new Uint32Array(memory, length, index.length);
    copy.set(index);
    length += index.byteLength;
    return copy;
  }

  return {
    columns: columns.map(({ lines, rowIndex }) => ({
      lines: shareBytes(lines),
      ...(rowIndex !== undefined && { rowIndex: shareIndex(rowIndex) }),
    })),
    ...(key !== undefined && { key: shareBytes(key) }),
    ...(country !== undefined && { country: shareBytes(country) }),
  };
}
