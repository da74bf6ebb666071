import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { IdentifyRules } from '../identifiers/identify.ts';
import type { Chunk } from '../sources/source.ts';
import * as identifying from './identifyChunk.ts';
import * as sealing from './sealPartitions.ts';

/*
 * What the worker threads of `workers.ts` do. Results are handed over, not copied.
 */

export function identifyChunk({ chunk, rules }: { chunk: Chunk; rules: IdentifyRules }) {
  const identified = identifying.identifyChunk(chunk, rules);
  return handOver(identified, identified.records.buffer);
}

export function sealPartitions(task: sealing.SealPartitions) {
  const records = sealing.sealPartitions(task);
  return handOver(records, records.buffer);
}

function handOver<T>(value: T, memory: ArrayBuffer) {
  return move({ [transferableSymbol]: [memory], [valueSymbol]: value } as never);
}
