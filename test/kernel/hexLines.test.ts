import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexLineBytes, writeHexLines } from '../../src/kernel/hexLines.ts';

function linesOf(digests: Buffer): Buffer {
  const texts = Array.from({ length: digests.length / 32 }, (_, index) =>
    digests.toString('hex', index * 32, (index + 1) * 32),
  );
  return Buffer.from(texts.map((text) => `${text}\n`).join(''));
}

function write(digests: Buffer): Buffer {
  const lines = Buffer.alloc((digests.length / 32) * hexLineBytes);
  writeHexLines(digests, lines);
  return lines;
}

test('gives what Buffer gives, for any digests', () => {
  const digests = fc.uint8Array({ minLength: 0, maxLength: 320 }).map((bytes) => {
    return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 32)));
  });
  fc.assert(fc.property(digests, (bytes) => void expect(write(bytes)).toEqual(linesOf(bytes))));
});

test('gives what Buffer gives, for every byte and over many slices', () => {
  const digests = Buffer.alloc(32 * 10_001);
  for (let index = 0; index < digests.length; index++) digests[index] = (index * 167) ^ (index >> 8);
  expect(Buffer.compare(write(digests), linesOf(digests))).toBe(0);
});

test('reads and writes shared memory', () => {
  const digests = Buffer.alloc(320, 0x5e);
  const records = new Uint8Array(new SharedArrayBuffer(321), 1);
  records.set(digests);
  const lines = new Uint8Array(new SharedArrayBuffer(653), 3);
  writeHexLines(records, lines);
  expect(Buffer.compare(lines, linesOf(digests))).toBe(0);
});

test('leaves what lies behind the last line, and throws a RangeError when there is too little room', () => {
  const lines = Buffer.alloc(hexLineBytes + 2, 0xaa);
  writeHexLines(Buffer.alloc(32), lines);
  expect(lines.toString('latin1')).toBe(`${'0'.repeat(64)}\n\xaa\xaa`);
  expect(() => writeHexLines(Buffer.alloc(64), lines)).toThrow(RangeError);
});
