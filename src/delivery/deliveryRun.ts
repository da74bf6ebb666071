import type { Destination } from '../destinations/destination.ts';
import type { PlanningRun } from '../planning/planningRun.ts';

/** The part of a sync's run that delivery uses. */
export interface DeliveryRun
  extends Pick<
    PlanningRun,
    'runId' | 'command' | 'config' | 'sync' | 'key' | 'audience' | 'journal' | 'progress' | 'clock' | 'signal'
  > {
  destination: Destination;
  /** True if uploads are followed to their end. */
  wait: boolean;
  /** `--restart`: the unfinished plans of earlier runs are abandoned. */
  isToRestart: boolean;
}
