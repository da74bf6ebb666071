import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendBlock, forEachPartition, sliceBlock } from '../../src/members/blocks.ts';
import { digestLayout } from '../../src/members/layout.ts';

const layout = digestLayout();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'blocks-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function digestsOf(texts: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(texts.map((text) => createHash('sha256').update(text).digest())));
}

function hexesOf(records: Uint8Array): string[] {
  return Buffer.from(records).toString('hex').match(/.{64}/g) ?? [];
}

test('a value that is repeated takes the room of one', () => {
  const path = join(folder, 'repeated');
  const block = appendBlock(digestsOf(Array.from({ length: 5000 }, () => 'same')), layout, path);
  expect(statSync(path).size).toBe(32);
  expect(block.partitionBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(32);
});

test('of repeats between others none of the values is lost', () => {
  const texts = Array.from({ length: 6000 }, (_, index) => `value ${index % 7 === 0 ? 'same' : index % 2000}`);
  const path = join(folder, 'mixed');
  appendBlock(digestsOf(texts), layout, path);
  const kept = new Set(hexesOf(readFileSync(path)));
  expect(kept).toEqual(new Set(hexesOf(digestsOf(texts))));
});

test('the partitions of several blocks come together, each in order', () => {
  const path = join(folder, 'several');
  const texts = Array.from({ length: 900 }, (_, index) => `value ${index}`);
  const blocks = [texts.slice(0, 400), texts.slice(400)].map((some) => appendBlock(digestsOf(some), layout, path));
  const firstBytes: number[] = [];
  const all: string[] = [];
  const halves = [0, 128].map((first) => blocks.map((block) => sliceBlock(block, first, first + 128)));
  for (const half of halves)
    forEachPartition(half, (records) => {
      for (const hex of hexesOf(records)) {
        all.push(hex);
        firstBytes.push(Number.parseInt(hex.slice(0, 2), 16));
      }
    });
  expect(firstBytes).toEqual(firstBytes.toSorted((a, b) => a - b));
  expect(all.toSorted()).toEqual(hexesOf(digestsOf(texts)).toSorted());
});
