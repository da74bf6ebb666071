import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { IdentifyRules } from '../identifiers/identify.ts';
import type { Chunk } from '../sources/source.ts';
import { guardState } from '../stateErrors.ts';
import type { Block } from './blocks.ts';
import type { IdentifiedChunk } from './identifyChunk.ts';
import type { SealPartitions } from './sealPartitions.ts';
import { shareChunk, sharedBytes } from './shareChunk.ts';
import { createSharedMemory } from './sharedMemory.ts';

export interface IdentifyChunk {
  /** Copied at once: its memory may be used again. */
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
  /** Copied at once: their memory may be used again. */
  records: Uint8Array;
  recordBytes: number;
  directory: string;
}

/** An identified chunk whose records are on disk. */
export type IdentifiedBlock = Omit<IdentifiedChunk, 'records'> & { block: Block };

/** What work came to, or the code with which the system refused it ("ENOSPC"). */
export type Settled<T> = { value: T } | { code: string };

/** Sorted, each member once; in memory that is to be given back. */
export interface SortedRecords {
  records: Uint8Array;
  giveBack(): void;
}

/** Threads that do the counting work of a run. */
export interface Workers {
  /** How many pieces of work keep all threads busy. */
  parallelism: number;
  identifyChunk(task: IdentifyChunk): Promise<IdentifiedBlock>;
  collectDigests(task: CollectDigests): Promise<Block>;
  pairForms(task: CollectDigests): Promise<Block>;
  sealPartitions(task: Omit<SealPartitions, 'memory'>, bytes: number): Promise<SortedRecords>;
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

  const shared = createSharedMemory();

  async function settle<T>(name: string, task: object, directory: string): Promise<T> {
    const settled: Settled<T> = await pool.run(task, { name });
    if ('value' in settled) return settled.value;
    return guardState(directory, () => {
      throw Object.assign(new Error('a working file could not be written'), { code: settled.code });
    });
  }

  /** With a piece of memory that all threads see, for as long as the work takes. */
  async function withShared<T>(bytes: number, work: (memory: SharedArrayBuffer) => Promise<T>): Promise<T> {
    const memory = shared.take(bytes);
    const result = await work(memory);
    shared.giveBack(memory);
    return result;
  }

  function withRecords(name: string, task: CollectDigests): Promise<Block> {
    return withShared(task.records.length, (memory) => {
      const records = new Uint8Array(memory, 0, task.records.length);
      records.set(task.records);
      return settle(name, { ...task, records }, task.directory);
    });
  }

  return {
    parallelism: threads + 1,
    identifyChunk: (task) =>
      withShared(sharedBytes(task.chunk), (memory) =>
        settle('identifyChunk', { ...task, chunk: shareChunk(task.chunk, memory) }, task.directory),
      ),
    collectDigests: (task) => withRecords('collectDigests', task),
    pairForms: (task) => withRecords('pairForms', task),
    async sealPartitions(task, bytes) {
      const memory = shared.take(bytes);
      const length = await settle<number>('sealPartitions', { ...task, memory }, task.directory);
      return { records: new Uint8Array(memory, 0, length), giveBack: () => shared.giveBack(memory) };
    },
    close: () => pool.destroy(),
  };
}
