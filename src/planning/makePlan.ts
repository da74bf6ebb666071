import { join } from 'node:path';
import type { SyncConfig } from '../config/schema.ts';
import type { Audience } from '../destinations/lineAds/schemas.ts';
import { SyncError } from '../errors.ts';
import { kinds } from '../identifiers/kinds.ts';
import { isRefreshDue } from '../journal/lastUpload.ts';
import type { CursorRecord } from '../journal/snapshots.ts';
import type { SealedSet } from '../members/memberSet.ts';
import { countSuppressed } from '../members/suppress.ts';
import { collectLines, openUploadLines } from '../members/uploadLines.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { SyncReport } from '../report/report.ts';
import type { RunContext } from '../run/context.ts';
import { type Comparison, compareWithLast } from './compareWithLast.ts';
import { guardShrink } from './guardShrink.ts';
import { checkGuards } from './guards.ts';
import { warnOfDoubt } from './phoneCountry.ts';
import { type Choice, choosePlan, type Plan, planUploads } from './plan.ts';
import { addPlanWarnings } from './planWarnings.ts';

/** A plan that no guard refuses, and what it takes to carry it out. */
export interface PreparedPlan extends Plan {
  /** One record a line that is sent. */
  lines: SealedSet;
  /** The members that LINE holds, as far as they are ours, once the plan has succeeded. */
  next: SealedSet;
  /** When the whole set was or is sent last. */
  fullMs: number;
  /** The audience's jobs, where the plan relies on none having come since. */
  jobsBefore: readonly string[] | null;
  /** How far a sync with a cursor has read. */
  cursor: CursorRecord | null;
}

/** Decides what a sync is about to do, and notes it in the report. Throws (status refused) when a guard forbids it. */
export async function makePlan(
  sync: SyncConfig,
  audience: Audience | undefined,
  desired: DesiredMembers,
  report: SyncReport,
  context: RunContext,
): Promise<PreparedPlan> {
  context.progress.show(sync.name, { stage: 'comparing' });
  const comparison = await compareWithLast(sync, audience, desired, context);
  const isIncremental = desired.cursor !== undefined && desired.cursor.after !== null;
  if (isIncremental && comparison.last.known === undefined) throw changedMeanwhile(comparison.last.voidBecause);
  const choice = choosePlan({
    mode: sync.mode,
    isNew: audience === undefined,
    members: desired.members.count,
    difference: comparison.difference,
    isRefreshDue: !isIncremental && isRefreshDue(comparison.last, context),
  });
  const plan = await cutPlan(sync, audience, desired, { ...comparison, choice }, context);
  notePlan(plan, comparison, choice, report);
  addPlanWarnings(sync, plan, comparison, desired, report, context);
  warnOfDoubt(desired.national, desired.columns.join(', '), report);
  await warnOfSuppressed(sync, comparison, desired, report, context);
  checkGuards({ mode: sync.mode, guards: context.config.guards, columns: desired.columns, read: desired });
  if (sync.mode === 'mirror' && audience !== undefined) guardShrink(sync, audience, plan, comparison, desired, context);
  return plan;
}

async function cutPlan(
  sync: SyncConfig,
  audience: Audience | undefined,
  desired: DesiredMembers,
  { listed, last, difference, choice }: Comparison & { choice: Choice },
  { runId, config, clock, workers, signal }: RunContext,
): Promise<PreparedPlan> {
  const kind = kinds[sync.identifierType];
  const isWhole = difference === undefined || choice.sends === 'whole';
  const directory = join(desired.directory, 'difference-lines');
  const lines = isWhole ? desired.lines : await collectLines(difference.toSend, directory, { kind, workers, signal });
  const snapshot = last.known?.snapshot;
  const plan = planUploads({
    runId,
    sync,
    audience,
    action: choice.action,
    digests: { snapshot: snapshot?.set.keyedDigest ?? null, members: desired.members.digest },
    lines: openUploadLines(lines, kind),
    batch: config.batch,
  });
  return {
    ...plan,
    lines,
    next: (sync.mode === 'add' ? difference?.union : undefined) ?? desired.members,
    fullMs: isWhole || snapshot === undefined ? clock.now() : snapshot.fullMs,
    jobsBefore: isWhole ? null : listed.map(({ id }) => id),
    cursor: cursorRecordOf(desired),
  };
}

function cursorRecordOf({ cursor }: DesiredMembers): CursorRecord | null {
  const value = cursor?.greatest ?? cursor?.after ?? null;
  return cursor === undefined || value === null ? null : { origin: cursor.origin, value };
}

/** The rows read are those behind the cursor alone, and what LINE holds of the others is not known any more. */
function changedMeanwhile(because: string | undefined): SyncError {
  return new SyncError(
    'audience.changed',
    `While the source was read, the snapshot of the last run came to count no more (${because ?? 'it is gone'}). Nothing was sent.`,
    'Run again: all rows are read then.',
  );
}

/** LINE has no way to remove somebody but to replace all, which an Add does not. */
async function warnOfSuppressed(
  { name, mode, identifierType }: SyncConfig,
  { last }: Comparison,
  { suppressionLists, directory }: DesiredMembers,
  { warnings }: SyncReport,
  { workers, signal }: RunContext,
): Promise<void> {
  if (mode !== 'add' || last.known === undefined || suppressionLists.length === 0) return;
  const kind = kinds[identifierType];
  const earlier = join(directory, 'suppressed-earlier');
  const count = await countSuppressed(last.known.set, suppressionLists, earlier, { kind, workers, signal });
  if (count > 0)
    warnings.push({
      code: 'suppressed_still_held',
      message: `${count} members that ${name} added before are on a suppression list now, and still in the audience: an Add removes nobody. Mirror the audience, or delete it and let it be made anew.`,
    });
}

function notePlan(plan: PreparedPlan, { difference }: Comparison, { action }: Choice, report: SyncReport): void {
  const batches = plan.batches.length;
  // At least: a look at the audience's jobs before the uploads, and one after.
  const requests = batches === 0 ? 0 : batches + 2;
  const { added = null, unchanged = null } = difference ?? {};
  // Whoever has left the source of an Add stays in the audience.
  const removed = report.mode === 'add' ? difference && 0 : difference?.removed;
  report.plan = { id: plan.id, action, added, removed: removed ?? null, unchanged, batches, requests };
  report.counts.plannedLines = action === 'nothing' ? 0 : plan.lines.count;
  report.remoteBatches.total = batches;
}
