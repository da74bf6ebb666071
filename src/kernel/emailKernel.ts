import { readFileSync } from 'node:fs';

/*
 * The fast path for plain emails, in WebAssembly SIMD: README.md beside this file says how it works. Whatever it does
 * not decide goes to `identifiers/`, which is the reference. Without this folder the program is slower, and as correct.
 */

/** What the kernel made of some lines; `lines = empty + digests + undecided.length / 3`. */
export interface EmailDigests {
  lines: number;
  empty: number;
  digests: number;
  /** The lines left to the reference: of each its index, and where in the bytes its value starts and ends (LF). */
  undecided: Uint32Array;
}

export interface EmailKernel {
  /**
   * Reads UTF-8 lines, an LF after each, for the rules `hashed: auto` and `never` (not `always`). Writes the SHA-256 of
   * every plain email to `records`, 32 bytes each, from 0 on in the order of the lines. Never rejects a line. Throws a
   * RangeError when `records` is too small: 32 bytes a line are always enough.
   */
  digest(lines: Uint8Array, records: Uint8Array): EmailDigests;
}

/** A global of the module. */
interface Exported {
  readonly value: number;
}

/** What `assembly/email.ts` exports. */
interface EmailModule {
  memory: { buffer: ArrayBuffer };
  input: Exported;
  inputBytes: Exported;
  records: Exported;
  undecided: Exported;
  lines: Exported;
  emptyLines: Exported;
  digests: Exported;
  undecidedLines: Exported;
  digest(bytes: number): void;
}

/** As much of the standard as is used here: its types come only with those of a browser. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
};

const lineFeed = 0x0a;
const digestBytes = 32;
const numbersPerUndecided = 3;

function instantiate(): EmailModule {
  const compiled = new WebAssembly.Module(readFileSync(new URL('./email.wasm', import.meta.url)));
  return new WebAssembly.Instance(compiled).exports as EmailModule;
}

/** Where a slice ends: after its last LF, or, when it is but a part of one line, after that line. */
function endOfSlice(lines: Uint8Array, from: number, maxBytes: number): number {
  const last = lines.subarray(from, from + maxBytes).lastIndexOf(lineFeed);
  if (last >= 0) return from + last + 1;
  const next = lines.indexOf(lineFeed, from + maxBytes);
  return next < 0 ? lines.length : next + 1;
}

/** Counts lines and bytes of the slice from those of all lines. */
function shift(undecided: Uint32Array, line: number, byte: number): Uint32Array {
  return undecided.map((number, index) => number + (index % numbersPerUndecided === 0 ? line : byte));
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  return all;
}

/** Compiles the kernel: about a millisecond and a megabyte, so one a thread. Not to be shared between threads. */
export function createEmailKernel(): EmailKernel {
  const module = instantiate();
  const memory = new Uint8Array(module.memory.buffer);
  const maxBytes = module.inputBytes.value;

  function digestSlice(slice: Uint8Array, records: Uint8Array, recordsFrom: number): EmailDigests {
    memory.set(slice, module.input.value);
    module.digest(slice.length);
    const digests = module.digests.value;
    const found = memory.subarray(module.records.value, module.records.value + digests * digestBytes);
    records.set(found, recordsFrom);
    const numbers = module.undecidedLines.value * numbersPerUndecided;
    const undecided = new Uint32Array(memory.buffer, module.undecided.value, numbers);
    return { lines: module.lines.value, empty: module.emptyLines.value, digests, undecided };
  }

  return {
    digest(lines, records) {
      const total = { lines: 0, empty: 0, digests: 0 };
      const undecided: Uint32Array[] = [];
      for (let from = 0, end = 0; from < lines.length; from = end) {
        end = endOfSlice(lines, from, maxBytes);
        const isEnded = lines[end - 1] === lineFeed;
        if (isEnded && end - from <= maxBytes) {
          const slice = digestSlice(lines.subarray(from, end), records, total.digests * digestBytes);
          undecided.push(shift(slice.undecided, total.lines, from));
          total.lines += slice.lines;
          total.empty += slice.empty;
          total.digests += slice.digests;
        } else {
          undecided.push(Uint32Array.of(total.lines, from, isEnded ? end - 1 : end));
          total.lines++;
        }
      }
      return { ...total, undecided: concatenate(undecided) };
    },
  };
}
