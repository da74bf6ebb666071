import { digestBytes } from '../identifiers/kinds.ts';
import { instantiate, type KernelModule } from './kernel.ts';

/** Bytes of a line: 64 hexadecimal digits and the LF. */
export const hexLineBytes = 2 * digestBytes + 1;

interface Writer {
  module: KernelModule;
  memory: Uint8Array;
  /** The most digests that are written at a time. */
  most: number;
}

/** Of this thread, made by its first lines. */
let writer: Writer | undefined;

function createWriter(): Writer {
  const module = instantiate();
  const memory = new Uint8Array(module.memory.buffer);
  return { module, memory, most: Math.floor(module.textBytes.value / digestBytes) };
}

/**
 * Writes each digest of `records` to `lines` as 64 lower-case hexadecimal digits and an LF. Both may lie on shared
 * memory. Throws a RangeError when `lines` is too small, and leaves what lies behind the last line as it is.
 */
export function writeHexLines(records: Uint8Array, lines: Uint8Array): void {
  writer ??= createWriter();
  const { module, memory, most } = writer;
  const count = records.length / digestBytes;
  for (let from = 0; from < count; from += most) {
    const digests = records.subarray(from * digestBytes, (from + most) * digestBytes);
    memory.set(digests, module.text.value);
    module.writeHexLines(digests.length / digestBytes);
    const start = module.records.value;
    const bytes = (digests.length / digestBytes) * hexLineBytes;
    lines.set(memory.subarray(start, start + bytes), from * hexLineBytes);
  }
}
