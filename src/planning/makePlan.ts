import { join } from 'node:path';
import { SyncError } from '../errors.ts';
import { kinds } from '../identifiers/kinds.ts';
import { isRefreshDue } from '../journal/lastUpload.ts';
import type { CursorRecord } from '../journal/snapshots.ts';
import type { SealedSet } from '../members/memberSet.ts';
import { collectLines, openUploadLines } from '../members/uploadLines.ts';
import { doubtWarnings } from '../reading/phoneCountry.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { Warning } from '../report/report.ts';
import { type Comparison, compareWithLast } from './compareWithLast.ts';
import { type Choice, choosePlan, type Plan, planUploads } from './plan.ts';
import type { PlanningRun } from './planningRun.ts';
import { planWarnings } from './planWarnings.ts';

/** A plan with all that guards and delivery need to know of it. */
export interface PreparedPlan extends Plan, Comparison {
  /** One record a line that is sent. */
  lines: SealedSet;
  /** The members that the audience holds, as far as they are ours, once the plan has succeeded. */
  next: SealedSet;
  /** Time of the last upload of the whole set, this plan's included. */
  fullMs: number;
  /** Ids of the audience's uploads, if the plan relies on there being no later ones. */
  uploadsBefore: readonly string[] | null;
  /** The end of the read, for a sync with a cursor. */
  cursor: CursorRecord | null;
  warnings: readonly Warning[];
}

/** Decides how to bring the audience to the desired members. Nothing is sent yet. */
export async function makePlan(run: PlanningRun, desired: DesiredMembers): Promise<PreparedPlan> {
  const { sync, audience, destination, clock } = run;
  run.progress.show(sync.name, { stage: 'comparing' });
  const comparison = await compareWithLast(run, desired);
  const { last, difference } = comparison;
  const isIncremental = desired.cursor !== undefined && desired.cursor.after !== null;
  if (isIncremental && last.known === undefined) throw changedMeanwhile(last.voidBecause);
  const { members, national, columns } = desired;
  const choice = choosePlan({
    mode: sync.mode,
    isNew: audience === undefined,
    members: members.count,
    difference,
    canReplace: destination.capabilities.canReplace,
    isRefreshDue: !isIncremental && isRefreshDue(last, run),
  });
  const plan = await cutPlan(run, desired, { ...comparison, ...choice });
  const warnings = [
    ...planWarnings({ ...plan, last, members, syncName: sync.name, nowMs: clock.now() }),
    ...doubtWarnings(national, columns.join(', ')),
  ];
  return { ...plan, ...comparison, warnings };
}

async function cutPlan(run: PlanningRun, desired: DesiredMembers, chosen: Comparison & Choice) {
  const { runId, sync, audience, destination, workers, signal } = run;
  const { last, difference, listed } = chosen;
  const kind = kinds[sync.identifierType];
  const isWhole = difference === undefined || chosen.sends === 'whole';
  const directory = join(desired.directory, 'difference-lines');
  const lines = isWhole ? desired.lines : await collectLines(difference.toSend, directory, { kind, workers, signal });
  const snapshot = last.known?.snapshot;
  const plan = planUploads({
    ...{ runId, sync, audience, destination },
    action: chosen.action,
    digests: { snapshot: snapshot?.set.keyedDigest ?? null, members: desired.members.digest },
    lines: openUploadLines(lines, kind),
  });
  return {
    ...plan,
    lines,
    next: (sync.mode === 'add' ? difference?.union : undefined) ?? desired.members,
    fullMs: isWhole || snapshot === undefined ? run.clock.now() : snapshot.fullMs,
    uploadsBefore: isWhole ? null : listed.map(({ id }) => id),
    cursor: cursorRecordOf(desired),
  };
}

function cursorRecordOf({ cursor }: DesiredMembers): CursorRecord | null {
  const value = cursor?.greatest ?? cursor?.after ?? null;
  return cursor === undefined || value === null ? null : { origin: cursor.origin, value };
}

/** An incremental read holds only the rows behind the cursor. Without the snapshot, the other members are unknown. */
function changedMeanwhile(because: string | undefined): SyncError {
  return new SyncError(
    'audience.changed',
    `The last snapshot became invalid while the source was read (${because ?? 'it was removed'}). Nothing was sent.`,
    'Run again: the next run reads all rows.',
  );
}
