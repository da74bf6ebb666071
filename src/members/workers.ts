import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { IdentifyRules } from '../identifiers/identify.ts';
import type { Chunk } from '../sources/source.ts';
import { guardState } from '../stateErrors.ts';
import type { Block } from './blocks.ts';
import type { IdentifiedChunk } from './identifyChunk.ts';
import type { SealedPartitions, SealPartitions } from './sealPartitions.ts';

export interface IdentifyChunk {
  /** Its memory goes to the worker. */
  chunk: Chunk;
  rules: IdentifyRules;
  /** Whether every reject is wanted, not only examples. */
  listsAll: boolean;
  recordBytes: number;
  /** Where the block is appended, to a file of the worker's. */
  directory: string;
}

/** Phones, to be taken apart into their forms. */
export interface CollectDigests {
  /** Its memory goes to the worker. */
  records: Uint8Array<ArrayBuffer>;
  recordBytes: number;
  directory: string;
}

/** An identified chunk whose records are on disk. */
export type IdentifiedBlock = Omit<IdentifiedChunk, 'records'> & { block: Block };

/** What work came to, or the code with which the system refused it ("ENOSPC"). */
export type Settled<T> = { value: T } | { code: string };

/** Threads that do the counting work of a run. */
export interface Workers {
  /** How many pieces of work keep all threads busy. */
  parallelism: number;
  identifyChunk(task: IdentifyChunk): Promise<IdentifiedBlock>;
  collectDigests(task: CollectDigests): Promise<Block>;
  pairForms(task: CollectDigests): Promise<Block>;
  sealPartitions(task: SealPartitions): Promise<SealedPartitions>;
  close(): Promise<void>;
}

export function createWorkers(threads = Math.min(availableParallelism(), 8)): Workers {
  const pool = new Piscina({
    // The same file as TypeScript in development and as JavaScript in dist/.
    filename: import.meta.url.replace(/workers(\.[jt]s)$/, 'worker$1'),
    // One starts at once, while the audience is looked up; the others when there is work for them.
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });

  async function settle<T>(name: string, task: { directory: string }, transferList: ArrayBuffer[]): Promise<T> {
    const settled: Settled<T> = await pool.run(task, { name, transferList });
    if ('value' in settled) return settled.value;
    return guardState(task.directory, () => {
      throw Object.assign(new Error('a working file could not be written'), { code: settled.code });
    });
  }

  return {
    parallelism: threads + 1,
    identifyChunk(task) {
      const memory = task.chunk.columns.flatMap(({ lines, rowIndex }) =>
        rowIndex === undefined ? [lines.buffer] : [lines.buffer, rowIndex.buffer],
      );
      if (task.chunk.key !== undefined) memory.push(task.chunk.key.buffer);
      return settle('identifyChunk', task, memory);
    },
    collectDigests: (task) => settle('collectDigests', task, [task.records.buffer]),
    pairForms: (task) => settle('pairForms', task, [task.records.buffer]),
    sealPartitions: (task) => settle('sealPartitions', task, []),
    close: () => pool.destroy(),
  };
}
