/*
 * Memory that each piece of work of a thread uses again: fresh memory costs more than what is done with it.
 */

/** Gives so many numbers, with whatever an earlier call left in them; the next call takes them back. */
export function createScratch<T extends Uint32Array | Uint8Array>(make: (length: number) => T): (length: number) => T {
  let memory = make(0);
  return (length) => {
    if (memory.length < length) memory = make(Math.ceil(length * 1.25));
    return memory.subarray(0, length) as T;
  };
}
