import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SyncReport } from './report.ts';

/** Where a sync is. */
export interface Step {
  stage: string;
  done?: number;
  total?: number;
  unit?: string;
}

/** Shown on a terminal as bars, else logged now and then. */
export interface Progress {
  show(syncName: string, step: Step): void;
  end(syncName: string, report: SyncReport): void;
  close(): void;
}

/** How often a stage that goes on is logged again. */
const logEveryMs = 10_000;

/** Progress as log lines: each change of stage, and every ten seconds how far it has come. */
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
      if (error === null) log.info({ sync, status, counts }, 'sync ended');
      else log.error({ sync, status, counts, error }, 'sync ended');
    },
    close() {},
  };
}
