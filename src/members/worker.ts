import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { systemErrorCode } from '../errors.ts';
import { kinds, recordBytesOf } from '../identifiers/kinds.ts';
import { appendBlock, type Block, readBlocks } from './blocks.ts';
import * as forms from './forms.ts';
import * as identifying from './identifyChunk.ts';
import { type Layout, layoutOf } from './layout.ts';
import { sortUnique } from './sortRecords.ts';
import type { FormsTask, IdentifiedBlock, IdentifyTask, SealTask, Settled } from './tasks.ts';

/*
 * The work of the threads that `workers.ts` starts.
 */

/** Identifies a chunk and appends the records of its members. */
export function identifyChunk({ chunk, rules, options, directory }: IdentifyTask): Settled<IdentifiedBlock> {
  return settle(() => {
    const { records, ...account } = identifying.identifyChunk(chunk, rules, options);
    return {
      ...account,
      block: append(records, layoutOf(kinds[rules.identifierType], recordBytesOf(rules)), directory),
    };
  });
}

/** Appends every form of some members as a record of its own. */
export function splitForms({ records, kind, recordBytes, directory }: FormsTask): Settled<Block> {
  const { keyBytes } = kind;
  return settle(() => append(forms.splitForms(records, { recordBytes, keyBytes }), layoutOf(kind), directory));
}

/** Appends every form behind the first of some members, each with the first. */
export function pairForms({ records, kind, recordBytes, directory }: FormsTask): Settled<Block> {
  const { keyBytes } = kind;
  return settle(() =>
    append(forms.pairForms(records, { recordBytes, keyBytes }), layoutOf(kind, 2 * keyBytes), directory),
  );
}

/** Writes the records of some blocks to `memory`, sorted and each member once. Returns their length in bytes. */
export function sealPartitions({ kind, recordBytes, blocks, memory }: SealTask): Settled<number> {
  return settle(() => sortUnique(readBlocks(blocks), layoutOf(kind, recordBytes), Buffer.from(memory)));
}

function append(records: Uint8Array, layout: Layout, directory: string): Block {
  return appendBlock(records, layout, join(directory, `unsorted-${threadId}`));
}

function settle<T>(work: () => T): Settled<T> {
  try {
    return { value: work() };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return { code };
  }
}
