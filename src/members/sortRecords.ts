import type { Layout } from './layout.ts';
import { areSame, gatherRecords, orderByBits, readSortKeys, wordsOf } from './records.ts';
import { createNumberScratch } from './scratch.ts';

const sortKeysOf = createNumberScratch();
const orders = [createNumberScratch(), createNumberScratch()] as const;

/** Radix sort of 32 bits in three rounds. */
const rounds = [11, 11, 10].map((bits, round) => ({ shift: 11 * round, starts: new Uint32Array((1 << bits) + 1) }));

/**
 * Writes the records to `sorted` in order, each member once, and returns their length in bytes. A radix sort by the
 * leading 32 bits comes first; only records that share these are compared. Both memories must start at a multiple of
 * eight bytes. Merging twins changes `records`.
 */
export function sortUnique(records: Buffer, layout: Layout, sorted: Uint8Array): number {
  const count = records.length / layout.recordBytes;
  const sortKeys = sortKeysOf(count);
  readSortKeys(wordsOf(records), layout, sortKeys);
  let [order, next] = [orders[0](count), orders[1](count)];
  for (let index = 0; index < count; index++) order[index] = index;
  for (const round of rounds) {
    orderByBits(order, next, sortKeys, round);
    [order, next] = [next, order];
  }
  const kept = orderTies(order, sortKeys, records, layout);
  gatherRecords(records, order.subarray(0, kept), layout.recordBytes, sorted);
  return kept * layout.recordBytes;
}

/** Sorts records with the same sort key and merges twins, in place. Returns the number of records left. */
function orderTies(order: Uint32Array, sortKeys: Uint32Array, records: Buffer, layout: Layout): number {
  const words = wordsOf(records);
  const recordWords = layout.recordBytes / 4;
  const keyWords = layout.keyBytes / 4;
  const areTwins = (a: number, b: number) => areSame(words, a * recordWords, b * recordWords, keyWords);
  let kept = 0;
  for (let from = 0; from < order.length; ) {
    const first = order[from]!;
    let to = from + 1;
    let isOnlyTwins = true;
    for (; to < order.length && sortKeys[order[to]!] === sortKeys[first]; to++)
      isOnlyTwins &&= areTwins(first, order[to]!);
    if (!isOnlyTwins) sortSlowly(order.subarray(from, to), records, layout);
    const keptBefore = kept;
    for (let at = from; at < to; at++) {
      const index = order[at]!;
      if (kept > keptBefore && areTwins(order[kept - 1]!, index)) merge(order[kept - 1]!, index, records, layout);
      else order[kept++] = index;
    }
    from = to;
  }
  return kept;
}

function sortSlowly(indexes: Uint32Array, records: Buffer, { recordBytes, compare }: Layout): void {
  indexes.sort((a, b) => compare(records, a * recordBytes, records, b * recordBytes));
}

/** Merges the second of two twins into the first. */
function merge(first: number, second: number, records: Buffer, { recordBytes, keyBytes, merge }: Layout): void {
  if (recordBytes > keyBytes) merge(records, first * recordBytes, records, second * recordBytes);
}
