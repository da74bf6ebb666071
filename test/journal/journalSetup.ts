import type { NewPlan } from '../../src/journal/plans.ts';
import { startSyncReport } from '../../src/report/report.ts';
import { syncOf } from '../setup/memberSetup.ts';

export const key = { accountId: 'A1', syncName: 'people' };

/** A name such as a run gives to a set that it keeps. */
export function keptName(name: string, kind: 'members' | 'lines'): string {
  return `20261129T000000Z-0123abcd-${name}.${kind}`;
}

/** A plan of some batches, to be changed as given. */
export function planOf(changes: Partial<NewPlan> = {}, batches = 3): NewPlan {
  const runId = changes.runId ?? 'run-1';
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
      action: index === 0 ? 'REPLACE' : 'ADD',
      start: index * 2,
      end: index * 2 + 2,
      fileName: `${runId}-people-${index}.txt`,
      fileBytes: 130,
    })),
    ...changes,
  };
}
