import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { IdentifyRules } from '../identifiers/identify.ts';
import type { Chunk } from '../sources/source.ts';
import type { IdentifiedChunk } from './identifyChunk.ts';
import type { SealPartitions } from './sealPartitions.ts';

/** Threads that do the counting work of a run, started when the first work comes. */
export interface Workers {
  /** How many pieces of work keep all threads busy. */
  parallelism: number;
  /** Takes the memory of the chunk with it. */
  identifyChunk(chunk: Chunk, rules: IdentifyRules): Promise<IdentifiedChunk>;
  sealPartitions(task: SealPartitions): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export function createWorkers(threads = Math.min(availableParallelism(), 8)): Workers {
  const pool = new Piscina({
    // The same file as TypeScript in development and as JavaScript in dist/.
    filename: import.meta.url.replace(/workers(\.[jt]s)$/, 'worker$1'),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    parallelism: threads + 1,
    identifyChunk(chunk, rules) {
      const transferList = chunk.columns.flatMap(({ lines, rowIndex }) =>
        rowIndex === undefined ? [lines.buffer] : [lines.buffer, rowIndex.buffer],
      );
      return pool.run({ chunk, rules }, { name: 'identifyChunk', transferList });
    },
    sealPartitions: (task) => pool.run(task, { name: 'sealPartitions' }),
    close: () => pool.destroy(),
  };
}
