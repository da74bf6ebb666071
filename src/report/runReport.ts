import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { describeError } from './describeError.ts';
import { statusOfRun } from './exitCodes.ts';
import type { ReportedError, RunReport, SyncReport } from './report.ts';

export interface RunStart {
  /** Unique, and sorts by time. Names of uploaded files begin with it. */
  runId: string;
  startedMs: number;
}

export function startRun(clock: Clock): RunStart {
  const startedMs = clock.now();
  const time = isoTime(startedMs).replace(/[-:]|\.\d+/g, '');
  return { runId: `${time}-${randomBytes(4).toString('hex')}`, startedMs };
}

export interface RunEnd {
  finishedMs: number;
  error: ReportedError | null;
  /** True if a sync completed an earlier run's plan. */
  resumed: boolean;
  syncs: SyncReport[];
}

export function reportRun({ runId, startedMs }: RunStart, { finishedMs, error, resumed, syncs }: RunEnd): RunReport {
  return {
    runId,
    status: statusOfRun(error, syncs),
    startedAt: isoTime(startedMs),
    finishedAt: isoTime(finishedMs),
    resumed,
    error,
    syncs,
  };
}

/** The report of a command that failed before any sync could start. */
export function reportWithoutRun(thrown: unknown, clock: Clock): RunReport {
  const start = startRun(clock);
  return reportRun(start, {
    finishedMs: start.startedMs,
    error: describeError(thrown),
    resumed: false,
    syncs: [],
  });
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
