import type { IdentifierType } from '../identifiers/rules.ts';
import { type Block, readBlocks } from './blocks.ts';
import { layoutOf } from './layout.ts';
import { sortUnique } from './sortRecords.ts';

export interface SealPartitions {
  /** Where the blocks are, for messages. */
  directory: string;
  identifierType: IdentifierType;
  recordBytes: number;
  /** The same partitions of every block. */
  blocks: readonly Block[];
  /** Takes the sorted records; large enough for all of them. */
  memory: SharedArrayBuffer;
}

/** Writes the records of some blocks to `memory`, sorted and each member once. Returns how many bytes those are. */
export function sealPartitions({ identifierType, recordBytes, blocks, memory }: SealPartitions): number {
  return sortUnique(readBlocks(blocks), layoutOf(identifierType, recordBytes), Buffer.from(memory));
}
