import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { SyncError } from '../../src/errors.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { NewPlan, RecordedPlan } from '../../src/journal/plans.ts';
import type { Snapshot } from '../../src/journal/snapshots.ts';
import { openMemberSet, type SealedSet } from '../../src/members/memberSet.ts';
import { type RunReport, startSyncReport } from '../../src/report/report.ts';
import { syncOf } from '../setup/memberSetup.ts';

export const key = { accountId: 'line_ads:A1', syncName: 'people' };

/** A name such as a run gives to a set that it keeps. */
export function keptName(name: string, kind: 'members' | 'lines'): string {
  return `20261129T000000Z-0123abcd-${name}.${kind}`;
}

/** A plan of some batches, with changes. */
export function planOf(changes: Partial<NewPlan> = {}, batches = 3): NewPlan {
  const runId = changes.runId ?? 'run-1';
  const syncName = changes.syncName ?? key.syncName;
  return {
    runId,
    ...key,
    membership: 'membership',
    origin: 'origin',
    planId: 'plan',
    plannedMs: 1_000,
    audienceId: '77',
    fullMs: 1_000,
    uploadsBefore: null,
    uploadsListed: [],
    unplanned: [],
    lines: { file: keptName(runId, 'lines'), recordBytes: 32, count: 2 * batches, keyedDigest: 'l' },
    next: { file: keptName(runId, 'members'), recordBytes: 32, count: 2 * batches, keyedDigest: 'm' },
    cursor: null,
    report: startSyncReport(syncOf({ identifierType: 'email' })),
    batches: Array.from({ length: batches }, (_, index) => ({
      index,
      action: index === 0 ? 'replace' : 'add',
      start: index * 2,
      end: index * 2 + 2,
      label: `${runId}-${syncName}-${index}.txt`,
      bytes: 130,
    })),
    ...changes,
  };
}

/** The report of a run that failed. */
export function runReport(): RunReport {
  return {
    runId: 'run-1',
    status: 'failed',
    startedAt: '2026-11-29T00:00:00.000Z',
    finishedAt: '2026-11-29T00:01:00.000Z',
    resumed: false,
    error: { code: 'line.unreachable', message: 'No.', hint: 'Again.' },
    syncs: [startSyncReport(syncOf({ identifierType: 'email' }))],
  };
}

/** Begins a run and its plan. */
export async function beginPlan(journal: Journal, runId = 'run-1', startedMs = 1_000): Promise<RecordedPlan> {
  await journal.beginRun({ runId, command: 'sync', startedMs });
  return journal.beginPlan(planOf({ runId, plannedMs: startedMs }));
}

export function snapshotOf(plan: RecordedPlan): Snapshot {
  return {
    planRow: plan.row,
    membership: 'membership',
    audienceId: '77',
    uploadId: '9',
    uploadsListed: ['9', '8'],
    takenMs: 2_000,
    fullMs: 1_000,
    set: plan.next,
    cursor: { origin: 'o', value: '2026-11-24' },
    isCurrent: true,
  };
}

/** A set as a run has just written it. */
export function sealSet(path: string, count = 3): SealedSet {
  const records = Array.from({ length: count }, (_, index) => String(index).padStart(8, '0')).join('');
  writeFileSync(path, records);
  const digest = createHash('sha256').update(records).digest('hex');
  return { ...openMemberSet({ path, recordBytes: 8, count }), digest };
}

/** The error code of a rejected promise. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.hint === '') throw new Error(`${error.code} has no hint`);
    return error.code;
  }
}
