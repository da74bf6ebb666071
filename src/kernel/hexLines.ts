import { digestBytes } from '../identifiers/identify.ts';
import { instantiate } from './kernel.ts';

/** Bytes of a line: 64 hexadecimal digits and the LF. */
export const hexLineBytes = 2 * digestBytes + 1;

/**
 * Writes each digest of `records` to `lines` as 64 lower-case hexadecimal digits and an LF. Both may lie on shared
 * memory. Throws a RangeError when `lines` is too small, and leaves what lies behind the last line as it is.
 */
export type WriteHexLines = (records: Uint8Array, lines: Uint8Array) => void;

/** Compiles what `assembly/hexLines.ts` says. Not to be shared between threads. */
export function createHexLines(): WriteHexLines {
  const module = instantiate();
  const memory = new Uint8Array(module.memory.buffer);
  const most = Math.floor(module.textBytes.value / digestBytes);
  return (records, lines) => {
    const count = records.length / digestBytes;
    for (let from = 0; from < count; from += most) {
      const digests = records.subarray(from * digestBytes, (from + most) * digestBytes);
      memory.set(digests, module.text.value);
      module.writeHexLines(digests.length / digestBytes);
      const start = module.records.value;
      const bytes = (digests.length / digestBytes) * hexLineBytes;
      lines.set(memory.subarray(start, start + bytes), from * hexLineBytes);
    }
  };
}
