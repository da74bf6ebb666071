import type { SyncConfig } from '../config/schema.ts';
import type { Audience, Destination } from '../destinations/destination.ts';
import type { SyncKey } from '../journal/journal.ts';
import { syncKeyOf } from '../journal/settings.ts';
import { type SyncReport, startSyncReport } from '../report/report.ts';
import type { RunContext } from './context.ts';

/** The run of one sync. Each stage declares the part that it uses. */
export interface SyncRun extends RunContext {
  sync: SyncConfig;
  key: SyncKey;
  destination: Destination;
  /** Undefined while it has yet to be looked up or created. */
  audience: Audience | undefined;
  /** The report so far. Only `runSync` replaces it. */
  report: SyncReport;
  /** True if the sync completes an earlier run's plan. */
  isResumed: boolean;
}

export function startSyncRun(sync: SyncConfig, context: RunContext): SyncRun {
  const report = startSyncReport(sync);
  return {
    ...context,
    sync,
    key: syncKeyOf(context.config, sync),
    destination: context.destinationOf(report.destination),
    audience: undefined,
    report,
    isResumed: false,
  };
}
