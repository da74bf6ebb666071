import { expect, test } from 'vitest';
import { minMemoryBytes, planMemory, readMemorySize } from '../../src/system/memory.ts';

const mebibyte = 1024 * 1024;

test.each<[string, number | undefined]>([
  ['512m', 512 * mebibyte],
  ['512M', 512 * mebibyte],
  ['512MB', 512 * mebibyte],
  ['512 MiB', 512 * mebibyte],
  ['1g', 1024 * mebibyte],
  ['1.5GiB', 1536 * mebibyte],
  ['', undefined],
  ['512', undefined],
  ['1k', undefined],
  ['-1g', undefined],
  ['1e3m', undefined],
  ['half', undefined],
])('"%s" is %s bytes', (text, bytes) => {
  expect(readMemorySize(text)).toBe(bytes);
});

test.each([minMemoryBytes, 384 * mebibyte, 512 * mebibyte, 768 * mebibyte, 1024 * mebibyte, 4096 * mebibyte])(
  'what is shared out of %d bytes leaves room for the program',
  (limit) => {
    const { duckdbBytes, sortingBytes, reads, threads } = planMemory(limit);
    // Reading and sorting take turns.
    expect(Math.max(reads * duckdbBytes, sortingBytes)).toBeLessThanOrEqual(0.6 * limit);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(reads).toBeGreaterThanOrEqual(1);
  },
);

test('more memory never means less of anything', () => {
  let before = planMemory(minMemoryBytes);
  for (let limit = minMemoryBytes; limit < 16 * 1024 * mebibyte; limit += 128 * mebibyte) {
    const plan = planMemory(limit);
    for (const share of ['duckdbBytes', 'sortingBytes', 'reads', 'threads'] as const)
      expect(plan[share]).toBeGreaterThanOrEqual(before[share]);
    before = plan;
  }
});
