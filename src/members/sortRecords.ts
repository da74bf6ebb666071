import type { Layout } from './layout.ts';
import { areSame, gatherRecords, orderByBits, readKeys, wordsOf } from './records.ts';
import { createNumberScratch } from './scratch.ts';

const keysOf = createNumberScratch();
const orders = [createNumberScratch(), createNumberScratch()] as const;

/** 32 bits in three rounds. */
const rounds = [11, 11, 10].map((bits, round) => ({ shift: 11 * round, starts: new Uint32Array((1 << bits) + 1) }));

/**
 * Writes the records sorted and each member once to `sorted`, and returns how many bytes that are. Sorts by the leading
 * 32 bits of each record with a radix sort, and compares whole records only where those are alike. Both start at a
 * multiple of eight bytes of their memory; `records` is changed where twins are merged.
 */
export function sortUnique(records: Buffer, layout: Layout, sorted: Uint8Array): number {
  const count = records.length / layout.recordBytes;
  const keys = keysOf(count);
  readKeys(wordsOf(records), layout, keys);
  let [order, next] = [orders[0](count), orders[1](count)];
  for (let index = 0; index < count; index++) order[index] = index;
  for (const round of rounds) {
    orderByBits(order, next, keys, round);
    [order, next] = [next, order];
  }
  const kept = orderTies(order, keys, records, layout);
  gatherRecords(records, order.subarray(0, kept), layout.recordBytes, sorted);
  return kept * layout.recordBytes;
}

/** Puts records with the same key in order and merges twins, in place. Returns how many are left. */
function orderTies(order: Uint32Array, keys: Uint32Array, records: Buffer, layout: Layout): number {
  const words = wordsOf(records);
  const recordWords = layout.recordBytes / 4;
  const memberWords = layout.memberBytes / 4;
  const areTwins = (a: number, b: number) => areSame(words, a * recordWords, b * recordWords, memberWords);
  let kept = 0;
  for (let from = 0; from < order.length; ) {
    const first = order[from]!;
    let to = from + 1;
    let isOnlyTwins = true;
    for (; to < order.length && keys[order[to]!] === keys[first]; to++) isOnlyTwins &&= areTwins(first, order[to]!);
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

/** The first of two twins stays, with all that either knows. */
function merge(first: number, second: number, records: Buffer, { recordBytes, memberBytes, merge }: Layout): void {
  if (recordBytes > memberBytes) merge(records, first * recordBytes, records, second * recordBytes);
}
