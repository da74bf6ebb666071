import type { DeliveredBatch, PlannedBatch } from '../report/batches.ts';
import type { SyncReport } from '../report/report.ts';
import type { KeptSet } from './keptSets.ts';
import type { CursorRecord } from './snapshots.ts';

/** The plan of a sync, as it is recorded before anything is sent. */
export interface NewPlan {
  runId: string;
  accountId: string;
  syncName: string;
  /** Keyed digests of `membershipSettings` and `originSettings`. */
  membership: string;
  origin: string;
  planId: string;
  plannedMs: number;
  /** Null while the audience has yet to be created. */
  audienceId: string | null;
  /** When the whole set was last sent, or is sent by this plan. `plan.fullRefreshDays` counts from it. */
  fullMs: number;
  /** The uploads that the audience had when the snapshot was compared with; null when the plan does not rely on one. */
  uploadsBefore: readonly string[] | null;
  /** The uploads that were listed last. */
  uploadsListed: readonly string[];
  /** Uploads that the plan does not account for, in words. */
  unplanned: readonly string[];
  /** One record per line of the batches. */
  lines: KeptSet;
  /** The members of ours that the audience holds once the plan has succeeded. */
  next: KeptSet;
  /** The cursor of the sync once the plan has succeeded. Null without a cursor. */
  cursor: CursorRecord | null;
  /** The report as it is when the plan is made. */
  report: SyncReport;
  batches: readonly PlannedBatch[];
}

/** A plan that has begun. Delivery keeps its batches, audience and uploads up to date, and records each change. */
export interface RecordedPlan extends Omit<NewPlan, 'batches'> {
  /** Its key in the journal. */
  row: number;
  audienceCreated: boolean;
  batches: DeliveredBatch[];
}
