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
