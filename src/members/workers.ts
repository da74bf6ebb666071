import type { Piscina } from 'piscina';
import { memberWorkerFile } from '../assets.ts';
import type { MemoryPlan } from '../system/memory.ts';
import { guardState } from '../system/stateErrors.ts';
import type { Block } from './blocks.ts';
import { shareChunk, sharedBytes } from './shareChunk.ts';
import { createSharedMemory } from './sharedMemory.ts';
import type { FormsTask, IdentifiedBlock, IdentifyTask, SealTask, Settled } from './tasks.ts';
import { identifyChunk, pairForms, sealPartitions, splitForms } from './worker.ts';

/** Sorted records, each member once. */
export interface SortedRecords {
  records: Uint8Array;
  /** Makes their memory free for other work. */
  giveBack(): void;
}

/** Threads for the work that takes processor time. */
export interface Workers {
  /** The number of tasks that keep all threads busy. */
  parallelism: number;
  /** Approximate memory limit of sorting, over all threads. One group of partitions at a time is always sorted. */
  sortingBytes: number;
  identifyChunk(task: IdentifyTask): Promise<IdentifiedBlock>;
  splitForms(task: FormsTask): Promise<Block>;
  pairForms(task: FormsTask): Promise<Block>;
  sealPartitions(task: Omit<SealTask, 'memory'>, bytes: number): Promise<SortedRecords>;
  close(): Promise<void>;
}

const worker = { identifyChunk, splitForms, pairForms, sealPartitions };

/** A call of a function of `worker.ts`. */
interface Work {
  name: keyof typeof worker;
  task: object;
  /** Size of the task. */
  bytes: number;
}

/** A run with fewer bytes of work starts no thread: starting one takes longer than the work. */
const maxBytesHere = 512 * 1024;

async function startPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: memberWorkerFile.href,
    maxThreads: threads,
    idleTimeout: 60_000,
    // The objects of a thread are short-lived, or on shared memory.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}

export function createWorkers({ threads, sortingBytes }: Pick<MemoryPlan, 'threads' | 'sortingBytes'>): Workers {
  const shared = createSharedMemory();
  let pool: Promise<Piscina> | undefined;
  let bytesSoFar = 0;

  async function run<T>({ name, task, bytes }: Work): Promise<Settled<T>> {
    bytesSoFar += bytes;
    const isDoneHere = threads === 0 || (pool === undefined && bytesSoFar <= maxBytesHere);
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

  /** Lends the work memory that all threads share, until it ends. */
  async function withShared<T>(bytes: number, work: (memory: SharedArrayBuffer) => Promise<T>): Promise<T> {
    const memory = shared.take(bytes);
    const result = await work(memory);
    shared.giveBack(memory);
    return result;
  }

  function withRecords(name: 'splitForms' | 'pairForms', task: FormsTask): Promise<Block> {
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
    splitForms: (task) => withRecords('splitForms', task),
    pairForms: (task) => withRecords('pairForms', task),
    async sealPartitions(task, bytes) {
      const memory = shared.take(bytes);
      const length = await settle<number>({ name: 'sealPartitions', task: { ...task, memory }, bytes }, task.directory);
      return { records: new Uint8Array(memory, 0, length), giveBack: () => shared.giveBack(memory) };
    },
    close: async () => (await pool)?.destroy(),
  };
}
