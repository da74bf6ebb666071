import { hash } from 'node:crypto';
import type { IdentifierType } from '../config.ts';
import { type Block, forEachPartition } from './blocks.ts';
import { layoutOf } from './layout.ts';
import { sortUnique } from './sortRecords.ts';

export interface SealPartitions {
  /** Where the blocks are, for messages. */
  directory: string;
  identifierType: IdentifierType;
  recordBytes: number;
  /** The same partitions of every block. */
  blocks: readonly Block[];
}

export interface SealedPartitions {
  /** Sorted, each member once, partition after partition. */
  records: Uint8Array<ArrayBuffer>;
  /** Hex SHA-256 of each partition's records. */
  digests: string[];
}

export function sealPartitions({
  identifierType,
  recordBytes,
  blocks,
}: Omit<SealPartitions, 'directory'>): SealedPartitions {
  const layout = layoutOf(identifierType, recordBytes);
  const most = blocks.reduce(
    (sum, { partitionBytes }) => sum + partitionBytes.reduce((all, bytes) => all + bytes, 0),
    0,
  );
  const sorted = Buffer.from(new ArrayBuffer(most));
  const digests: string[] = [];
  let length = 0;
  forEachPartition(blocks, (records) => {
    const start = length;
    length += sortUnique(records, layout, sorted.subarray(start));
    digests.push(hash('sha256', sorted.subarray(start, length)));
  });
  return { records: new Uint8Array(sorted.buffer, 0, length), digests };
}
