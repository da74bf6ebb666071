import type { Layout } from './layout.ts';

/**
 * Writes the records sorted and each member once to `sorted`, and returns how many bytes that are. Sorts by 24 bits of
 * each record with a radix sort, and compares whole records only where those are alike. Both start at a multiple of
 * four bytes of their memory; `records` is changed where twins are merged.
 */
export function sortUnique(records: Buffer, layout: Layout, sorted: Buffer): number {
  const count = records.length / layout.recordBytes;
  const keys = new Uint32Array(count);
  for (let index = 0; index < count; index++) keys[index] = layout.sortKeyOf(records, index * layout.recordBytes);
  const order = sortByKey(keys);
  const kept = orderTies(order, keys, records, layout);
  gather(records, order.subarray(0, kept), layout.recordBytes, sorted);
  return kept * layout.recordBytes;
}

/** 24 bits in two rounds. */
const bucketBits = 12;
const buckets = 1 << bucketBits;

/** The indexes of the keys in ascending order of key: a radix sort, least significant bits first. */
function sortByKey(keys: Uint32Array): Uint32Array {
  let order = new Uint32Array(keys.length).map((_, index) => index);
  let next = new Uint32Array(keys.length);
  const starts = new Uint32Array(buckets);
  for (let shift = 0; shift < 24; shift += bucketBits) {
    starts.fill(0);
    for (let index = 0; index < keys.length; index++) starts[(keys[index]! >>> shift) & (buckets - 1)]!++;
    let start = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const size = starts[bucket]!;
      starts[bucket] = start;
      start += size;
    }
    for (let index = 0; index < order.length; index++) {
      const item = order[index]!;
      next[starts[(keys[item]! >>> shift) & (buckets - 1)]!++] = item;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** Puts records with the same key in order and drops twins, in place. Returns how many are left. */
function orderTies(order: Uint32Array, keys: Uint32Array, records: Buffer, layout: Layout): number {
  let kept = 0;
  for (let from = 0; from < order.length; ) {
    const key = keys[order[from]!]!;
    let to = from + 1;
    while (to < order.length && keys[order[to]!] === key) to++;
    if (to === from + 1) order[kept++] = order[from]!;
    else for (const index of uniqueOf(Array.from(order.subarray(from, to)), records, layout)) order[kept++] = index;
    from = to;
  }
  return kept;
}

function uniqueOf(indexes: number[], records: Buffer, layout: Layout): number[] {
  const { recordBytes } = layout;
  indexes.sort((a, b) => layout.compare(records, a * recordBytes, records, b * recordBytes));
  return indexes.filter((index, position) => {
    const twin = indexes[position + 1];
    if (twin === undefined || layout.compare(records, index * recordBytes, records, twin * recordBytes) !== 0)
      return true;
    // The last of the twins stays, with all that any of them knows.
    layout.merge(records, twin * recordBytes, records, index * recordBytes);
    return false;
  });
}

function gather(records: Buffer, order: Uint32Array, recordBytes: number, sorted: Buffer): void {
  const from = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const to = new Int32Array(sorted.buffer, sorted.byteOffset, sorted.length >>> 2);
  const words = recordBytes / 4;
  let at = 0;
  for (let index = 0; index < order.length; index++) {
    const start = order[index]! * words;
    for (let word = start; word < start + words; word++) to[at++] = from[word]!;
  }
}
