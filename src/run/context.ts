import type { LimitFunction } from 'p-limit';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { Destination } from '../destinations/destination.ts';
import type { Journal } from '../journal/journal.ts';
import type { RejectsFile } from '../members/rejectsFile.ts';
import type { Workers } from '../members/workers.ts';
import type { SharedReads } from '../reading/sharedReads.ts';
import type { Suppressions } from '../reading/suppressions.ts';
import type { Progress } from '../report/progress.ts';
import type { SyncReport } from '../report/report.ts';
import type { KeptStdin } from '../sources/files/stdin.ts';
import type { MemoryPlan } from '../system/memory.ts';

/** What it takes to read sources. */
export interface ReadingContext {
  config: Config;
  workers: Workers;
  /** Reading takes memory: few sources are read at the same time. */
  readLimit: LimitFunction;
  memory: MemoryPlan;
  stdin: KeptStdin;
  /** Where every reject is listed, if anywhere. */
  rejectsFile: RejectsFile | undefined;
  workDirectory: string;
  signal: AbortSignal;
  progress: Progress;
}

/** What the syncs of a run share. */
export interface RunContext extends ReadingContext {
  runId: string;
  /** `preview` stops before the first upload; `resume` ends what earlier runs left, and no more. */
  command: 'sync' | 'preview' | 'resume';
  /** Whether to follow LINE's jobs to their end. */
  wait: boolean;
  /** `--restart`: give up what earlier runs left. */
  isToRestart: boolean;
  /** `--full`: send the whole set. */
  isFull: boolean;
  /** `--approve`: ids of plans that may remove more than `guards.maxShrink` allows. */
  approved: readonly string[];
  destination: Destination;
  /** In a preview it is only read. */
  journal: Journal;
  reads: SharedReads;
  suppressions: Suppressions;
  /** Throws when another sync of this run has the audience already. */
  claimAudience(id: string, syncName: string): void;
  clock: Clock;
}

export interface SyncOutcome {
  report: SyncReport;
  /** Whether it is an earlier run's plan that was brought to its end. */
  isResumed: boolean;
}
