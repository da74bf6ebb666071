import type { IdentifierType } from '../config.ts';
import { digestBytes, ifaBytes } from '../identifiers/identify.ts';

/** Records are parted by their leading 12 bits. */
export const partitionCount = 4096;

/** What the records of a member set look like, and in which order they stand. */
export interface Layout {
  recordBytes: number;
  /** Which of the partitions a record belongs to: its leading bits. Partitions stand in order. */
  partitionOf(records: Uint8Array, at: number): number;
  /** The 24 bits behind those, as a number that sorts as the records do. */
  sortKeyOf(records: Uint8Array, at: number): number;
  /** Below 0, 0 or above 0, as the record of `a` at `atA` stands before, is the same member as, or stands after that of `b`. */
  compare(a: Buffer, atA: number, b: Buffer, atB: number): number;
  /** Adds to the record of `into` what only its twin of `from` knows. */
  merge(into: Uint8Array, atInto: number, from: Uint8Array, atFrom: number): void;
}

/** One or more SHA-256 digests a member, keyed by the first and in ascending order of its bytes; absent ones are zero. */
export function digestLayout(recordBytes = digestBytes): Layout {
  return {
    recordBytes,
    partitionOf: (records, at) => (records[at]! << 4) | (records[at + 1]! >> 4),
    sortKeyOf: (records, at) =>
      ((records[at + 1]! & 0x0f) << 20) | (records[at + 2]! << 12) | (records[at + 3]! << 4) | (records[at + 4]! >> 4),
    compare: (a, atA, b, atB) => a.compare(b, atB, atB + digestBytes, atA, atA + digestBytes),
    merge(into, atInto, from, atFrom) {
      for (let index = digestBytes; index < recordBytes; index++) into[atInto + index]! |= from[atFrom + index]!;
    },
  };
}

const hexValue = Uint8Array.from({ length: 256 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

function hexDigit(records: Uint8Array, at: number): number {
  return hexValue[records[at]!]!;
}

/** The six digits behind the first three; the ninth character is a dash. */
const ifaKeyPlaces = [3, 4, 5, 6, 7, 9] as const;

/** Advertising IDs as text, in order of their lower-cased text, then of their bytes. */
export const ifaLayout: Layout = {
  recordBytes: ifaBytes,
  partitionOf: (records, at) =>
    (hexDigit(records, at) << 8) | (hexDigit(records, at + 1) << 4) | hexDigit(records, at + 2),
  sortKeyOf(records, at) {
    let key = 0;
    for (const place of ifaKeyPlaces) key = (key << 4) | hexDigit(records, at + place);
    return key;
  },
  compare(a, atA, b, atB) {
    if (a.compare(b, atB, atB + ifaBytes, atA, atA + ifaBytes) === 0) return 0;
    const first = a.toString('latin1', atA, atA + ifaBytes);
    const second = b.toString('latin1', atB, atB + ifaBytes);
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
