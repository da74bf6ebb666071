import { join } from 'node:path';
import type { SyncConfig } from '../config.ts';
import type { Audience } from '../lineAds/schemas.ts';
import type { SealedSet } from '../members/memberSet.ts';
import { collectLines, openUploadLines } from '../members/uploadLines.ts';
import type { DesiredMembers } from '../readSource.ts';
import type { SyncReport } from '../report.ts';
import type { RunContext } from '../runContext.ts';
import { type Comparison, compareWithLast } from './compareWithLast.ts';
import { guardShrink } from './guardShrink.ts';
import { checkGuards } from './guards.ts';
import type { LastUpload } from './lastUpload.ts';
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
  const choice = choosePlan({
    mode: sync.mode,
    isNew: audience === undefined,
    members: desired.members.count,
    difference: comparison.difference,
    isRefreshDue: isRefreshDue(comparison.last, context),
  });
  const plan = await cutPlan(sync, audience, desired, { ...comparison, choice }, context);
  notePlan(plan, comparison, choice, report);
  addPlanWarnings(sync, plan, comparison, desired, report, context);
  checkGuards({ mode: sync.mode, guards: context.config.guards, columns: desired.columns, read: desired });
  if (sync.mode === 'mirror' && audience !== undefined) guardShrink(sync, audience, plan, comparison, desired, context);
  return plan;
}

const dayMs = 86_400_000;

/** A clock that was set back since counts as due. */
function isRefreshDue({ known }: LastUpload, { isFull, clock, config }: RunContext): boolean {
  if (isFull || known === undefined) return isFull;
  const ageMs = clock.now() - known.snapshot.fullMs;
  return ageMs < 0 || ageMs >= config.plan.fullRefreshDays * dayMs;
}

async function cutPlan(
  sync: SyncConfig,
  audience: Audience | undefined,
  desired: DesiredMembers,
  { listed, last, difference, choice }: Comparison & { choice: Choice },
  { runId, config, clock, workers, signal }: RunContext,
): Promise<PreparedPlan> {
  const { identifierType } = sync;
  const isWhole = difference === undefined || choice.sends === 'whole';
  const directory = join(desired.directory, 'difference-lines');
  const lines = isWhole
    ? desired.lines
    : await collectLines(difference.toSend, { identifierType, directory, workers, signal });
  const snapshot = last.known?.snapshot;
  const plan = planUploads({
    runId,
    sync,
    audience,
    action: choice.action,
    digests: { snapshot: snapshot?.set.keyedDigest ?? null, members: desired.members.digest },
    lines: openUploadLines(lines, identifierType),
    batch: config.batch,
  });
  return {
    ...plan,
    lines,
    next: (sync.mode === 'add' ? difference?.union : undefined) ?? desired.members,
    fullMs: isWhole || snapshot === undefined ? clock.now() : snapshot.fullMs,
    jobsBefore: isWhole ? null : listed.map(({ id }) => id),
  };
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
