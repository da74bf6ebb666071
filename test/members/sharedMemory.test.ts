import { expect, test } from 'vitest';
import { createSharedMemory } from '../../src/members/sharedMemory.ts';

const mebibyte = 1024 * 1024;

test('memory that was given back is taken again if it is large enough', () => {
  const memory = createSharedMemory();
  const first = memory.take(100);
  const second = memory.take(100);
  expect(second).not.toBe(first);
  memory.giveBack(first);
  expect(memory.take(mebibyte)).toBe(first);
  memory.giveBack(second);
  const larger = memory.take(mebibyte + 1);
  expect(larger.byteLength).toBe(2 * mebibyte);
});

test('memory that is too small is replaced by larger memory', () => {
  const memory = createSharedMemory();
  memory.giveBack(memory.take(1));
  const larger = memory.take(3 * mebibyte);
  memory.giveBack(larger);
  expect(memory.take(1)).toBe(larger);
});

test('very large memory is not kept', () => {
  const memory = createSharedMemory();
  const large = memory.take(100 * mebibyte);
  memory.giveBack(large);
  expect(memory.take(1)).not.toBe(large);
});
