import { digestBytes } from '../identifiers/kinds.ts';
import { hasKernel, instantiate, type KernelModule } from './kernel.ts';

/** Returns the bytes of a line: two hexadecimal digits for each byte of a key, and the LF. */
export function hexLineBytes(keyBytes: number): number {
  return 2 * keyBytes + 1;
}

/**
 * Writes each key of `keys` to `lines` as lower-case hexadecimal digits and an LF. Both may lie on shared memory.
 * Throws a RangeError if `lines` is too small. Leaves the bytes behind the last line as they are.
 */
export function writeHexLines(keys: Uint8Array, keyBytes: number, lines: Uint8Array): void {
  if (keyBytes === digestBytes && hasKernel()) writeDigestLines(keys, lines);
  else writeWithoutKernel(keys, keyBytes, lines);
}

interface Writer {
  module: KernelModule;
  memory: Uint8Array;
  /** The most digests in one call of the module. */
  maxDigests: number;
}

/** The writer of this thread, made when it is first needed. */
let writer: Writer | undefined;

function createWriter(): Writer {
  const module = instantiate();
  const memory = new Uint8Array(module.memory.buffer);
  return { module, memory, maxDigests: Math.floor(module.textBytes.value / digestBytes) };
}

function writeDigestLines(digests: Uint8Array, lines: Uint8Array): void {
  writer ??= createWriter();
  const { module, memory, maxDigests } = writer;
  const lineBytes = hexLineBytes(digestBytes);
  const count = digests.length / digestBytes;
  for (let from = 0; from < count; from += maxDigests) {
    const some = digests.subarray(from * digestBytes, (from + maxDigests) * digestBytes);
    memory.set(some, module.text.value);
    module.writeHexLines(some.length / digestBytes);
    const start = module.records.value;
    const bytes = (some.length / digestBytes) * lineBytes;
    lines.set(memory.subarray(start, start + bytes), from * lineBytes);
  }
}

function writeWithoutKernel(keys: Uint8Array, keyBytes: number, lines: Uint8Array): void {
  const hex = Buffer.from(keys.buffer, keys.byteOffset, keys.length).toString('hex');
  const text = hex.replace(new RegExp(`.{${2 * keyBytes}}`, 'g'), '$&\n');
  lines.set(Buffer.from(text, 'latin1'));
}
