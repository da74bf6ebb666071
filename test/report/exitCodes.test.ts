import { describe, expect, test } from 'vitest';
import { type ErrorCode, type ExitCode, exitCodeByError, exitCodePrecedence, SyncError } from '../../src/errors.ts';
import { describeError } from '../../src/report/describeError.ts';
import { exitCodeOfRun, statusOfError, statusOfRun } from '../../src/report/exitCodes.ts';
import {
  type ReportedError,
  type RunReport,
  type Status,
  type SyncReport,
  startSyncReport,
} from '../../src/report/report.ts';
import { syncOf } from '../setup/memberSetup.ts';

function errorOf(code: ErrorCode): ReportedError {
  return describeError(new SyncError(code, 'it failed', 'mend it'));
}

function syncReport(status: Status, code?: ErrorCode): SyncReport {
  return {
    ...startSyncReport(syncOf({ identifierType: 'email' })),
    status,
    error: code === undefined ? null : errorOf(code),
  };
}

function runReport(syncs: SyncReport[], code?: ErrorCode): RunReport {
  const error = code === undefined ? null : errorOf(code);
  return { runId: '', status: statusOfRun(error, syncs), startedAt: '', finishedAt: '', resumed: false, error, syncs };
}

describe('the status of a sync that broke', () => {
  test.each<[ErrorCode, Status, ExitCode]>([
    ['internal', 'failed', 70],
    ['state.not_writable', 'failed', 73],
    ['state.disk_full', 'failed', 73],
    ['config.invalid', 'failed', 78],
    ['audience.not_found', 'failed', 78],
    ['audience.ambiguous', 'failed', 78],
    ['auth.failed', 'failed', 77],
    ['auth.not_permitted', 'failed', 77],
    ['source.malformed', 'failed', 66],
    ['source.not_select', 'failed', 66],
    ['identifiers.none', 'refused', 65],
    ['guard.empty_mirror', 'refused', 65],
    ['guard.min_members', 'refused', 65],
    ['guard.max_rejected', 'refused', 65],
    ['upload.refused', 'failed', 1],
    ['job.failed', 'failed', 1],
    ['line.unreachable', 'failed', 69],
    ['line.rate_limited', 'pending', 75],
    ['line.replace_refused', 'pending', 75],
    ['line.retries_exhausted', 'pending', 75],
    ['jobs.timeout', 'pending', 75],
    ['run.interrupted', 'pending', 75],
    ['state.locked', 'pending', 75],
    ['usage', 'failed', 64],
  ])('by %s is %s, and the run exits with %i', (code, status, exitCode) => {
    expect(statusOfError(errorOf(code))).toBe(status);
    expect(exitCodeOfRun(runReport([syncReport(status, code)]))).toBe(exitCode);
    expect(exitCodeOfRun(runReport([], code))).toBe(exitCode);
    expect(exitCodeOfRun(runReport([syncReport('succeeded'), syncReport(status, code), syncReport('planned')]))).toBe(
      exitCode,
    );
  });
});

describe('a run of several syncs', () => {
  test.each<[Status, ExitCode, SyncReport[]]>([
    ['succeeded', 0, [syncReport('succeeded'), syncReport('nothing_to_do')]],
    ['nothing_to_do', 0, [syncReport('nothing_to_do')]],
    ['planned', 0, [syncReport('nothing_to_do'), syncReport('planned')]],
    ['pending', 0, [syncReport('succeeded'), syncReport('pending')]],
    ['pending', 75, [syncReport('pending'), syncReport('pending', 'jobs.timeout')]],
    ['failed', 1, [syncReport('pending', 'jobs.timeout'), syncReport('failed', 'job.failed')]],
    ['partial', 1, [syncReport('failed', 'upload.refused'), syncReport('partial', 'job.failed')]],
    ['refused', 65, [syncReport('failed', 'job.failed'), syncReport('refused', 'guard.empty_mirror')]],
    ['failed', 66, [syncReport('refused', 'guard.empty_mirror'), syncReport('failed', 'source.malformed')]],
    ['failed', 77, [syncReport('failed', 'source.malformed'), syncReport('failed', 'auth.failed')]],
    ['failed', 78, [syncReport('failed', 'auth.failed'), syncReport('failed', 'audience.not_found')]],
    ['failed', 73, [syncReport('failed', 'audience.not_found'), syncReport('failed', 'state.disk_full')]],
    ['failed', 70, [syncReport('failed', 'state.disk_full'), syncReport('failed', 'internal')]],
    ['failed', 69, [syncReport('pending', 'run.interrupted'), syncReport('failed', 'line.unreachable')]],
    ['failed', 1, [syncReport('failed', 'line.unreachable'), syncReport('failed', 'job.failed')]],
  ])('is %s and exits with %i', (status, exitCode, syncs) => {
    for (const order of [syncs, syncs.toReversed()]) {
      expect(runReport(order).status).toBe(status);
      expect(exitCodeOfRun(runReport(order))).toBe(exitCode);
    }
  });

  test('exits by its own error where that comes first', () => {
    expect(runReport([], 'state.locked').status).toBe('pending');
    expect(exitCodeOfRun(runReport([syncReport('succeeded')], 'state.locked'))).toBe(75);
    expect(exitCodeOfRun(runReport([syncReport('failed', 'auth.failed')], 'state.locked'))).toBe(77);
  });

  test('every error has a place in the order of exit codes', () => {
    for (const code of Object.values(exitCodeByError)) expect(exitCodePrecedence).toContain(code);
    expect(exitCodePrecedence.at(-1)).toBe(0);
  });
});
