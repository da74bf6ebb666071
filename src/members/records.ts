import type { Layout } from './layout.ts';

/*
 * Steps of sorting that blocks and sets share. Records stay in place while their indexes are sorted; at the end the
 * records are gathered in the order of the indexes. All memory starts at a multiple of eight bytes.
 */

/** Returns the records as 32-bit words. */
export function wordsOf(records: Uint8Array): Int32Array {
  return new Int32Array(records.buffer, records.byteOffset, records.length >>> 2);
}

/** Returns the records as pairs of words, which move in half the time. */
function pairsOf(records: Uint8Array): BigInt64Array {
  return new BigInt64Array(records.buffer, records.byteOffset, records.length >>> 3);
}

/** Returns true if `count` words at `a` equal those at `b`. */
export function areSame(words: Int32Array, a: number, b: number, count: number): boolean {
  for (let word = 0; word < count; word++) if (words[a + word] !== words[b + word]) return false;
  return true;
}

/** Writes the sort key of each record to its index in `sortKeys`. */
export function readSortKeys(words: Int32Array, { recordBytes, sortKey }: Layout, sortKeys: Uint32Array): void {
  const recordWords = recordBytes / 4;
  for (let word = 0, index = 0; word < words.length; word += recordWords) sortKeys[index++] = sortKey(words, word);
}

/**
 * Counting sort of the indexes of `from` to `to`, by log2(starts.length - 1) bits of their sort keys from bit `shift`
 * on. Stable. `starts` receives the end of each bucket.
 */
export function orderByBits(
  from: Uint32Array,
  to: Uint32Array,
  sortKeys: Uint32Array,
  { shift, starts }: { shift: number; starts: Uint32Array },
): void {
  const mask = starts.length - 2;
  starts.fill(0);
  for (let at = 0; at < from.length; at++) starts[((sortKeys[from[at]!]! >>> shift) & mask) + 1]!++;
  for (let value = 0; value < mask; value++) starts[value + 1]! += starts[value]!;
  for (let at = 0; at < from.length; at++) {
    const index = from[at]!;
    to[starts[(sortKeys[index]! >>> shift) & mask]!++] = index;
  }
}

/** Writes the records of `indexes` to `to`, one after the other. */
export function gatherRecords(records: Uint8Array, indexes: Uint32Array, recordBytes: number, to: Uint8Array): void {
  if (recordBytes % 8 === 0) gatherByPairs(pairsOf(records), indexes, recordBytes / 8, pairsOf(to));
  else gatherByWords(wordsOf(records), indexes, recordBytes / 4, wordsOf(to));
}

function gatherByPairs(from: BigInt64Array, indexes: Uint32Array, size: number, to: BigInt64Array): void {
  for (let at = 0, written = 0; at < indexes.length; at++) {
    const start = indexes[at]! * size;
    for (let pair = start; pair < start + size; pair++) to[written++] = from[pair]!;
  }
}

function gatherByWords(from: Int32Array, indexes: Uint32Array, size: number, to: Int32Array): void {
  for (let at = 0, written = 0; at < indexes.length; at++) {
    const start = indexes[at]! * size;
    for (let word = start; word < start + size; word++) to[written++] = from[word]!;
  }
}
