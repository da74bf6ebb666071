import type { Mode, SyncConfig } from '../config/schema.ts';
import type { Audience } from '../destinations/lineAds/schemas.ts';
import { type ErrorCode, type ExitCode, exitCodeByError, exitCodePrecedence, SyncError } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { ReadCounts, RejectAccount } from '../members/readMembers.ts';
import type { PlanAction, PlannedBatch } from '../planning/plan.ts';
import { limitFault } from '../system/processLimits.ts';

export type Status = 'succeeded' | 'nothing_to_do' | 'planned' | 'refused' | 'failed' | 'partial' | 'pending';

export interface ReportedError {
  code: ErrorCode;
  message: string;
  hint: string;
}

export interface BatchReport {
  index: number;
  action: 'ADD' | 'REPLACE';
  records: number;
  /** Of the file, without the form around it. */
  bytes: number;
  file: string;
  jobId: number | string | null;
  jobStatus: string | null;
  audienceCount: number | null;
  attempts: number;
}

export type Remote = 'complete' | 'untouched' | 'partial' | 'unknown';

/** What became of one sync; the README, "Report", explains the fields. */
export interface SyncReport extends RejectAccount {
  name: string;
  status: Status;
  mode: Mode;
  identifierType: IdentifierType;
  audience: {
    id: string | null;
    name: string | null;
    created: boolean;
    status: string | null;
    estimatedSize: string | null;
  };
  plan: {
    id: string;
    action: PlanAction;
    added: number | null;
    removed: number | null;
    unchanged: number | null;
    batches: number;
    requests: number;
  } | null;
  counts: ReadCounts & { suppressed: number; lines: number; plannedLines: number; uploaded: number };
  batches: BatchReport[];
  remote: Remote;
  remoteBatches: { done: number; total: number };
  warnings: { code: string; message: string }[];
  error: ReportedError | null;
}

export interface RunReport {
  runId: string;
  status: Status;
  startedAt: string;
  finishedAt: string;
  resumed: boolean;
  error: ReportedError | null;
  syncs: SyncReport[];
}

export function startSyncReport(sync: SyncConfig): SyncReport {
  return {
    name: sync.name,
    status: 'failed',
    mode: sync.mode,
    identifierType: sync.identifierType,
    audience: {
      id: sync.audienceId ?? null,
      name: sync.audienceName ?? null,
      created: false,
      status: null,
      estimatedSize: null,
    },
    plan: null,
    counts: {
      rows: 0,
      empty: 0,
      values: 0,
      rejected: 0,
      duplicates: 0,
      suppressed: 0,
      members: 0,
      lines: 0,
      plannedLines: 0,
      uploaded: 0,
    },
    rejects: {},
    rejectExamples: [],
    batches: [],
    remote: 'untouched',
    remoteBatches: { done: 0, total: 0 },
    warnings: [],
    error: null,
  };
}

export function noteAudience(report: SyncReport, { id, name, status, estimatedSize }: Audience): void {
  report.audience = { ...report.audience, id, name, status, estimatedSize };
}

export function startBatchReport(batch: PlannedBatch): BatchReport {
  return {
    index: batch.index,
    action: batch.action,
    records: batch.end - batch.start,
    bytes: batch.fileBytes,
    file: batch.fileName,
    jobId: null,
    jobStatus: null,
    audienceCount: null,
    attempts: 0,
  };
}

/** An error as it is reported. An unknown one is a fault of ours, and its text stays inside. */
export function describeError(thrown: unknown): ReportedError {
  const error = thrown instanceof SyncError ? thrown : (limitFault(thrown, 'The run') ?? thrown);
  if (error instanceof SyncError) {
    const message = error.message.charAt(0).toUpperCase() + error.message.slice(1);
    return { code: error.code, message, hint: error.hint };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? ` ${String(error.code)}` : '';
  return {
    code: 'internal',
    message: `A fault of line-ads-sync stopped the work (${kind}${code}${placeOf(error)}).`,
    hint: 'Please report it with this message; running again is safe.',
  };
}

/** Where in our code it happened: file names and lines of the stack hold nobody's data, messages may. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = /(?:src|dist)\/([\w/]+\.[jt]s:\d+)/.exec(stack)?.[1];
  return place === undefined ? '' : ` at ${place}`;
}

/** The exit code of one sync's end. `pending` is 0 only when it was asked for, and then there is no error. */
function exitCodeOf({ status, error }: { status: Status; error: ReportedError | null }): ExitCode {
  if (error !== null) return exitCodeByError[error.code];
  return status === 'failed' || status === 'partial' ? 1 : 0;
}

/** The first of the design's list that occurs among the run's own error and its syncs. */
export function exitCodeOfRun({ error, syncs }: RunReport): ExitCode {
  const own = error === null ? [] : [exitCodeByError[error.code]];
  const codes = [...own, ...syncs.map(exitCodeOf)];
  return exitCodePrecedence.find((code) => codes.includes(code)) ?? 0;
}

/** The status of the sync that decides the exit code; without trouble, the one that says most was done. */
export function statusOfRun(error: ReportedError | null, syncs: readonly SyncReport[]): Status {
  if (error !== null) return statusOfError(error);
  const deciding = exitCodePrecedence.find((code) => syncs.some((sync) => exitCodeOf(sync) === code));
  const statuses = syncs.filter((sync) => exitCodeOf(sync) === deciding).map(({ status }) => status);
  const order: Status[] = ['partial', 'failed', 'refused', 'pending', 'succeeded', 'planned', 'nothing_to_do'];
  return order.find((status) => statuses.includes(status)) ?? 'nothing_to_do';
}

/** What a sync that broke with this error is: refused by a guard, to be gone on with later, or failed. */
export function statusOfError(error: ReportedError): Status {
  switch (exitCodeOf({ status: 'failed', error })) {
    case 65:
      return 'refused';
    case 75:
      return 'pending';
    default:
      return 'failed';
  }
}
