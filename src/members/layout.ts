import type { IdentifierType } from '../config.ts';
import { digestBytes, ifaBytes } from '../identifiers/identify.ts';

/** What the records of a member set look like, and in which order they stand. */
export interface Layout {
  recordBytes: number;
  /** Which of the 256 partitions a record belongs to: its leading eight bits. Partitions stand in order. */
  partitionOf(records: Uint8Array, at: number): number;
  /** The 24 bits behind those, as a number that sorts as the records do. */
  sortKeyOf(records: Uint8Array, at: number): number;
  /** Below 0, 0 or above 0, as the record at `a` stands before, is the same member as, or stands after the one at `b`. */
  compare(records: Buffer, a: number, b: number): number;
  /** Adds to the record at `into` what only its twin at `from` knows. */
  merge(records: Uint8Array, into: number, from: number): void;
}

/** One or more SHA-256 digests a member, keyed by the first and in ascending order of its bytes; absent ones are zero. */
export function digestLayout(recordBytes = digestBytes): Layout {
  return {
    recordBytes,
    partitionOf: (records, at) => records[at]!,
    sortKeyOf: (records, at) => (records[at + 1]! << 16) | (records[at + 2]! << 8) | records[at + 3]!,
    compare: (records, a, b) => records.compare(records, b, b + digestBytes, a, a + digestBytes),
    merge(records, into, from) {
      for (let index = digestBytes; index < recordBytes; index++) records[into + index]! |= records[from + index]!;
    },
  };
}

const hexValue = Uint8Array.from({ length: 256 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

function hexDigit(records: Uint8Array, at: number): number {
  return hexValue[records[at]!]!;
}

/** Advertising IDs as text, in order of their lower-cased text, then of their bytes. */
export const ifaLayout: Layout = {
  recordBytes: ifaBytes,
  partitionOf: (records, at) => (hexDigit(records, at) << 4) | hexDigit(records, at + 1),
  sortKeyOf(records, at) {
    let key = 0;
    for (let index = 2; index < 8; index++) key = (key << 4) | hexDigit(records, at + index);
    return key;
  },
  compare(records, a, b) {
    const first = records.toString('latin1', a, a + ifaBytes);
    const second = records.toString('latin1', b, b + ifaBytes);
    return compareText(first.toLowerCase(), second.toLowerCase()) || compareText(first, second);
  },
  merge() {},
};

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function layoutOf(identifierType: IdentifierType, recordBytes: number): Layout {
  return identifierType === 'ifa' ? ifaLayout : digestLayout(recordBytes);
}
