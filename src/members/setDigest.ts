import { createHash, hash } from 'node:crypto';
import { partitionCount } from './blocks.ts';
import type { Layout } from './layout.ts';
import type { MemberSet } from './memberSet.ts';

/** Takes the records of a set in order, and ends with the digest that `SealedSet` explains. */
export interface SetDigest {
  add(records: Uint8Array): void;
  end(): string;
}

const digestOfNone = hash('sha256', new Uint8Array(0));

export function createSetDigest(layout: Layout): SetDigest {
  const all = createHash('sha256');
  let partition = 0;
  let current = createHash('sha256');

  function endPartition(next: number): void {
    all.update(current.digest('hex'));
    for (let empty = partition + 1; empty < next; empty++) all.update(digestOfNone);
    partition = next;
    current = createHash('sha256');
  }

  return {
    add(records) {
      for (let start = 0; start < records.length; ) {
        const next = layout.partitionOf(records, start);
        if (next !== partition) endPartition(next);
        const end = endOfPartition(records, start, layout);
        current.update(records.subarray(start, end));
        start = end;
      }
    },
    end() {
      endPartition(partitionCount);
      return all.digest('hex');
    },
  };
}

/** Where the partition that begins at `start` ends: sorted records are searched by halves. */
function endOfPartition(records: Uint8Array, start: number, { recordBytes, partitionOf }: Layout): number {
  const partition = partitionOf(records, start);
  let low = start / recordBytes;
  let high = records.length / recordBytes;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (partitionOf(records, middle * recordBytes) === partition) low = middle + 1;
    else high = middle;
  }
  return low * recordBytes;
}

/** The digest of what a set's file holds now: another one than when it was written means that it was damaged. */
export async function digestSet(set: MemberSet, layout: Layout): Promise<string> {
  const digest = createSetDigest(layout);
  for await (const records of set.read(0, set.count)) digest.add(records);
  return digest.end();
}
