import type { Clock } from '../clock.ts';
import type { Config, SyncConfig } from '../config/schema.ts';
import type { Audience, Destination } from '../destinations/destination.ts';
import type { Journal, SyncKey } from '../journal/journal.ts';
import type { Workers } from '../members/workers.ts';
import type { Progress } from '../report/progress.ts';

/** The part of a sync's run that planning uses. */
export interface PlanningRun {
  runId: string;
  /** `preview` ends before the first upload. `resume` finishes earlier runs and reads no source. */
  command: 'sync' | 'preview' | 'resume';
  config: Config;
  sync: SyncConfig;
  key: SyncKey;
  /** Undefined while the audience has yet to be created. */
  audience: Audience | undefined;
  destination: Pick<Destination, 'capabilities' | 'uploadsTo' | 'labelOf' | 'maxOverheadBytes'>;
  journal: Journal;
  /** `--full`: the whole set is sent. */
  isFull: boolean;
  /** `--approve`: ids of plans that may remove more than `guards.maxShrink` allows. */
  approved: readonly string[];
  workers: Workers;
  progress: Progress;
  clock: Clock;
  signal: AbortSignal;
}
