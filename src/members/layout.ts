import { digestBytes, kinds } from '../identifiers/kinds.ts';
import type { IdentifierType } from '../identifiers/rules.ts';

/** What the records of a member set look like, and in which order they stand. */
export interface Layout {
  recordBytes: number;
  /** The leading bytes that say who the member is; records that share them are twins. */
  memberBytes: number;
  /** The leading 32 bits of the record that begins with this word, as a number that sorts as the records do. */
  keyOf(words: Int32Array, word: number): number;
  /** Below 0, 0 or above 0, as the record of `a` at `atA` stands before, is the same member as, or stands after that of `b`. */
  compare(a: Buffer, atA: number, b: Buffer, atB: number): number;
  /** Adds to the record of `into` what only its twin of `from` knows. */
  merge(into: Uint8Array, atInto: number, from: Uint8Array, atFrom: number): void;
}

/** One or more SHA-256 digests a member, keyed by the first and in ascending order of its bytes; absent ones are zero. */
export function digestLayout(recordBytes = digestBytes): Layout {
  return {
    recordBytes,
    memberBytes: digestBytes,
    keyOf(words, word) {
      const key = words[word]!;
      // Memory is little-endian.
      return ((key << 24) | ((key & 0xff00) << 8) | ((key >>> 8) & 0xff00) | (key >>> 24)) >>> 0;
    },
    compare: (a, atA, b, atB) => a.compare(b, atB, atB + digestBytes, atA, atA + digestBytes),
    merge(into, atInto, from, atFrom) {
      for (let index = digestBytes; index < recordBytes; index++) into[atInto + index]! |= from[atFrom + index]!;
    },
  };
}

const hexValue = Uint8Array.from({ length: 256 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/** The 16 bits that four hex digits stand for. */
function readHex(word: number): number {
  return (
    (hexValue[word & 0xff]! << 12) |
    (hexValue[(word >>> 8) & 0xff]! << 8) |
    (hexValue[(word >>> 16) & 0xff]! << 4) |
    hexValue[word >>> 24]!
  );
}

/** Advertising IDs as text, in order of their lower-cased text, then of their bytes. */
export const ifaLayout: Layout = {
  recordBytes: kinds.ifa.keyBytes,
  memberBytes: kinds.ifa.keyBytes,
  keyOf: (words, word) => ((readHex(words[word]!) << 16) | readHex(words[word + 1]!)) >>> 0,
  compare(a, atA, b, atB) {
    if (a.compare(b, atB, atB + kinds.ifa.keyBytes, atA, atA + kinds.ifa.keyBytes) === 0) return 0;
    const first = a.toString('latin1', atA, atA + kinds.ifa.keyBytes);
    const second = b.toString('latin1', atB, atB + kinds.ifa.keyBytes);
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
