import { readCountry } from '../identifiers/country.ts';
import type { PhoneRules } from '../identifiers/phone.ts';
import type { ChunkColumn } from '../sources/source.ts';
import { createByteScratch, createNumberScratch } from './scratch.ts';

type Country = PhoneRules['country'];

/** The countries of a chunk's rows, on memory that the next chunk reuses. */
export interface RowCountries {
  /** The distinct countries. */
  countries: readonly Country[];
  /** The index of each row's country in `countries`. */
  positions: Uint32Array;
}

/** The lines of a column whose rows are of one country, on memory that the next column reuses. */
export interface CountryLines extends ChunkColumn {
  country: Country;
}

const lineFeed = 0x0a;
/** The most bytes of a code, unless it has blanks or full-width letters. */
const codeBytes = 3;

const [positionsOf, endsOf, groupsOf, rowsOf] = Array.from({ length: 4 }, createNumberScratch) as Scratch[];
const linesOf = createByteScratch();
type Scratch = ReturnType<typeof createNumberScratch>;

/** Reads the lines of a country column, one for each row. A blank cell means `defaultCountry`. */
export function readRowCountries(lines: Uint8Array, defaultCountry: string | undefined): RowCountries {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const countries: Country[] = [];
  const positionByCell = new Map<number | string, number>();
  const positions = positionsOf!(lines.length);
  let rows = 0;

  function addCell(key: number | string, from: number, end: number): number {
    const read = readCountry(bytes.toString('utf8', from, end));
    const country = read === undefined ? defaultCountry : read;
    const known = countries.indexOf(country);
    const position = known < 0 ? countries.push(country) - 1 : known;
    positionByCell.set(key, position);
    return position;
  }

  for (let from = 0, at = 0, packed = 0; at < lines.length; at++) {
    const byte = lines[at]!;
    if (byte !== lineFeed) {
      packed = (packed << 8) | byte;
      continue;
    }
    const length = at - from;
    const key = length <= codeBytes ? (length << 24) | packed : bytes.toString('latin1', from, at);
    positions[rows++] = positionByCell.get(key) ?? addCell(key, from, at);
    from = at + 1;
    packed = 0;
  }
  return { countries, positions: positions.subarray(0, rows) };
}

/** Divides the lines of a column by the countries of their rows. */
export function divideByCountry(column: ChunkColumn, { countries, positions }: RowCountries): CountryLines[] {
  const { lines, rowIndex } = column;
  if (countries.length <= 1) return countries.map((country) => ({ country, ...column }));
  const groups = rowIndex === undefined ? positions : groupLines(rowIndex, positions);
  const ends = findEnds(lines, groups.length);
  const places = placesOf(ends, groups, countries.length);
  const divided = linesOf(lines.length);
  const rows = rowsOf!(ends.length);
  const [nextByte, nextLine] = [places.bytes.slice(), places.lines.slice()];
  for (let line = 0, from = 0; line < ends.length; line++) {
    const group = groups[line]!;
    const end = ends[line]!;
    let to = nextByte[group]!;
    // Faster than a call for each line.
    while (from < end) divided[to++] = lines[from++]!;
    nextByte[group] = to;
    rows[nextLine[group]!++] = rowIndex === undefined ? line : rowIndex[line]!;
  }
  return countries.map((country, group) => ({
    country,
    lines: divided.subarray(places.bytes[group], nextByte[group]),
    rowIndex: rows.subarray(places.lines[group], nextLine[group]),
  }));
}

function groupLines(rowIndex: Uint32Array, positions: Uint32Array): Uint32Array {
  const groups = groupsOf!(rowIndex.length);
  for (let line = 0; line < rowIndex.length; line++) groups[line] = positions[rowIndex[line]!]!;
  return groups;
}

/** Returns the end of each line, behind its LF. */
function findEnds(lines: Uint8Array, count: number): Uint32Array {
  const ends = endsOf!(count);
  for (let at = 0, line = 0; at < lines.length; at++) if (lines[at] === lineFeed) ends[line++] = at + 1;
  return ends;
}

/** Returns the start of the bytes and of the lines of each group when the groups follow each other. */
function placesOf(ends: Uint32Array, groups: Uint32Array, count: number) {
  const bytes = new Array<number>(count + 1).fill(0);
  const lines = new Array<number>(count + 1).fill(0);
  for (let line = 0, from = 0; line < ends.length; line++) {
    const next = groups[line]! + 1;
    bytes[next]! += ends[line]! - from;
    lines[next]!++;
    from = ends[line]!;
  }
  for (let group = 1; group <= count; group++) {
    bytes[group]! += bytes[group - 1]!;
    lines[group]! += lines[group - 1]!;
  }
  return { bytes, lines };
}
