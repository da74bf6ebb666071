import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SyncReport } from './report.ts';

/** The stage of a sync, and how much of it is done. */
export interface Step {
  stage: string;
  done?: number;
  total?: number;
  unit?: string;
}

/** Shows bars on a terminal, and log lines elsewhere. */
export interface Progress {
  show(syncName: string, step: Step): void;
  end(syncName: string, report: SyncReport): void;
  close(): void;
}

/** A stage that continues is logged again after this time. */
const logEveryMs = 10_000;

/** Logs each change of stage, and the progress of a stage every ten seconds. */
export function createLoggedProgress(log: Logger, clock: Clock): Progress {
  const logged = new Map<string, { stage: string; atMs: number }>();
  return {
    show(sync, { stage, ...step }) {
      const last = logged.get(sync);
      if (last?.stage === stage && clock.now() - last.atMs < logEveryMs) return;
      logged.set(sync, { stage, atMs: clock.now() });
      log.info({ sync, ...step }, stage);
    },
    end(sync, report) {
      const { status, counts, error } = report;
      if (error === null) log.info({ sync, status, counts }, 'Sync ended');
      else log.error({ sync, status, counts, error }, 'Sync ended');
    },
    close() {},
  };
}
