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
  /** The lines of the country column, one a row, if the reader has one. */
  country?: Uint8Array;
}

/** A reject as it may be shown: never the value. */
export interface Reject {
  code: RejectCode;
  /** Counted from 0 in the chunk. */
  row: number;
  /** Position of the column in the chunk. */
  column: number;
  shape: string;
  /** Where the chunk has a key column: its cell, null where that is null or blank. */
  key?: string | null;
}

export interface IdentifiedChunk {
  rows: number;
  values: number;
  empty: number;
  rejects: Partial<Record<RejectCode, number>>;
  /** At most five of each code, unless all are to be listed. */
  listed: Reject[];
  /** The sample that `sampling` asks for. */
  national: NationalCounts | undefined;
  /** One record a member, twins included, in memory that the next chunk of this thread uses again. */
  records: Uint8Array;
}

/** Most examples of one code that a report shows. */
export const examplesPerCode = 5;

/** Records of this thread's chunks. */
const scratchFor = createByteScratch();

export interface IdentifyOptions {
  /** Whether every reject is wanted, not only examples. */
  listsAll?: boolean;
  /** Which lines of phones are looked at for doubt. */
  sampling?: Sampling | undefined;
}

interface Account extends Omit<IdentifiedChunk, 'records' | 'national'> {
  /** Bytes of the records so far. */
  bytes: number;
}

/** What the values of a chunk are: the records of its members, and an account of every other cell. */
export function identifyChunk(
  chunk: ReaderChunk,
  rules: IdentifyRules,
  options: IdentifyOptions = {},
): IdentifiedChunk {
  const { listsAll = false, sampling } = options;
  const account: Account = { rows: 0, values: 0, empty: 0, rejects: {}, listed: [], bytes: 0 };
  const most = listsAll ? Number.POSITIVE_INFINITY : examplesPerCode;
  const countries = chunk.country && readRowCountries(chunk.country, rules.defaultCountry);
  chunk.columns.forEach((column, position) => {
    if (countries === undefined) account.rows = identifyLines(column, rules, { account, position, most });
    else
      for (const { country, ...part } of divideByCountry(column, countries))
        identifyLines(part, { ...rules, country }, { account, position, most });
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

/** Identifies lines that are read by the same rules. Returns how many rows they are of. */
function identifyLines(
  { lines, rowIndex }: ChunkColumn,
  rules: IdentifyRules,
  { account, position, most }: { account: Account; position: number; most: number },
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
    else addReject(account, { code: outcome, row: rowIndex?.[line] ?? line, column: position }, value, most);
    count = Math.max(count, line + 1);
  }
  account.values += count;
  return rowIndex === undefined ? count : (rowIndex.at(-1) ?? -1) + 1;
}

function addReject(account: Account, reject: Omit<Reject, 'shape'>, value: string, most: number): void {
  const count = (account.rejects[reject.code] ?? 0) + 1;
  account.rejects[reject.code] = count;
  if (count <= most) account.listed.push({ ...reject, shape: shapeOf(value) });
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
  /** How many lines were looked at; with no fast path they are counted as they come. */
  lines: number;
  empty: number;
  /** Whose records are written. */
  members: number;
  /** What is left to the reference. */
  rest: Iterable<{ value: string; line: number }>;
}

/** The kernel decides what is plain; without it everything is left to the reference, which comes to the same. */
function decideFast(lines: Uint8Array, rules: IdentifyRules, offset: number): Decided {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const kernel = kernelFor(rules);
  if (kernel === undefined) return { lines: 0, empty: 0, members: 0, rest: valuesOf(bytes) };
  const room = Math.ceil(lines.length / kernel.leastLineBytes) * kernel.recordBytes;
  const { undecided, ...counts } = kernel.identify(lines, scratchFor(offset + room).subarray(offset));
  return { ...counts, rest: valuesAt(bytes, undecided) };
}

/** The lines as text. Latin-1 keeps bytes and characters in step, so only lines that are not ASCII are decoded twice. */
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

/** The values at these places: for each its line, and where its bytes start and end. */
function* valuesAt(bytes: Buffer, places: Uint32Array): Generator<{ value: string; line: number }> {
  for (let index = 0; index < places.length; index += 3)
    yield { value: bytes.toString('utf8', places[index + 1], places[index + 2]), line: places[index]! };
}
