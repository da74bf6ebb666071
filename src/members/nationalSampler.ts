import { areHashedInWarehouse } from '../identifiers/interpret.ts';
import { kinds } from '../identifiers/kinds.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { ChunkColumn } from '../sources/source.ts';
import { levels, type NationalCounts, noNationalCounts, type Sampling } from './sampleNational.ts';

/** The number of sampled phone numbers without a country code, and of those that are not valid in their country. */
export interface NationalSample {
  sampled: number;
  doubtful: number;
}

/** Samples the numbers of one reader. */
export interface NationalSampler {
  /** Returns the sampling of the chunk that follows those before, or undefined if the reader reads no plain phones. */
  next(columns: readonly ChunkColumn[]): Sampling | undefined;
  take(counts: NationalCounts | undefined): void;
  sample(): NationalSample;
}

const maxSampled = 10_000;
/** Size of a column of a chunk up to which all its lines are sampled, so that a small source is sampled wholly. */
const smallBytes = 256 * 1024;
/** Approximate number of sampled lines in a larger column. */
const linesInLarge = 2_048;

export function createNationalSampler(rules: IdentifyRules): NationalSampler {
  const { identifierType, hashed } = rules;
  const isSampled = kinds[identifierType].isPhone && hashed !== 'always' && !areHashedInWarehouse(rules);
  const total = noNationalCounts();
  let offsets: readonly number[] = [];
  let level = 0;
  const fromLevel = (counts: readonly number[]) => counts.slice(level).reduce((sum, count) => sum + count, 0);
  return {
    next(columns) {
      if (!isSampled) return undefined;
      level = Math.max(level, ...columns.map(({ lines }) => minLevel(lines.length)));
      const before = columns.map((_, column) => offsets[column] ?? 0);
      offsets = columns.map(({ lines }, column) => before[column]! + lines.length);
      return { offsets: before, level };
    },
    take(counts) {
      if (counts === undefined) return;
      for (let at = 0; at < levels; at++) {
        total.sampled[at]! += counts.sampled[at]!;
        total.doubtful[at]! += counts.doubtful[at]!;
      }
      while (fromLevel(total.sampled) > maxSampled) level++;
    },
    sample: () => ({ sampled: fromLevel(total.sampled), doubtful: fromLevel(total.doubtful) }),
  };
}

function minLevel(bytes: number): number {
  return bytes <= smallBytes ? 0 : Math.ceil(Math.log2(bytes / linesInLarge));
}
