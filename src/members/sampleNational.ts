import { createReadNational } from '../identifiers/doubt.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { ChunkColumn } from '../sources/source.ts';
import type { RowCountries } from './rowCountries.ts';

/*
 * A sample of the phones of a source, spread evenly over each column. A column is divided into blocks of 2^level bytes,
 * for each level. A block of one byte chooses this byte; a larger block chooses, as if at random, the byte that one of
 * its halves has chosen. A sample holds the lines that hold a chosen byte of some level. So the lines of a higher level
 * are about half of those below it, and are among them. Which lines these are depends on the column alone, not on its
 * chunks.
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

/** A number of levels that suffices for a column of any size. */
export const levels = 53;

export function noNationalCounts(): NationalCounts {
  return { sampled: new Array<number>(levels).fill(0), doubtful: new Array<number>(levels).fill(0) };
}

interface ReadingRules {
  rules: IdentifyRules;
  /** The countries of the rows, if they have their own. */
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
      const at = levelOf(before + from, before + end);
      counts.sampled[at]!++;
      if (validity === 'doubtful') counts.doubtful[at]!++;
    }

    function readerOf(line: number) {
      return readers[countries!.positions[rowIndex?.[line] ?? line]!]!;
    }
  });
  return counts;
}

/** Yields the lines of a level and above by their start and their end, which is behind the LF. */
function* sampledLines(bytes: Buffer, before: number, level: number): Generator<{ from: number; end: number }> {
  const width = 2 ** level;
  const last = Math.floor((before + bytes.length - 1) / width);
  for (let block = Math.floor(before / width), done = 0; block <= last; block++) {
    const at = chosenOffset(block, level) - before;
    if (at < done || at >= bytes.length) continue;
    const from = at === 0 ? 0 : bytes.lastIndexOf(lineFeed, at - 1) + 1;
    done = bytes.indexOf(lineFeed, at) + 1;
    yield { from, end: done };
  }
}

/** The offset that a block of 2^level bytes has chosen. */
function chosenOffset(block: number, level: number): number {
  let chosen = block;
  for (let at = level; at > 0; at--) chosen = 2 * chosen + chosenHalf(chosen, at);
  return chosen;
}

/** Returns the half of a block whose choice is that of the block, as if at random: 0 or 1. */
function chosenHalf(block: number, level: number): number {
  const low = block >>> 0;
  const high = (block / 2 ** 32) >>> 0;
  let mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1) ^ Math.imul(level, 0x85ebca6b), 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed >>> 31) ^ ((mixed >>> 12) & 1);
}

/** Returns the level of the line with the offsets from `from` up to but not including `end`. */
function levelOf(from: number, end: number): number {
  let level = 0;
  for (let offset = from; offset < end; offset++) level = Math.max(level, levelOfOffset(offset));
  return level;
}

/** Returns the greatest level whose block has chosen the offset. */
function levelOfOffset(offset: number): number {
  let level = 0;
  for (let half = offset; level + 1 < levels; level++) {
    const block = Math.floor(half / 2);
    if (chosenHalf(block, level + 1) !== half - 2 * block) break;
    half = block;
  }
  return level;
}

/** Creates a function that counts the lines before a place. Its places must ascend. */
function createLineCounter(lines: Uint8Array): (place: number) => number {
  let at = 0;
  let count = 0;
  return (place) => {
    for (; at < place; at++) if (lines[at] === lineFeed) count++;
    return count;
  };
}
