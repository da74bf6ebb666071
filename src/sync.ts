import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import type { Clock } from './clock.ts';
import { type Config, type SyncConfig, wantedColumns } from './config.ts';
import { createDelivery, type Delivery, remoteOf } from './deliverPlan.ts';
import { SyncError } from './errors.ts';
import { checkGuards } from './guards.ts';
import { createIdentify } from './identifiers/identify.ts';
import { isNotPopulating, resolveAudience } from './lineAds/audiences.ts';
import type { LineAdsClient } from './lineAds/client.ts';
import type { Audience } from './lineAds/schemas.ts';
import { type ReadResult, readMembers } from './members/readMembers.ts';
import { openUploadLines, type UploadLines } from './members/uploadLines.ts';
import type { Workers } from './members/workers.ts';
import { type Plan, planUploads } from './plan.ts';
import type { Progress } from './progress.ts';
import { describeError, type SyncReport, startSyncReport, statusOfError } from './report.ts';
import { openDuckdb } from './sources/duckdb.ts';
import { openSource } from './sources/openSource.ts';
import { guardState } from './stateErrors.ts';

/** What the syncs of a run share. */
export interface RunContext {
  config: Config;
  runId: string;
  /** `preview` stops before the first upload. */
  command: 'sync' | 'preview';
  /** Whether to follow LINE's jobs to their end. */
  wait: boolean;
  client: LineAdsClient;
  workers: Workers;
  /** Reading takes memory: few syncs do it at the same time. */
  readLimit: LimitFunction;
  /** Throws when another sync of this run has the audience already. */
  claimAudience(id: string, syncName: string): void;
  workDirectory: string;
  clock: Clock;
  signal: AbortSignal;
  progress: Progress;
}

/** One sync from source to outcome. Never throws: what went wrong is in the report. */
export async function runSync(sync: SyncConfig, context: RunContext): Promise<SyncReport> {
  const report = startSyncReport(sync);
  try {
    const audience = await findAudience(sync, report, context);
    const { read, lines } = await context.readLimit(() => readSource(sync, report, context));
    const plan = makePlan(sync, audience, { read, lines }, report, context);
    checkGuards({ mode: sync.mode, guards: context.config.guards, columns: read.columns, read });
    if (context.command === 'preview') report.status = plan.action === 'nothing' ? 'nothing_to_do' : 'planned';
    else if (plan.action === 'nothing') report.status = 'nothing_to_do';
    else await carryOut(sync, plan, lines, report, context);
  } catch (error) {
    report.error ??= describeError(interruption(context.signal) ?? error);
    const status = statusOfError(report.error);
    report.status = status === 'failed' && report.remote === 'partial' ? 'partial' : status;
  }
  context.progress.end(sync.name, report);
  return report;
}

async function findAudience(sync: SyncConfig, report: SyncReport, context: RunContext): Promise<Audience | undefined> {
  context.progress.show(sync.name, { stage: 'looking up the audience' });
  const audience = await resolveAudience(context.client, sync);
  if (audience === undefined) return undefined;
  context.claimAudience(audience.id, sync.name);
  noteAudience(report, audience);
  return audience;
}

async function readSource(sync: SyncConfig, report: SyncReport, context: RunContext) {
  const directory = join(context.workDirectory, `sync-${sync.name}`);
  await guardState(directory, () => mkdirSync(directory, { mode: 0o700 }));
  const read = await readAll(sync, directory, context);
  Object.assign(report.counts, read.counts);
  report.rejects = read.rejects;
  report.rejectExamples = read.rejectExamples;
  const lines = await openUploadLines(read.members, {
    identifierType: sync.identifierType,
    directory,
    workers: context.workers,
    signal: context.signal,
  });
  report.counts.lines = lines.count;
  return { read, lines };
}

async function readAll(sync: SyncConfig, directory: string, context: RunContext) {
  const engine = await openDuckdb(directory);
  try {
    const source = await openSource(context.config.source, wantedColumns(sync), engine);
    const read = await readMembers(source, sync, {
      directory,
      recordBytes: createIdentify(sync).recordBytes,
      workers: context.workers,
      signal: context.signal,
      onProgress: (rows) => context.progress.show(sync.name, { stage: 'reading', done: rows, unit: 'rows' }),
    });
    return { ...read, columns: source.columns };
  } finally {
    engine.close();
  }
}

