/*
 * Memory that a thread reuses for each task: allocating it costs more than the work on it.
 */

/** Creates a function that returns `length` numbers on memory which its next call reuses. Earlier contents are kept. */
function createScratch<T extends Uint32Array | Uint8Array>(make: (length: number) => T): (length: number) => T {
  let memory = make(0);
  return (length) => {
    if (memory.length < length) {
      const larger = make(Math.ceil(length * 1.5));
      larger.set(memory);
      memory = larger;
    }
    return memory.subarray(0, length) as T;
  };
}

export function createByteScratch(): (length: number) => Buffer {
  return createScratch<Buffer>((length) => Buffer.from(new ArrayBuffer(length)));
}

export function createNumberScratch(): (length: number) => Uint32Array {
  return createScratch((length) => new Uint32Array(length));
}
