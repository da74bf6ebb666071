import { availableParallelism } from 'node:os';
import { readRoom, workersThatFit } from './processLimits.ts';

/** How the memory of a run is shared out. */
export interface MemoryPlan {
  /** What DuckDB may take for itself while it reads; what it needs beyond goes to the disk. */
  duckdbBytes: number;
  /** About what sorting may take, over all threads. */
  sortingBytes: number;
  /** Threads that identify and sort, besides the main one; 0 where the system leaves no room for any. */
  threads: number;
  /** How many sources are read at the same time. */
  reads: number;
}

const mebibyte = 1024 * 1024;

/** Where neither the user nor the system sets a limit. */
const usualBytes = 640 * mebibyte;
/** What a run needs, whatever it reads. */
export const leastMemoryBytes = 256 * mebibyte;

/** The program itself with DuckDB loaded, and what there should be for each thread that works on data. */
const programBytes = 150 * mebibyte;
const bytesForThread = 120 * mebibyte;
const mostThreads = 8;
/** Where there is no limit, the system tells one that no machine has. */
const noLimitBytes = 2 ** 50;

/**
 * Shares out `asked` bytes, or what the container may take (cgroup), or the usual; more than the usual is used only
 * where it was asked for or the container has it.
 */
export function planMemory(asked?: number, room = readRoom()): MemoryPlan {
  const limit = Math.min(asked ?? containerBytes() ?? usualBytes, programBytes + room.addressBytes / 2);
  const forData = Math.max(limit - programBytes, 100 * mebibyte);
  return {
    duckdbBytes: clamp(forData / 4, 64 * mebibyte, 1024 * mebibyte),
    sortingBytes: clamp(forData / 4, 24 * mebibyte, 256 * mebibyte),
    reads: forData < 400 * mebibyte ? 1 : 2,
    threads: Math.min(
      clamp(Math.floor(forData / bytesForThread), 1, Math.min(availableParallelism(), mostThreads)),
      workersThatFit(room),
    ),
  };
}

/** Reads "512m", "1.5g" or "700MiB" (a mebibyte has 1,048,576 bytes, as in Docker's sizes); undefined for all else. */
export function readMemorySize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([mg])(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * mebibyte * (match[2]!.toLowerCase() === 'g' ? 1024 : 1);
  return Math.floor(bytes);
}

/** The limit of the cgroup that the process is in; undefined where there is none worth the name. */
function containerBytes(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < noLimitBytes ? limit : undefined;
}

function clamp(value: number, least: number, most: number): number {
  return Math.floor(Math.min(Math.max(value, least), most));
}
