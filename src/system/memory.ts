import { availableParallelism } from 'node:os';
import { readRoom, workersThatFit } from './processLimits.ts';

/** The distribution of a run's memory. */
export interface MemoryPlan {
  /** DuckDB's memory limit while it reads. It spills more data to the disk. */
  duckdbBytes: number;
  /** Approximate memory limit of sorting, over all threads. */
  sortingBytes: number;
  /** Threads that identify and sort, besides the main one. 0 if the limits of the system leave no room for any. */
  threads: number;
  /** Number of sources that are read at the same time. */
  reads: number;
}

const mebibyte = 1024 * 1024;

/** The limit if neither the user nor the system sets one. */
const defaultBytes = 640 * mebibyte;
/** The memory that every run needs. */
export const minMemoryBytes = 256 * mebibyte;

/** Memory of the program with DuckDB loaded, and of each thread that works on data. */
const programBytes = 150 * mebibyte;
const bytesForThread = 120 * mebibyte;
const maxThreads = 8;
/** Without a limit, the system reports a value above this, which no machine has. */
const noLimitBytes = 2 ** 50;

/**
 * Distributes the memory limit: the requested bytes, else the limit of the container (cgroup), else a default. A small
 * address space lowers the limit.
 */
export function planMemory(requestedBytes?: number, room = readRoom()): MemoryPlan {
  const limit = Math.min(requestedBytes ?? containerBytes() ?? defaultBytes, programBytes + room.addressBytes / 2);
  const forData = Math.max(limit - programBytes, 100 * mebibyte);
  return {
    duckdbBytes: clamp(forData / 4, 64 * mebibyte, 1024 * mebibyte),
    sortingBytes: clamp(forData / 4, 24 * mebibyte, 256 * mebibyte),
    reads: forData < 400 * mebibyte ? 1 : 2,
    threads: Math.min(
      clamp(Math.floor(forData / bytesForThread), 1, Math.min(availableParallelism(), maxThreads)),
      workersThatFit(room),
    ),
  };
}

/** Reads "512m", "1.5g" or "700MiB" (a mebibyte has 1,048,576 bytes, as in Docker's sizes); undefined for any other text. */
export function readMemorySize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([mg])(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * mebibyte * (match[2]!.toLowerCase() === 'g' ? 1024 : 1);
  return Math.floor(bytes);
}

/** Returns the memory limit of the process's cgroup, or undefined without one. */
function containerBytes(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < noLimitBytes ? limit : undefined;
}

function clamp(value: number, min: number, max: number): number {
  return Math.floor(Math.min(Math.max(value, min), max));
}
