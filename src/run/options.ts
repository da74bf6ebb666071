import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { DestinationSurroundings } from '../destinations/destination.ts';
import type { RequestLog } from '../http/requestLog.ts';
import type { PlanningRun } from '../planning/planningRun.ts';
import type { Progress } from '../report/progress.ts';
import type { Warning } from '../report/report.ts';

export interface RunOptions {
  config: Config;
  command: PlanningRun['command'];
  detach?: boolean | undefined;
  restart?: boolean | undefined;
  full?: boolean | undefined;
  /** Ids of plans. */
  approve?: readonly string[] | undefined;
  /** Memory limit. Defaults to that of the container. */
  maxMemoryBytes?: number | undefined;
  /** Standard input, for a source that is read from there. */
  stdin: Readable;
  dispatcher: Dispatcher;
  /** Warnings from before the run, for the report. */
  warnings?: readonly Warning[];
  clock: Clock;
  log: RequestLog;
  progress: Progress;
  /** Aborted with a SyncError as its reason. */
  signal: AbortSignal;
  /** Creates the limiter of one account. */
  createLimiter?: NonNullable<DestinationSurroundings['createLimiter']>;
}
