import type { IdentifierKind } from '../identifiers/kinds.ts';

/** The records of a member set: their width and their order. */
export interface Layout {
  recordBytes: number;
  /** Width of the key at the start of a record. Records with the same key are twins: they are of one member. */
  keyBytes: number;
  /** Returns the leading 32 bits of the record at `word`, as a number that sorts as the records do. */
  sortKey(words: Int32Array, word: number): number;
  /**
   * Returns a number below 0 if the key at `atA` sorts before the one at `atB`, 0 if they are equal, else one above 0.
   */
  compare(a: Buffer, atA: number, b: Buffer, atB: number): number;
  /** Compares in the same order, but keys that differ in case alone are equal. */
  compareIgnoringCase(a: Buffer, atA: number, b: Buffer, atB: number): number;
  /** Adds to the record of `into` the forms that only its twin of `from` has. */
  merge(into: Uint8Array, atInto: number, from: Uint8Array, atFrom: number): void;
}

/** The properties of an identifier type that decide the layout of its records. */
export type LayoutKind = Pick<IdentifierKind, 'keyBytes' | 'line'>;

/** Returns the layout of records that hold one key or several forms of it. */
export function layoutOf(kind: LayoutKind, recordBytes = kind.keyBytes): Layout {
  return kind.line === 'text' ? textLayout(kind.keyBytes) : binaryLayout(kind.keyBytes, recordBytes);
}

/** Keys in ascending order of their bytes. Forms that are absent are zero. */
function binaryLayout(keyBytes: number, recordBytes: number): Layout {
  const compare: Layout['compare'] = (a, atA, b, atB) => a.compare(b, atB, atB + keyBytes, atA, atA + keyBytes);
  return {
    recordBytes,
    keyBytes,
    sortKey(words, word) {
      const bits = words[word]!;
      // Memory is little-endian.
      return ((bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24)) >>> 0;
    },
    compare,
    compareIgnoringCase: compare,
    merge(into, atInto, from, atFrom) {
      for (let index = keyBytes; index < recordBytes; index++) into[atInto + index]! |= from[atFrom + index]!;
    },
  };
}

/**
 * Keys that are text and begin with eight hexadecimal digits, in order of their lower-cased text, then of their bytes.
 */
function textLayout(keyBytes: number): Layout {
  const textAt = (records: Buffer, at: number) => records.toString('latin1', at, at + keyBytes);
  return {
    recordBytes: keyBytes,
    keyBytes,
    sortKey: (words, word) => ((readHex(words[word]!) << 16) | readHex(words[word + 1]!)) >>> 0,
    compare(a, atA, b, atB) {
      if (a.compare(b, atB, atB + keyBytes, atA, atA + keyBytes) === 0) return 0;
      const [first, second] = [textAt(a, atA), textAt(b, atB)];
      return compareText(first.toLowerCase(), second.toLowerCase()) || compareText(first, second);
    },
    compareIgnoringCase: (a, atA, b, atB) => compareText(textAt(a, atA).toLowerCase(), textAt(b, atB).toLowerCase()),
    merge() {},
  };
}

const hexValue = Uint8Array.from({ length: 256 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/** Returns the 16 bits of four hexadecimal digits. */
function readHex(word: number): number {
  return (
    (hexValue[word & 0xff]! << 12) |
    (hexValue[(word >>> 8) & 0xff]! << 8) |
    (hexValue[(word >>> 16) & 0xff]! << 4) |
    hexValue[word >>> 24]!
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
