import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identifyChunk } from '../../src/members/identifyChunk.ts';
import { createByteScratch, createNumberScratch } from '../../src/members/scratch.ts';
import { chunkOf, syncOf } from '../setup/memberSetup.ts';

describe('memory that grows keeps its content', () => {
  test('bytes are kept at the old length, and all new ones are zero', () => {
    const scratch = createByteScratch();
    scratch(3).set([1, 2, 3]);
    expect([...scratch(5)]).toEqual([1, 2, 3, 0, 0]);
    scratch(5).set([4, 5], 3);
    expect([...scratch(10_000).subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 0]);
  });

  test('numbers are kept', () => {
    const scratch = createNumberScratch();
    scratch(2).set([7, 8]);
    expect([...scratch(100).subarray(0, 3)]).toEqual([7, 8, 0]);
  });

  test('records are kept while a chunk has more members than there was room for', () => {
    const hashes = Array.from({ length: 500 }, (_, index) => createHash('sha256').update(`${index}`).digest('hex'));
    const rules = syncOf({ identifierType: 'email', hashed: 'always' });
    const { records } = identifyChunk(chunkOf(...hashes), rules);
    expect(Buffer.from(records).toString('hex') === hashes.join('')).toBe(true);
  });
});

test('the next call returns the same memory', () => {
  const scratch = createByteScratch();
  const { buffer } = scratch(10);
  expect(scratch(8).buffer).toBe(buffer);
});
