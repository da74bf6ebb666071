import type { Clock } from '../clock.ts';
import type { SyncConfig } from '../config/schema.ts';
import type { Audience, Destination } from '../destinations/destination.ts';
import type { Journal, SyncKey } from '../journal/journal.ts';
import type { ReadingContext } from './context.ts';
import type { SharedReads } from './sharedReads.ts';

/** The part of a sync's run that reading uses. */
export interface ReadingRun extends Pick<ReadingContext, 'config' | 'workers' | 'signal'> {
  sync: SyncConfig;
  key: SyncKey;
  /** Undefined while the audience has yet to be created. */
  audience: Audience | undefined;
  destination: Pick<Destination, 'uploadsTo'>;
  journal: Journal;
  reads: SharedReads;
  /** `--full`: the whole set is read and sent. */
  isFull: boolean;
  clock: Clock;
}
