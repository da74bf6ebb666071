import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { systemErrorCode } from '../errors.ts';
import { digestBytes } from '../identifiers/kinds.ts';
import { appendBlock, type Block } from './blocks.ts';
import * as identifying from './identifyChunk.ts';
import { digestLayout, layoutOf } from './layout.ts';
import { pairDigests, presentDigests } from './presentDigests.ts';
import * as sealing from './sealPartitions.ts';
import type { CollectDigests, IdentifiedBlock, IdentifyChunk, Settled } from './workers.ts';

/*
 * What the worker threads of `workers.ts` do.
 */

/** Identifies a chunk and appends its records to this thread's own file in `directory`. */
export function identifyChunk(task: IdentifyChunk): Settled<IdentifiedBlock> {
  const { chunk, rules, options, directory, recordBytes } = task;
  return settle(() => {
    const { records, ...account } = identifying.identifyChunk(chunk, rules, options);
    return { ...account, block: append(records, layoutOf(rules.identifierType, recordBytes), directory) };
  });
}

/** Appends every form of some phones as a record of its own. */
export function collectDigests({ records, recordBytes, directory }: CollectDigests): Settled<Block> {
  return settle(() => {
    const digests = presentDigests(records, recordBytes);
    return append(digests, digestLayout(), directory);
  });
}

/** Appends every form behind the first of some phones, each with the first. */
export function pairForms({ records, recordBytes, directory }: CollectDigests): Settled<Block> {
  return settle(() => append(pairDigests(records, recordBytes), digestLayout(2 * digestBytes), directory));
}

export function sealPartitions(task: sealing.SealPartitions): Settled<number> {
  return settle(() => sealing.sealPartitions(task));
}

function append(records: Uint8Array, layout: Parameters<typeof appendBlock>[1], directory: string): Block {
  return appendBlock(records, layout, join(directory, `unsorted-${threadId}`));
}

/** An error loses its code on the way between threads; what the system refused is told by its code instead. */
function settle<T>(work: () => T): Settled<T> {
  try {
    return { value: work() };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return { code };
  }
}
