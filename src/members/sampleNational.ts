import { createReadNational } from '../identifiers/doubt.ts';
import type { IdentifyRules } from '../identifiers/identify.ts';
import type { ChunkColumn } from '../sources/source.ts';
import type { RowCountries } from './rowCountries.ts';

/*
 * A sample of the phones of a source, spread evenly over each column. The level of a line is the greatest n for which
 * the line covers a byte of the column whose offset is a multiple of 2^n. A sample holds the lines from some level on.
 * Which lines these are depends on the column alone, not on its chunks, and a sample is halved by raising the level.
 */

/** Which lines of a chunk to sample. */
export interface Sampling {
  /** Bytes of each column that came before the chunk. */
  offsets: readonly number[];
  /** The lowest level that is sampled. */
  level: number;
}

/** Accepted numbers without a country code, by the level of their lines, and those of them that are not valid. */
export interface NationalCounts {
  sampled: number[];
  doubtful: number[];
}

/** The line at offset 0 has all levels. */
export const levels = 53;

export function noNationalCounts(): NationalCounts {
  return { sampled: new Array<number>(levels).fill(0), doubtful: new Array<number>(levels).fill(0) };
}

interface ReadingRules {
  rules: IdentifyRules;
  /** Of the rows, if they have countries of their own. */
  countries: RowCountries | undefined;
}

const lineFeed = 0x0a;

/** Reads the lines of a chunk that belong to a sample. */
export function sampleNational(
  columns: readonly ChunkColumn[],
  { rules, countries }: ReadingRules,
  { offsets, level }: Sampling,
): NationalCounts {
  const counts = noNationalCounts();
  const readers = (countries?.countries ?? [undefined]).map((country) => createReadNational({ ...rules, country }));
  columns.forEach(({ lines, rowIndex }, column) => {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
    const before = offsets[column]!;
    const lineAt = createLineCounter(lines);
    for (const { from, end } of sampledLines(bytes, before, level)) {
      const read = countries === undefined ? readers[0]! : readerOf(lineAt(from));
      const validity = read(bytes.toString('utf8', from, end - 1));
      if (validity === undefined) continue;
      const at = levelOf(before + from, before + end, level);
      counts.sampled[at]!++;
      if (validity === 'doubtful') counts.doubtful[at]!++;
    }

    function readerOf(line: number) {
      return readers[countries!.positions[rowIndex?.[line] ?? line]!]!;
    }
  });
  return counts;
}

/** The lines from a level on: where each begins, and where it ends behind its LF. */
function* sampledLines(bytes: Buffer, before: number, level: number): Generator<{ from: number; end: number }> {
  const step = 2 ** level;
  for (let at = nextMultiple(before, step) - before; at < bytes.length; ) {
    const from = at === 0 ? 0 : bytes.lastIndexOf(lineFeed, at - 1) + 1;
    const end = bytes.indexOf(lineFeed, at) + 1;
    yield { from, end };
    at = nextMultiple(before + end, step) - before;
  }
}

function nextMultiple(number: number, step: number): number {
  return Math.ceil(number / step) * step;
}

/** The level of the line with the offsets from `from` up to but not including `end`, which is at least `least`. */
function levelOf(from: number, end: number, least: number): number {
  let level = least;
  while (level + 1 < levels && nextMultiple(from, 2 ** (level + 1)) < end) level++;
  return level;
}

/** Counts the lines before a place; the places must ascend. */
function createLineCounter(lines: Uint8Array): (place: number) => number {
  let at = 0;
  let count = 0;
  return (place) => {
    for (; at < place; at++) if (lines[at] === lineFeed) count++;
    return count;
  };
}
