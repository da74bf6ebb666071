import { isAscii } from 'node:buffer';
import { createIdentify } from '../identifiers/identify.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import { shapeOf } from '../identifiers/shape.ts';
import { kernelFor } from '../kernel/kernelFor.ts';
import type { Chunk, ChunkColumn } from '../sources/source.ts';
import { divideByCountry, readRowCountries } from './rowCountries.ts';
import { type NationalCounts, type Sampling, sampleNational } from './sampleNational.ts';
import { createByteScratch } from './scratch.ts';

/** A chunk with the columns of one reader. */
export interface ReaderChunk extends Chunk {
  /** The lines of the reader's country column, one for each row. Absent without such a column. */
  country?: Uint8Array;
}

/** A reject without its value, which is never shown. */
export interface Reject {
  code: RejectCode;
  /** Index in the chunk. */
  row: number;
  /** Position of the column in the chunk. */
  column: number;
  shape: string;
  /** The cell of the key column, or null if that is null or blank. Absent without a key column. */
  key?: string | null;
}

export interface IdentifiedChunk {
  rows: number;
  values: number;
  empty: number;
  rejects: Partial<Record<RejectCode, number>>;
  /** Rejects of the chunk: at most `examplesPerCode` of each code, unless `listsAll`. */
  listed: Reject[];
  /** The sample that `sampling` asks for. */
  national: NationalCounts | undefined;
  /** A record for each member, twins included, on memory that the next chunk of this thread reuses. */
  records: Uint8Array;
}

/** The most examples of one code in a report. */
export const examplesPerCode = 5;

/** Records of this thread's chunks. */
const scratchFor = createByteScratch();

export interface IdentifyOptions {
  /** Whether every reject is listed. Default: examples only. */
  listsAll?: boolean;
  /** The lines of phones whose validity is sampled. */
  sampling?: Sampling | undefined;
}

interface ChunkAccount extends Omit<IdentifiedChunk, 'records' | 'national'> {
  /** Bytes of all records so far. */
  bytes: number;
}

/** Returns the records of the members of a chunk, and an account of all other cells. */
export function identifyChunk(
  chunk: ReaderChunk,
  rules: IdentifyRules,
  options: IdentifyOptions = {},
): IdentifiedChunk {
  const { listsAll = false, sampling } = options;
  const account: ChunkAccount = { rows: 0, values: 0, empty: 0, rejects: {}, listed: [], bytes: 0 };
  const maxListed = listsAll ? Number.POSITIVE_INFINITY : examplesPerCode;
  const countries = chunk.country && readRowCountries(chunk.country, rules.defaultCountry);
  chunk.columns.forEach((column, position) => {
    if (countries === undefined) account.rows = identifyLines(column, rules, { account, position, maxListed });
    else
      for (const { country, ...part } of divideByCountry(column, countries))
        identifyLines(part, { ...rules, country }, { account, position, maxListed });
  });
  if (countries !== undefined) {
    account.rows = countries.positions.length;
    account.listed.sort((a, b) => a.column - b.column || a.row - b.row);
  }
  account.values -= account.empty;
  if (chunk.key !== undefined) addKeys(account.listed, chunk.key);
  const national = sampling && sampleNational(chunk.columns, { rules, countries }, sampling);
  const { bytes, ...counts } = account;
  return { ...counts, national, records: scratchFor(bytes) };
}

/** Identifies lines that have the same rules. Returns the number of their rows. */
function identifyLines(
  { lines, rowIndex }: ChunkColumn,
  rules: IdentifyRules,
  { account, position, maxListed }: { account: ChunkAccount; position: number; maxListed: number },
): number {
  const { identify, recordBytes } = createIdentify(rules);
  const decided = decideFast(lines, rules, account.bytes);
  account.bytes += decided.members * recordBytes;
  account.empty += decided.empty;
  let count = decided.lines;
  let records = scratchFor(account.bytes + recordBytes);
  for (const { value, line } of decided.rest) {
    const { bytes } = account;
    if (bytes + recordBytes > records.length) records = scratchFor(2 * (bytes + recordBytes));
    const outcome = identify(value, records, bytes);
    if (outcome === 'member') account.bytes += recordBytes;
    else if (outcome === 'empty') account.empty++;
    else addReject(account, { code: outcome, row: rowIndex?.[line] ?? line, column: position }, value, maxListed);
    count = Math.max(count, line + 1);
  }
  account.values += count;
  return rowIndex === undefined ? count : (rowIndex.at(-1) ?? -1) + 1;
}

function addReject(account: ChunkAccount, reject: Omit<Reject, 'shape'>, value: string, maxListed: number): void {
  const count = (account.rejects[reject.code] ?? 0) + 1;
  account.rejects[reject.code] = count;
  if (count <= maxListed) account.listed.push({ ...reject, shape: shapeOf(value) });
}

function addKeys(listed: readonly Reject[], lines: Uint8Array): void {
  if (listed.length === 0) return;
  const keys = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString('utf8').split('\n');
  for (const reject of listed) {
    const key = keys[reject.row] ?? '';
    reject.key = key.trim() === '' ? null : key;
  }
}

interface Decided {
  /** The number of lines that the kernel read. */
  lines: number;
  empty: number;
  /** Members whose records are written. */
  members: number;
  /** The values that are left to the reference. */
  rest: Iterable<{ value: string; line: number }>;
}

/** Decides plain values by the kernel, if there is one for the rules. The reference decides the rest alike. */
function decideFast(lines: Uint8Array, rules: IdentifyRules, offset: number): Decided {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const kernel = kernelFor(rules);
  if (kernel === undefined) return { lines: 0, empty: 0, members: 0, rest: valuesOf(bytes) };
  const room = Math.ceil(lines.length / kernel.minLineBytes) * kernel.recordBytes;
  const { undecided, ...counts } = kernel.identify(lines, scratchFor(offset + room).subarray(offset));
  return { ...counts, rest: valuesAt(bytes, undecided) };
}

/**
 * Yields the lines as text. In Latin-1 bytes and characters have the same offsets, so only non-ASCII lines are decoded
 * twice.
 */
function* valuesOf(bytes: Buffer): Generator<{ value: string; line: number }> {
  const text = bytes.toString('latin1');
  const isPlain = isAscii(bytes);
  for (let at = 0, line = 0; at < text.length; line++) {
    const end = text.indexOf('\n', at);
    const value = text.slice(at, end);
    yield { value: isPlain || !/[\x80-\xff]/.test(value) ? value : bytes.toString('utf8', at, end), line };
    at = end + 1;
  }
}

/** Yields the values at `places`, which holds the line, the start and the end of each. */
function* valuesAt(bytes: Buffer, places: Uint32Array): Generator<{ value: string; line: number }> {
  for (let index = 0; index < places.length; index += 3)
    yield { value: bytes.toString('utf8', places[index + 1], places[index + 2]), line: places[index]! };
}
