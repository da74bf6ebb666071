import { existsSync, readFileSync } from 'node:fs';
import { kernelFile } from '../assets.ts';

/*
 * The fast path, in WebAssembly SIMD; README.md in this folder explains it. Values that it does not decide go to
 * `identifiers/`, which is the reference. Without the file of the module, all values go there, and `hexLines.ts` writes
 * lines by Node's Buffer: the results are the same, but slower.
 */

/** The result of reading some lines: `lines = empty + members + undecided.length / 3`. */
export interface Identified {
  lines: number;
  empty: number;
  /** Members whose records are written. */
  members: number;
  /**
   * Three numbers for each line that is left to the reference: its index, and the offsets of its value's start and end.
   */
  undecided: Uint32Array;
}

/** Reads the values of one type. Threads cannot share it. */
export interface Kernel {
  /** Bytes of a record. */
  recordBytes: number;
  /** The fewest bytes of a line that gives a record, its LF included. */
  minLineBytes: number;
  /**
   * Reads UTF-8 lines, an LF after each, and writes the record of every member to `records` in the order of the lines.
   * Leaves the bytes behind these as they are. Never rejects a line. Both may lie on shared memory. Throws a RangeError
   * if `records` is too small: room for a record for every `minLineBytes` of the lines is always enough.
   */
  identify(lines: Uint8Array, records: Uint8Array): Identified;
}

/** A global of the module. */
interface Exported {
  readonly value: number;
}

/** The exports of `assembly/kernel.ts`. Addresses and sizes are in bytes. */
export interface KernelModule {
  memory: { buffer: ArrayBuffer };
  text: Exported;
  textBytes: Exported;
  records: Exported;
  undecided: Exported;
  phoneStarts: Exported;
  lines: Exported;
  emptyLines: Exported;
  members: Exported;
  undecidedLines: Exported;
  identify(
    kind: number,
    text: number,
    bytes: number,
    record: number,
    recordBytes: number,
    firstLine: number,
    firstByte: number,
  ): void;
  setPhoneRules(
    e164: boolean,
    digits: boolean,
    national: boolean,
    readingCode: number,
    readingCodeDigits: number,
    nationalCodeDigits: number,
  ): void;
  writeHexLines(digests: number): void;
}

/** The used part of the standard, whose types come only with those of a browser. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
};

const lineFeed = 0x0a;
const numbersPerUndecided = 3;
/** Shared memory is copied by words if both sides have the same offset in a word, else by bytes, five times slower. */
const wordBytes = 8;

let compiled: object | undefined;
let isPresent: boolean | undefined;

/** Tells whether the file of the module exists. */
export function hasKernel(): boolean {
  isPresent ??= existsSync(kernelFile);
  return isPresent;
}

/** Creates a module with its own memory, about a megabyte. Throws if `hasKernel` is false. */
export function instantiate(): KernelModule {
  compiled ??= new WebAssembly.Module(readFileSync(kernelFile));
  return new WebAssembly.Instance(compiled).exports as KernelModule;
}

/** Returns the end of a slice: behind its last LF or, if it is a part of one line, behind that line. */
function endOfSlice(lines: Uint8Array, from: number, maxBytes: number): number {
  const last = lines.subarray(from, from + maxBytes).lastIndexOf(lineFeed);
  if (last >= 0) return from + last + 1;
  const next = lines.indexOf(lineFeed, from + maxBytes);
  return next < 0 ? lines.length : next + 1;
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

export interface KernelOptions {
  module: KernelModule;
  /** The number of the type in `assembly/kernel.ts`. */
  kind: number;
  recordBytes: number;
  minLineBytes: number;
}

/** Creates a kernel that passes lines to a module, slice by slice. */
export function createKernel({ module, kind, recordBytes, minLineBytes }: KernelOptions): Kernel {
  const memory = new Uint8Array(module.memory.buffer);
  const maxBytes = module.textBytes.value;

  function identifySlice(slice: Uint8Array, records: Uint8Array, before: Omit<Identified, 'undecided'>, byte: number) {
    const text = module.text.value + (slice.byteOffset % wordBytes);
    const to = before.members * recordBytes;
    const from = module.records.value + ((records.byteOffset + to) % wordBytes);
    memory.set(slice, text);
    module.identify(kind, text, slice.length, from, recordBytes, before.lines, byte);
    records.set(memory.subarray(from, from + module.members.value * recordBytes), to);
    before.lines += module.lines.value;
    before.empty += module.emptyLines.value;
    before.members += module.members.value;
    const numbers = module.undecidedLines.value * numbersPerUndecided;
    return new Uint32Array(memory.buffer, module.undecided.value, numbers).slice();
  }

  return {
    recordBytes,
    minLineBytes,
    identify(lines, records) {
      const total = { lines: 0, empty: 0, members: 0 };
      const undecided: Uint32Array[] = [];
      for (let from = 0, end = 0; from < lines.length; from = end) {
        end = endOfSlice(lines, from, maxBytes);
        const isEnded = lines[end - 1] === lineFeed;
        if (isEnded && end - from <= maxBytes) {
          undecided.push(identifySlice(lines.subarray(from, end), records, total, from));
        } else {
          undecided.push(Uint32Array.of(total.lines, from, isEnded ? end - 1 : end));
          total.lines++;
        }
      }
      return { ...total, undecided: concatenate(undecided) };
    },
  };
}
