import type { Piscina } from 'piscina';
import { memberWorkerFile } from '../assets.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { MemoryPlan } from '../system/memory.ts';
import { guardState } from '../system/stateErrors.ts';
import type { Block } from './blocks.ts';
import type { IdentifiedChunk, IdentifyOptions, ReaderChunk } from './identifyChunk.ts';
import type { SealPartitions } from './sealPartitions.ts';
import { shareChunk, sharedBytes } from './shareChunk.ts';
import { createSharedMemory } from './sharedMemory.ts';
import { collectDigests, identifyChunk, pairForms, sealPartitions } from './worker.ts';

export interface IdentifyChunk {
  /** Copied at once: its memory may be used again. */
  chunk: ReaderChunk;
  rules: IdentifyRules;
  options: IdentifyOptions;
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
  /** About how much memory sorting may take, over all threads; one group of partitions at a time is always sorted. */
  sortingBytes: number;
  identifyChunk(task: IdentifyChunk): Promise<IdentifiedBlock>;
  collectDigests(task: CollectDigests): Promise<Block>;
  pairForms(task: CollectDigests): Promise<Block>;
  sealPartitions(task: Omit<SealPartitions, 'memory'>, bytes: number): Promise<SortedRecords>;
  close(): Promise<void>;
}

const worker = { identifyChunk, collectDigests, pairForms, sealPartitions };

/** A call of a function of `worker.ts`. */
interface Work {
  name: keyof typeof worker;
  task: object;
  /** How much it has to do. */
  bytes: number;
}

const workedOffHereBytes = 512 * 1024;

async function startPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: memberWorkerFile.href,
    maxThreads: threads,
    idleTimeout: 60_000,
    // What a thread makes is short-lived or shared.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}

export function createWorkers({ threads, sortingBytes }: Pick<MemoryPlan, 'threads' | 'sortingBytes'>): Workers {
  const shared = createSharedMemory();
  let pool: Promise<Piscina> | undefined;
  let bytesSoFar = 0;

  /** Little work is done here: a thread takes longer to start than most runs to do their work. */
  async function run<T>({ name, task, bytes }: Work): Promise<Settled<T>> {
    bytesSoFar += bytes;
    const isDoneHere = threads === 0 || (pool === undefined && bytesSoFar <= workedOffHereBytes);
    if (isDoneHere) return worker[name](task as never) as Settled<T>;
    pool ??= startPool(threads);
    return (await pool).run(task, { name });
  }

  async function settle<T>(work: Work, directory: string): Promise<T> {
    const settled = await run<T>(work);
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

  function withRecords(name: 'collectDigests' | 'pairForms', task: CollectDigests): Promise<Block> {
    return withShared(task.records.length, (memory) => {
      const records = new Uint8Array(memory, 0, task.records.length);
      records.set(task.records);
      return settle({ name, task: { ...task, records }, bytes: records.length }, task.directory);
    });
  }

  return {
    parallelism: threads + 1,
    sortingBytes,
    identifyChunk(task) {
      const bytes = sharedBytes(task.chunk);
      return withShared(bytes, (memory) => {
        const chunk = shareChunk(task.chunk, memory);
        return settle({ name: 'identifyChunk', task: { ...task, chunk }, bytes }, task.directory);
      });
    },
    collectDigests: (task) => withRecords('collectDigests', task),
    pairForms: (task) => withRecords('pairForms', task),
    async sealPartitions(task, bytes) {
      const memory = shared.take(bytes);
      const length = await settle<number>({ name: 'sealPartitions', task: { ...task, memory }, bytes }, task.directory);
      return { records: new Uint8Array(memory, 0, length), giveBack: () => shared.giveBack(memory) };
    },
    close: async () => (await pool)?.destroy(),
  };
}
