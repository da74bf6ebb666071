import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexLineBytes, writeHexLines } from '../../src/kernel/hexLines.ts';

// The kernel writes keys of 32 bytes. Keys of other widths are written without it.
describe.each([32, 16])('lines of keys of %i bytes', (keyBytes) => {
  function linesOf(keys: Buffer): Buffer {
    const texts = Array.from({ length: keys.length / keyBytes }, (_, index) =>
      keys.toString('hex', index * keyBytes, (index + 1) * keyBytes),
    );
    return Buffer.from(texts.map((text) => `${text}\n`).join(''));
  }

  function write(keys: Buffer): Buffer {
    const lines = Buffer.alloc((keys.length / keyBytes) * hexLineBytes(keyBytes));
    writeHexLines(keys, keyBytes, lines);
    return lines;
  }

  test('gives what Buffer gives, for any keys', () => {
    const keys = fc.uint8Array({ minLength: 0, maxLength: 10 * keyBytes }).map((bytes) => {
      return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % keyBytes)));
    });
    fc.assert(fc.property(keys, (bytes) => void expect(write(bytes)).toEqual(linesOf(bytes))));
  });

  test('gives what Buffer gives, for every byte and over many slices', () => {
    const keys = Buffer.alloc(keyBytes * 10_001);
    for (let index = 0; index < keys.length; index++) keys[index] = (index * 167) ^ (index >> 8);
    expect(Buffer.compare(write(keys), linesOf(keys))).toBe(0);
  });

  test('reads and writes shared memory', () => {
    const keys = Buffer.alloc(10 * keyBytes, 0x5e);
    const records = new Uint8Array(new SharedArrayBuffer(keys.length + 1), 1);
    records.set(keys);
    const lines = new Uint8Array(new SharedArrayBuffer(10 * hexLineBytes(keyBytes) + 3), 3);
    writeHexLines(records, keyBytes, lines);
    expect(Buffer.compare(lines, linesOf(keys))).toBe(0);
  });

  test('leaves what lies behind the last line, and throws a RangeError when there is too little room', () => {
    const lines = Buffer.alloc(hexLineBytes(keyBytes) + 2, 0xaa);
    writeHexLines(Buffer.alloc(keyBytes), keyBytes, lines);
    expect(lines.toString('latin1')).toBe(`${'0'.repeat(2 * keyBytes)}\n\xaa\xaa`);
    expect(() => writeHexLines(Buffer.alloc(2 * keyBytes), keyBytes, lines)).toThrow(RangeError);
  });
});
