import type { Mode, SyncConfig } from '../config/schema.ts';
import type { ErrorCode } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { ReadCounts, RejectAccount } from '../members/readMembers.ts';
import type { Remote } from './batches.ts';

export type Status = 'succeeded' | 'nothing_to_do' | 'planned' | 'refused' | 'failed' | 'partial' | 'pending';

export interface ReportedError {
  code: ErrorCode;
  message: string;
  hint: string;
}

export interface BatchReport {
  index: number;
  /** The destination's word. */
  action: string;
  records: number;
  /** Size of the file, without the form around it. */
  bytes: number;
  file: string;
  jobId: number | string | null;
  jobStatus: string | null;
  audienceCount: number | null;
  attempts: number;
}

/** The effect of a plan on its audience. */
export type PlanAction = 'nothing' | 'create' | 'add' | 'replace';

export interface Warning {
  code: string;
  message: string;
}

/** The report of one sync. docs/report.md explains the fields. */
export interface SyncReport extends RejectAccount {
  name: string;
  status: Status;
  mode: Mode;
  identifierType: IdentifierType;
  /** Its name in the configuration. */
  destination: string;
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
  batches: readonly BatchReport[];
  remote: Remote;
  remoteBatches: { done: number; total: number };
  warnings: readonly Warning[];
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
    destination: sync.destination,
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
