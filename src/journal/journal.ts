import type { DeliveredBatch } from '../report/batches.ts';
import type { RunReport } from '../report/report.ts';
import type { KeptSets } from './keptSets.ts';
import type { NewPlan, RecordedPlan } from './plans.ts';
import type { CursorRecord, Snapshot } from './snapshots.ts';

/** A sync of an account: the owner of plans, a snapshot and refusals. */
export interface SyncKey {
  /** Platform and account, such as `line_ads:A12345678901`. */
  accountId: string;
  syncName: string;
}

/** A run as `status` shows it. A run without a report is still at work, or was killed. */
export interface RecordedRun {
  runId: string;
  command: string;
  startedMs: number;
  report: RunReport | null;
}

/** A Mirror that a guard refused for the members that it would remove. It can be approved. */
export interface Refusal extends SyncKey {
  planId: string;
  audienceId: string;
  /** The snapshot's keyed digest; null without one. */
  snapshot: string | null;
  removes: number;
}

/**
 * The durable record of runs. Every store keeps these promises:
 *
 * - A call is durable when it resolves. All that it records is recorded together or not at all.
 * - Calls may overlap. Each reads its arguments when it is made, and calls take effect in the order in which they are made.
 * - A call rejects with a `state.*` error when the system refuses it or the record is damaged. Any other error is a fault
 *   of the program. A rejected call does not affect the others.
 * - Disposal waits for the calls in flight. Later calls reject.
 * - A process may be killed at any moment. The next one to open the record finds every call that had resolved.
 * - The record holds no identifier, and no digest that identifies one without the record's key.
 */
export interface Journal extends AsyncDisposable {
  /** A kept set stays until no unfinished plan or snapshot needs it. Before its plan has begun, it stays, too. */
  sets: KeptSets;
  /** Returns the HMAC-SHA-256 under the random key of this record, as hex. */
  keyed(text: string): string;

  beginRun(run: Omit<RecordedRun, 'report'>): Promise<void>;
  endRun(runId: string, report: RunReport): Promise<void>;
  /** Newest first, in the order in which they began. */
  lastRuns(count: number): Promise<RecordedRun[]>;

  /** Returns the plan of a sync that has not ended. An upload that was in flight when its process ended is `unknown`. */
  unfinishedPlan(key: SyncKey): Promise<RecordedPlan | undefined>;
  /** Rejects while the sync has an unfinished plan. */
  beginPlan(plan: NewPlan): Promise<RecordedPlan>;
  /** Also empties the plan's `unplanned`. */
  noteUploadsBefore(plan: RecordedPlan, ids: readonly string[]): Promise<void>;
  /** Called before an upload is sent: from then on the audience may differ from the snapshot. */
  noteIntent(plan: RecordedPlan, batch: DeliveredBatch): Promise<void>;
  /** Records the batch, and the plan's audience. */
  noteAnswer(plan: RecordedPlan, batch: DeliveredBatch): Promise<void>;
  /** Records the batches, and the plan's `uploadsListed` and `unplanned`. */
  noteUploads(plan: RecordedPlan, batches: readonly DeliveredBatch[]): Promise<void>;
  /** Ends a plan, replaces the snapshot of its sync (or removes it) and forgets the sync's refusals. */
  succeed(plan: RecordedPlan, snapshot: Snapshot | undefined): Promise<void>;
  giveUp(plan: RecordedPlan, outcome: 'failed' | 'abandoned'): Promise<void>;

  snapshot(key: SyncKey): Promise<Snapshot | undefined>;
  forgetSnapshot(key: SyncKey): Promise<void>;
  /** Moves the snapshot's cursor, when the new rows hold no new member. */
  noteCursor(key: SyncKey, cursor: CursorRecord): Promise<void>;

  /** Replaces an earlier refusal of the same plan. */
  refuse(refusal: Refusal): Promise<void>;
  refusals(key: SyncKey): Promise<Refusal[]>;

  /** Gives up plans that no run has asked for in a month, and removes old runs and the sets that nothing needs. */
  tidy(nowMs: number): Promise<void>;
}
