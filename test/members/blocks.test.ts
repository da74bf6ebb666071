import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kinds } from '../../src/identifiers/kinds.ts';
import { appendBlock, partitionCount, partitionSizes, readBlocks, sliceBlock } from '../../src/members/blocks.ts';
import { layoutOf } from '../../src/members/layout.ts';

const layout = layoutOf(kinds.email);
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
  expect(block.starts.at(-1)).toBe(32);
});

test('no value is lost among repeats', () => {
  const texts = Array.from({ length: 6000 }, (_, index) => `value ${index % 7 === 0 ? 'same' : index % 2000}`);
  const path = join(folder, 'mixed');
  appendBlock(digestsOf(texts), layout, path);
  const kept = new Set(hexesOf(readFileSync(path)));
  expect(kept).toEqual(new Set(hexesOf(digestsOf(texts))));
});

test('the same partitions of several blocks are read together, those of each block in order', () => {
  const path = join(folder, 'several');
  const texts = Array.from({ length: 900 }, (_, index) => `value ${index}`);
  const blocks = [texts.slice(0, 400), texts.slice(400)].map((some) => appendBlock(digestsOf(some), layout, path));
  const half = partitionCount / 2;
  const all: string[] = [];
  for (const first of [0, half]) {
    const slices = blocks.map((block) => sliceBlock(block, first, first + half));
    const hexes = hexesOf(readBlocks(slices));
    const counts = slices.map(({ starts }) => (starts.at(-1)! - starts[0]!) / 32);
    expect(hexes.length).toBe(counts[0]! + counts[1]!);
    for (const of of [hexes.slice(0, counts[0]), hexes.slice(counts[0])]) {
      const partitions = of.map((hex) => Math.floor((Number.parseInt(hex.slice(0, 8), 16) / 2 ** 32) * partitionCount));
      expect(partitions).toEqual(partitions.toSorted((a, b) => a - b));
    }
    for (const hex of hexes) expect(Number.parseInt(hex.slice(0, 1), 16) < 8).toBe(first === 0);
    all.push(...hexes);
  }
  expect(all.toSorted()).toEqual(hexesOf(digestsOf(texts)).toSorted());
  expect(partitionSizes(blocks).reduce((sum, bytes) => sum + bytes, 0)).toBe(900 * 32);
});
