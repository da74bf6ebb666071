/*
 * Memory that goes back and forth between threads. Memory made anew for each piece of work costs more than the work:
 * the system clears it page by page, and the garbage collector runs for every few mebibytes.
 */

export interface SharedMemory {
  /** At least so many bytes, with whatever they held before; nobody else has them until they are given back. */
  take(bytes: number): SharedArrayBuffer;
  giveBack(memory: SharedArrayBuffer): void;
}

const mebibyte = 1024 * 1024;
/** What is larger is rare, and not kept. */
const largestKept = 16 * mebibyte;

export function createSharedMemory(): SharedMemory {
  const free: SharedArrayBuffer[] = [];
  return {
    take(bytes) {
      const fitting = free.findIndex(({ byteLength }) => byteLength >= bytes);
      if (fitting >= 0) return free.splice(fitting, 1)[0]!;
      // One that is too small makes room for one that will do for both.
      free.pop();
      return new SharedArrayBuffer(Math.max(1, Math.ceil(bytes / mebibyte)) * mebibyte);
    },
    giveBack(memory) {
      if (memory.byteLength <= largestKept) free.push(memory);
    },
  };
}
