import type { Clock } from '../clock.ts';
import type { Destination } from '../destinations/destination.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { UploadLines } from '../members/uploadLines.ts';
import { type DeliveredBatch, isEnded } from '../report/batches.ts';
import type { WatchedPlan } from './uploadWatch.ts';

/** A plan to deliver, in the state in which an earlier run left it. */
export interface Deliverable extends WatchedPlan {
  /** Null until the audience is created. */
  audienceId: string | null;
  audienceCreated: boolean;
}

/** The record of each step. A step is durable when its call resolves. */
export interface DeliveryRecord {
  /** Records the uploads from before the plan, and empties its `unplanned`. */
  noteUploadsBefore(ids: readonly string[]): Promise<void>;
  noteIntent(batch: DeliveredBatch): Promise<void>;
  noteAnswer(batch: DeliveredBatch): Promise<void>;
  /** Records these batches, and the plan's `uploadsListed` and `unplanned`. */
  noteUploads(batches: readonly DeliveredBatch[]): Promise<void>;
}

export interface DeliveryOptions {
  destination: Destination;
  identifierType: IdentifierType;
  /** The name of an audience that is created. */
  audienceName: string;
  /** Whether uploads of others may add members. In Mirror they spoil the audience. */
  toleratesAdds: boolean;
  /** Reads the lines of the plan. */
  readLines: UploadLines['read'];
  jobs: JobsConfig;
  record: DeliveryRecord;
  clock: Clock;
  signal: AbortSignal;
  onProgress(done: DeliveryProgress): void;
}

export interface DeliveryProgress {
  uploaded: number;
  finished: number;
  total: number;
}

export function progressOf({ batches }: Pick<Deliverable, 'batches'>): DeliveryProgress {
  return {
    uploaded: batches.filter(({ fate }) => fate === 'accepted').length,
    finished: batches.filter(isEnded).length,
    total: batches.length,
  };
}
