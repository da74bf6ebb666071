import type { Clock } from '../clock.ts';
import type { Destination } from '../destinations/destination.ts';
import type { Journal, SyncKey } from '../journal/journal.ts';
import type { ReadingContext } from '../reading/context.ts';
import type { SharedReads } from '../reading/sharedReads.ts';
import type { Suppressions } from '../reading/suppressions.ts';
import type { RunOptions } from './options.ts';

/** The resources and settings that all syncs of a run share. */
export interface RunContext extends ReadingContext {
  runId: string;
  command: RunOptions['command'];
  /** True if uploads are followed to their end. */
  wait: boolean;
  /** `--restart`: the unfinished plans of earlier runs are abandoned. */
  isToRestart: boolean;
  /** `--full`: the whole set is sent. */
  isFull: boolean;
  /** `--approve`: ids of plans that may remove more than `guards.maxShrink` allows. */
  approved: readonly string[];
  destinationOf(name: string): Destination;
  /** Only read in a preview. */
  journal: Journal;
  reads: SharedReads;
  suppressions: Suppressions;
  /** Throws if another sync of this run has the audience. */
  claimAudience(audienceId: string, sync: SyncKey): void;
  clock: Clock;
}
