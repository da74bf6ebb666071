import { describe, expect, test } from 'vitest';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { identifyChunk } from '../../src/members/identifyChunk.ts';
import { createNationalSampler } from '../../src/members/nationalSampler.ts';
import { chunkOf, linesOf, listColumn } from '../setup/memberSetup.ts';

const phone: IdentifyRules = { identifierType: 'phone', hashed: 'auto', defaultCountry: 'JP', phoneFormats: ['e164'] };

type Chunk = Parameters<typeof identifyChunk>[0];

/** Samples chunks as they come, each taken when `ahead` later ones have been begun. */
function sampleOf(
  chunks: readonly Chunk[],
  { rules = phone, ahead = 0 }: { rules?: IdentifyRules; ahead?: number } = {},
) {
  const sampler = createNationalSampler(rules);
  const begun: ReturnType<typeof identifyChunk>['national'][] = [];
  for (const chunk of chunks) {
    begun.push(identifyChunk(chunk, rules, { sampling: sampler.next(chunk.columns) }).national);
    if (begun.length > ahead) sampler.take(begun.shift());
  }
  for (const counts of begun) sampler.take(counts);
  return sampler.sample();
}

/** Numbers of which one in `every` is not valid. */
function numbers(count: number, every: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    at % every === 0 ? `0900${String(at).padStart(7, '0')}` : `0901${String(at).padStart(7, '0')}`,
  );
}

function cut(values: readonly string[], linesInChunk: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < values.length; from += linesInChunk)
    chunks.push(chunkOf(...values.slice(from, from + linesInChunk)));
  return chunks;
}

describe('a small source', () => {
  test('a small source is sampled line by line', () => {
    expect(sampleOf(cut(numbers(9_000, 3), 9_000))).toEqual({ sampled: 9_000, doubtful: 3_000 });
    expect(sampleOf(cut(numbers(9_000, 3), 77))).toEqual({ sampled: 9_000, doubtful: 3_000 });
  });

  test('a sample counts only accepted numbers without a country code', () => {
    const values = [
      '09012345678',
      '+819012345678',
      '',
      'x',
      '0901',
      '0081 90 1234 5678',
      '09000000001',
      '819012345678',
    ];
    expect(sampleOf([chunkOf(...values)])).toEqual({ sampled: 2, doubtful: 1 });
  });

  test('a sample covers elements of lists and all columns, by the country of their row', () => {
    const chunk: Chunk = {
      columns: [
        listColumn([['09012345678', '0812345678'], ['0812345678'], ['']]),
        { lines: linesOf(['', '0812345679', '09012345678']) },
      ],
      country: linesOf(['', 'TH', 'ZZ']),
    };
    expect(sampleOf([chunk])).toEqual({ sampled: 4, doubtful: 1 });
  });

  test('a source without a line has an empty sample', () => {
    expect(sampleOf([chunkOf()])).toEqual({ sampled: 0, doubtful: 0 });
  });
});

describe('a large source', () => {
  const values = numbers(60_000, 4);
  // Like a table that is sorted by country: what is doubtful comes last.
  values.sort((a, b) => Number(a.startsWith('0900')) - Number(b.startsWith('0900')));

  test('a sample of a large source has at most 10,000 lines, from all of it', () => {
    const { sampled, doubtful } = sampleOf(cut(values, 5_000));
    expect(sampled).toBeGreaterThan(5_000);
    expect(sampled).toBeLessThanOrEqual(10_000);
    expect(doubtful / sampled).toBeCloseTo(0.25, 2);
  });

  test('a sample does not depend on the chunks, nor on the number in progress', () => {
    const wanted = sampleOf(cut(values, 5_000));
    expect(sampleOf(cut(values, 333))).toEqual(wanted);
    expect(sampleOf(cut(values, 17_000), { ahead: 3 })).toEqual(wanted);
    expect(sampleOf(cut(values, 4_999), { ahead: 8 })).toEqual(wanted);
  });

  test.each([11, 12, 15])('rows that take turns are sampled evenly if lines have %i characters', (length) => {
    const turns = Array.from({ length: 64_000 }, (_, row) =>
      `${row % 8 === 7 ? '0900' : '0901'}${String(row).padStart(7, '0')}`.padEnd(length, ' '),
    );
    const { sampled, doubtful } = sampleOf(cut(turns, 10_000));
    expect(sampled).toBeGreaterThan(4_500);
    expect(doubtful / sampled).toBeGreaterThan(0.11);
    expect(doubtful / sampled).toBeLessThan(0.14);
  });

  test('a large chunk is not sampled line by line', () => {
    const [chunk] = cut(values, 60_000);
    const sampler = createNationalSampler(phone);
    const { national } = identifyChunk(chunk!, phone, { sampling: sampler.next(chunk!.columns) });
    expect(national!.sampled.reduce((sum, count) => sum + count, 0)).toBeLessThan(6_000);
    sampler.take(national);
    const { sampled, doubtful } = sampler.sample();
    expect(sampled).toBeGreaterThan(1_000);
    expect(doubtful / sampled).toBeCloseTo(0.25, 1);
  });
});

test.each<[string, IdentifyRules]>([
  ['emails', { ...phone, identifierType: 'email' }],
  ['advertising IDs', { ...phone, identifierType: 'ifa' }],
  ['hashes', { ...phone, hashed: 'always' }],
  ['phones that the warehouse has hashed', { ...phone, hashing: 'warehouse' }],
])('nothing is sampled of %s', (_, rules) => {
  expect(createNationalSampler(rules).next(chunkOf('09012345678').columns)).toBeUndefined();
});
