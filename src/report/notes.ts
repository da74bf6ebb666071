import type { Audience, Words } from '../destinations/destination.ts';
import type { ReadCounts, RejectAccount } from '../members/readMembers.ts';
import type { DeliveredBatch, Remote } from './batches.ts';
import { describeError } from './describeError.ts';
import { statusOfError } from './exitCodes.ts';
import type { BatchReport, PlanAction, SyncReport, Warning } from './report.ts';

/*
 * Facts that the stages of a sync return, as fields of its report. Each function returns a new report.
 */

export function noteAudience(report: SyncReport, { id, name, status, estimatedSize }: Audience): SyncReport {
  return { ...report, audience: { ...report.audience, id, name, status, estimatedSize } };
}

export function noteWarnings(report: SyncReport, warnings: readonly Warning[]): SyncReport {
  return { ...report, warnings: [...report.warnings, ...warnings] };
}

/** The result of reading the source to its end. */
export interface ReadFacts extends RejectAccount {
  counts: ReadCounts & { suppressed: number };
  /** The upload lines of all members. */
  lines: { count: number };
}

export function noteRead(report: SyncReport, { counts, lines, rejects, rejectExamples }: ReadFacts): SyncReport {
  return { ...report, counts: { ...report.counts, ...counts, lines: lines.count }, rejects, rejectExamples };
}

export interface PlanFacts {
  id: string;
  action: PlanAction;
  /** Members, against the snapshot. Undefined without one. */
  difference: { added: number; removed: number; unchanged: number } | undefined;
  /** The lines of the batches. */
  lines: { count: number };
  batches: readonly unknown[];
  warnings: readonly Warning[];
}

/** Requests of a plan beside its uploads, at least: one list of the audience's uploads before them and one after. */
const listRequests = 2;

export function notePlan(report: SyncReport, plan: PlanFacts): SyncReport {
  const { id, action, difference } = plan;
  const batches = plan.batches.length;
  const requests = batches === 0 ? 0 : batches + listRequests;
  const { added = null, unchanged = null } = difference ?? {};
  // Members that have left the source of an Add stay in the audience.
  const removed = (report.mode === 'add' ? difference && 0 : difference?.removed) ?? null;
  return noteWarnings(
    {
      ...report,
      plan: { id, action, added, removed, unchanged, batches, requests },
      counts: { ...report.counts, plannedLines: action === 'nothing' ? 0 : plan.lines.count },
      remoteBatches: { ...report.remoteBatches, total: batches },
    },
    plan.warnings,
  );
}

/** The state of a plan at the destination. */
export interface DeliveryFacts {
  batches: readonly DeliveredBatch[];
  /** Null while the audience has yet to be created. */
  audienceId: string | null;
  audienceCreated: boolean;
  remote: Remote;
  remoteBatches: { done: number; total: number };
  warnings: readonly Warning[];
}

/** `words` are those of the destination. */
export function noteDelivery(report: SyncReport, delivery: DeliveryFacts, words: Words): SyncReport {
  const { batches, audienceId, audienceCreated, remote, remoteBatches, warnings } = delivery;
  const accepted = batches.filter(({ fate }) => fate === 'accepted');
  const uploaded = accepted.reduce((sum, { planned }) => sum + planned.end - planned.start, 0);
  return noteWarnings(
    {
      ...report,
      audience: { ...report.audience, id: audienceId ?? report.audience.id, created: audienceCreated },
      counts: { ...report.counts, uploaded },
      batches: batches.map((batch) => reportBatch(batch, words)),
      remote,
      remoteBatches,
    },
    warnings,
  );
}

/** A batch in the destination's words. */
function reportBatch({ planned, attempts, upload }: DeliveredBatch, { action }: Words): BatchReport {
  const id = upload === null ? null : Number(upload.id);
  return {
    index: planned.index,
    action: action[planned.action],
    records: planned.end - planned.start,
    bytes: planned.bytes,
    file: planned.label,
    jobId: id === null || Number.isSafeInteger(id) ? id : (upload?.id ?? null),
    jobStatus: upload?.status ?? null,
    audienceCount: upload?.processed ?? null,
    attempts,
  };
}

/** Continues the report of an earlier run's plan, with the audience as this run sees it. */
export function noteEarlierReport(report: SyncReport, earlier: SyncReport): SyncReport {
  return {
    ...report,
    ...earlier,
    audience: { ...earlier.audience, ...report.audience },
    warnings: [...report.warnings, ...earlier.warnings],
  };
}

/** Ends the report with an error. Facts that were noted before stay. */
export function noteError(report: SyncReport, thrown: unknown): SyncReport {
  const error = describeError(thrown);
  const status = statusOfError(error);
  return { ...report, error, status: status === 'failed' && report.remote === 'partial' ? 'partial' : status };
}