function makePlan(
  sync: SyncConfig,
  audience: Audience | undefined,
  { read, lines }: { read: ReadResult; lines: UploadLines },
  report: SyncReport,
  { runId, config }: RunContext,
): Plan {
  const plan = planUploads({ runId, sync, audience, membersDigest: read.members.digest, lines, batch: config.batch });
  const batches = plan.batches.length;
  // At least: a look at the audience's jobs before the uploads, and one after.
  const requests = batches === 0 ? 0 : batches + 2;
  report.plan = { id: plan.id, action: plan.action, added: null, removed: null, unchanged: null, batches, requests };
  report.counts.plannedLines = plan.action === 'nothing' ? 0 : lines.count;
  report.remoteBatches.total = batches;
  if (plan.action === 'replace' && batches > 1) report.warnings.push(notAtomic(batches));
  return plan;
}

async function carryOut(sync: SyncConfig, plan: Plan, lines: UploadLines, report: SyncReport, context: RunContext) {
  const { client, config, clock, signal, progress } = context;
  const delivery = createDelivery(plan, {
    client,
    identifierType: sync.identifierType,
    target:
      report.audience.id === null ? { audienceName: sync.audienceName ?? '' } : { audienceId: report.audience.id },
    lines,
    limits: config.limits,
    jobs: config.jobs,
    clock,
    signal,
    onProgress: ({ uploaded, finished, total }) =>
      progress.show(
        sync.name,
        uploaded < total
          ? { stage: 'uploading', done: uploaded, total, unit: 'batches' }
          : { stage: 'waiting for LINE', done: finished, total, unit: 'jobs' },
      ),
  });
  try {
    await deliverAndFollow(delivery, context);
  } finally {
    noteDelivery(report, delivery);
  }
  report.status = context.wait ? 'succeeded' : 'pending';
  if (context.wait) await addOutcomeWarnings(sync, report, context);
}

/** When an upload fails, what LINE accepted before is still followed, so that the report can say what LINE holds. */
async function deliverAndFollow(delivery: Delivery, { wait, signal }: RunContext): Promise<void> {
  try {
    await delivery.deliver();
  } catch (error) {
    const isRefused = error instanceof SyncError && error.code === 'upload.refused';
    if (isRefused && wait && !signal.aborted) await delivery.follow().catch(() => {});
    throw error;
  }
  if (wait) await delivery.follow();
}

function noteDelivery(report: SyncReport, delivery: Delivery): void {
  const { remote, done, total } = remoteOf(delivery.batches);
  report.batches = delivery.batches.map((batch) => batch.report);
  report.counts.uploaded = delivery.batches
    .filter(({ fate }) => fate === 'accepted')
    .reduce((sum, batch) => sum + batch.report.records, 0);
  report.remote = remote;
  report.remoteBatches = { done, total };
  report.audience.id = delivery.audienceId ?? report.audience.id;
  report.audience.created = delivery.created;
}

async function addOutcomeWarnings(sync: SyncConfig, report: SyncReport, { client }: RunContext): Promise<void> {
  for (const { index, records, audienceCount } of report.batches)
    if (audienceCount !== null && audienceCount < records)
      report.warnings.push(countDiffers(index, records, audienceCount));
  try {
    const audiences = await client.listAudiences();
    const audience = audiences.find(({ id }) => id === report.audience.id);
    if (audience === undefined) return;
    noteAudience(report, audience);
    if (isNotPopulating(audience)) report.warnings.push(notPopulating(audience));
  } catch {
    report.warnings.push({
      code: 'audience_not_seen',
      message: `The jobs of ${sync.name} finished, but a last look at the audience failed.`,
    });
  }
}

function noteAudience(report: SyncReport, { id, name, status, estimatedSize }: Audience): void {
  report.audience = { ...report.audience, id, name, status, estimatedSize };
}

function interruption(signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : undefined;
}

function notAtomic(batches: number) {
  return {
    code: 'mirror_not_atomic',
    message: `The members take ${batches} files: the first replaces the audience and the others are added, so until the last job has finished the audience lacks people.`,
  };
}

function countDiffers(index: number, records: number, audienceCount: number) {
  return {
    code: 'count_differs',
    message: `LINE processed ${audienceCount} of the ${records} lines of batch ${index} (it counts what was processed, not matched).`,
  };
}

function notPopulating({ status, estimatedSize }: Audience) {
  return {
    code: 'audience_not_populating',
    message: `The audience is ${status} with an estimated size of ${estimatedSize ?? 'nothing'}: it may take LINE hours to match people, and with 100 or fewer matched it cannot be advertised to. If it stays so, check the identifier form (for phones: phoneFormats).`,
  };
}
