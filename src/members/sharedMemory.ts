/*
 * Memory that is passed between threads and reused. Allocating it for each task costs more than the task: the system
 * clears it page by page, and the garbage collector runs for every few mebibytes.
 */

export interface SharedMemory {
  /** Returns memory of at least `bytes`, with its earlier contents, for the caller alone. */
  take(bytes: number): SharedArrayBuffer;
  /** Makes the memory free for the next caller of `take`. */
  giveBack(memory: SharedArrayBuffer): void;
}

const mebibyte = 1024 * 1024;
/** Larger memory is rare and is not kept. */
const maxKeptBytes = 16 * mebibyte;

export function createSharedMemory(): SharedMemory {
  const free: SharedArrayBuffer[] = [];
  return {
    take(bytes) {
      const fitting = free.findIndex(({ byteLength }) => byteLength >= bytes);
      if (fitting >= 0) return free.splice(fitting, 1)[0]!;
      // The larger memory takes the place of one that was too small.
      free.pop();
      return new SharedArrayBuffer(Math.max(1, Math.ceil(bytes / mebibyte)) * mebibyte);
    },
    giveBack(memory) {
      if (memory.byteLength <= maxKeptBytes) free.push(memory);
    },
  };
}
