import type { Layout } from './layout.ts';

/**
 * Writes the records sorted and each member once to `sorted`, and returns how many bytes that are. Sorts by the leading
 * 36 bits of each record with a radix sort, and compares whole records only where those are alike. Both start at a
 * multiple of four bytes of their memory; `records` is changed where twins are merged.
 */
export function sortUnique(records: Buffer, layout: Layout, sorted: Buffer): number {
  const keys = readKeys(records, layout);
  const order = sortByKeys(keys);
  const kept = orderTies(order, keys, records, layout);
  gather(records, order.subarray(0, kept), layout.recordBytes, sorted);
  return kept * layout.recordBytes;
}

/** The leading bits of each record: its partition, and its sort key in two halves. */
interface Keys {
  partitions: Uint16Array;
  upper: Uint16Array;
  lower: Uint16Array;
}

/** Bits of each of the three, which sort in as many rounds. */
const keyBits = 12;
const buckets = 1 << keyBits;

function readKeys(records: Buffer, { recordBytes, partitionOf, sortKeyOf }: Layout): Keys {
  const count = records.length / recordBytes;
  const [partitions, upper, lower] = [new Uint16Array(count), new Uint16Array(count), new Uint16Array(count)];
  for (let index = 0; index < count; index++) {
    const key = sortKeyOf(records, index * recordBytes);
    partitions[index] = partitionOf(records, index * recordBytes);
    upper[index] = key >>> keyBits;
    lower[index] = key & (buckets - 1);
  }
  return { partitions, upper, lower };
}

/** The indexes of the records in ascending order of their keys: a radix sort, least significant bits first. */
function sortByKeys({ partitions, upper, lower }: Keys): Uint32Array {
  let order = new Uint32Array(lower.length);
  for (let index = 0; index < order.length; index++) order[index] = index;
  let next = new Uint32Array(lower.length);
  const starts = new Uint32Array(buckets);
  for (const keys of [lower, upper, partitions]) {
    starts.fill(0);
    for (let index = 0; index < keys.length; index++) starts[keys[index]!]!++;
    let start = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const size = starts[bucket]!;
      starts[bucket] = start;
      start += size;
    }
    for (let index = 0; index < order.length; index++) {
      const item = order[index]!;
      next[starts[keys[item]!]!++] = item;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** Puts records with the same key in order and drops twins, in place. Returns how many are left. */
function orderTies(order: Uint32Array, keys: Keys, records: Buffer, layout: Layout): number {
  let kept = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && isTie(keys, order[from]!, order[to]!)) to++;
    if (to === from + 1) order[kept++] = order[from]!;
    else for (const index of uniqueOf(order.subarray(from, to), records, layout)) order[kept++] = index;
    from = to;
  }
  return kept;
}

function isTie({ partitions, upper, lower }: Keys, a: number, b: number): boolean {
  return lower[a] === lower[b] && upper[a] === upper[b] && partitions[a] === partitions[b];
}

/** Of those with the same keys, almost always two twins. */
function uniqueOf(indexes: Uint32Array, records: Buffer, layout: Layout): Uint32Array {
  const { recordBytes, compare, merge } = layout;
  const order = (a: number, b: number) => compare(records, a * recordBytes, records, b * recordBytes);
  if (indexes.length > 2 || order(indexes[0]!, indexes[1]!) > 0) indexes.sort(order);
  let kept = 0;
  for (const index of indexes) {
    const before = indexes[kept - 1];
    // The first of the twins stays, with all that any of them knows.
    if (before !== undefined && order(before, index) === 0)
      merge(records, before * recordBytes, records, index * recordBytes);
    else indexes[kept++] = index;
  }
  return indexes.subarray(0, kept);
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
