import { join } from 'node:path';
import type { SyncConfig } from './config.ts';
import { checkGuards, checkShrink, type Shrink } from './guards.ts';
import type { Journal } from './journal/journal.ts';
import { type LastUpload, recallLastUpload } from './lastUpload.ts';
import type { Audience, UploadJob } from './lineAds/schemas.ts';
import { compareSets, type Difference } from './members/difference.ts';
import type { SealedSet } from './members/memberSet.ts';
import { collectLines, openUploadLines } from './members/uploadLines.ts';
import { type Choice, choosePlan, type Plan, planUploads } from './plan.ts';
import type { DesiredMembers } from './readSource.ts';
import type { SyncReport } from './report.ts';
import type { RunContext } from './sync.ts';

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

/** What the desired members are compared with, and what that gives. */
interface Comparison {
  listed: readonly UploadJob[];
  last: LastUpload;
  difference: Difference | undefined;
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

async function compareWithLast(
  sync: SyncConfig,
  audience: Audience | undefined,
  desired: DesiredMembers,
  { client, journal, config, signal }: RunContext,
): Promise<Comparison> {
  const listed = audience === undefined ? [] : await client.uploadJobs(audience.id);
  const syncKey = { accountId: config.connection.adAccountId, syncName: sync.name };
  const snapshot = config.state.keepSnapshots ? journal.snapshot(syncKey) : undefined;
  const last = await recallLastUpload({ sync, journal, snapshot, audience, listed });
  if (last.known === undefined || desired.members.count === 0) return { listed, last, difference: undefined };
  const { members } = desired;
  const isSame = journal.keyed(members.digest) === last.known.snapshot.set.keyedDigest;
  const difference = isSame
    ? noDifference(members)
    : await compareSets(members, last.known.set, {
        identifierType: sync.identifierType,
        directory: join(desired.directory, 'difference'),
        wantsUnion: sync.mode === 'add',
        signal,
      });
  return { listed, last, difference };
}

function noDifference(members: SealedSet): Difference {
  const toSend = { ...members, count: 0 };
  return { added: 0, removed: 0, unchanged: members.count, gained: 0, lost: 0, toSend, union: members };
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
  const { added = null, removed = null, unchanged = null } = difference ?? {};
  report.plan = { id: plan.id, action, added, removed, unchanged, batches, requests };
  report.counts.plannedLines = action === 'nothing' ? 0 : plan.lines.count;
  report.remoteBatches.total = batches;
}

const fewMembers = 100;
const overdueDays = 150;

function addPlanWarnings(
  sync: SyncConfig,
  { action, batches }: PreparedPlan,
  { last }: Comparison,
  { members }: DesiredMembers,
  { warnings }: SyncReport,
  { clock }: RunContext,
): void {
  const daysSince = Math.floor((clock.now() - (last.uploadedMs ?? clock.now())) / dayMs);
  if (last.voidBecause !== undefined)
    warnings.push({
      code: 'snapshot_void',
      message: `The snapshot of the last run does not count, as ${last.voidBecause}: the whole set is sent.`,
    });
  if (action === 'replace' && last.known === undefined && last.baseline === undefined)
    warnings.push({
      code: 'no_baseline',
      message: `Nothing tells how many members the audience of ${sync.name} holds, so guards.maxShrink could not be applied.`,
    });
  if (members.count > 0 && members.count < fewMembers)
    warnings.push({
      code: 'few_members',
      message: `There are only ${members.count} members: LINE cannot advertise to so small an audience.`,
    });
  if (daysSince > overdueDays)
    warnings.push({
      code: 'refresh_overdue',
      message: `The last upload was ${daysSince} days ago; audiences of sibling products expire after 180.`,
    });
  if (action === 'replace' && batches.length > 1)
    warnings.push({
      code: 'mirror_not_atomic',
      message: `The members take ${batches.length} files: the first replaces the audience and the others are added, so until the last job has finished the audience lacks people.`,
    });
}

/** A refused plan is remembered, so that it can be approved. */
function guardShrink(
  sync: SyncConfig,
  audience: Audience,
  { id: planId, action }: PreparedPlan,
  { last, difference }: Comparison,
  desired: DesiredMembers,
  { command, config, journal, approved }: RunContext,
): void {
  const shrink = action === 'replace' ? shrinkOf(last, difference, desired) : undefined;
  if (shrink === undefined) return;
  const syncKey = { accountId: config.connection.adAccountId, syncName: sync.name };
  const snapshot = last.known?.snapshot.set.keyedDigest ?? null;
  const refusal = { ...syncKey, planId, audienceId: audience.id, snapshot, removes: shrink.removes };
  const isApproved = approved.includes(planId) || isCovered(refusal, journal.refusals(syncKey), approved);
  try {
    checkShrink(shrink, config.guards.maxShrink, planId, isApproved);
  } catch (error) {
    if (command === 'sync') journal.refuse(refusal);
    throw error;
  }
}

type Refusal = Parameters<Journal['refuse']>[0];

/** An approval covers whatever removes no more, of the same audience and since the same snapshot. */
export function isCovered(refusal: Refusal, earlier: readonly Refusal[], approved: readonly string[]): boolean {
  return earlier.some(
    ({ planId, audienceId, snapshot, removes }) =>
      approved.includes(planId) &&
      audienceId === refusal.audienceId &&
      snapshot === refusal.snapshot &&
      refusal.removes <= removes,
  );
}

function shrinkOf(
  last: LastUpload,
  difference: Difference | undefined,
  { members, lines }: DesiredMembers,
): Shrink | undefined {
  if (last.baseline === undefined) return undefined;
  const { count: of, unit } = last.baseline;
  if (difference !== undefined) return { removes: difference.removed, of, unit };
  const desired = unit === 'members' ? members.count : lines.count;
  return { removes: Math.max(0, of - desired), of, unit };
}
