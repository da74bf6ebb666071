import type { LimitFunction } from 'p-limit';
import type { Config } from '../config/schema.ts';
import type { RejectsFile } from '../members/rejectsFile.ts';
import type { Workers } from '../members/workers.ts';
import type { Progress } from '../report/progress.ts';
import type { KeptStdin } from '../sources/files/stdin.ts';
import type { MemoryPlan } from '../system/memory.ts';

/** The resources of a run that reading sources uses. All syncs share them. */
export interface ReadingContext {
  config: Config;
  workers: Workers;
  /** Limits the sources that are read at the same time, since reading takes memory. */
  readLimit: LimitFunction;
  memory: MemoryPlan;
  stdin: KeptStdin;
  /** Lists every reject. Undefined if no file is configured. */
  rejectsFile: RejectsFile | undefined;
  workDirectory: string;
  signal: AbortSignal;
  progress: Progress;
}
