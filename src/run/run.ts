import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import pLimit from 'p-limit';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { takeClosingLook } from '../delivery/closingLook.ts';
import { destinationNames } from '../destinations/config.ts';
import type { DestinationSurroundings } from '../destinations/destination.ts';
import { openDestinations } from '../destinations/openDestination.ts';
import { SyncError } from '../errors.ts';
import type { RequestLog } from '../http/requestLog.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { lockState } from '../journal/lock.ts';
import { syncKeyOf } from '../journal/settings.ts';
import { openWorkFolder } from '../journal/workFolder.ts';
import { createRejectsFile } from '../members/rejectsFile.ts';
import { createWorkers } from '../members/workers.ts';
import { readTogether } from '../reading/readTogether.ts';
import { createSharedReads } from '../reading/sharedReads.ts';
import { createSuppressions } from '../reading/suppressions.ts';
import type { Progress } from '../report/progress.ts';
import { describeError, type RunReport, type SyncReport, statusOfRun } from '../report/report.ts';
import { keepStdin } from '../sources/files/stdin.ts';
import { planMemory } from '../system/memory.ts';
import { readRoom, requireRoom } from '../system/processLimits.ts';
import type { ReadingContext, RunContext, SyncOutcome } from './context.ts';
import { runSync } from './runSync.ts';

export interface RunOptions {
  config: Config;
  command: RunContext['command'];
  detach?: boolean | undefined;
  restart?: boolean | undefined;
  full?: boolean | undefined;
  /** Ids of plans. */
  approve?: readonly string[] | undefined;
  /** How much memory to get by with; by default what the container may take. */
  maxMemoryBytes?: number | undefined;
  /** For a source that is standard input. */
  stdin: Readable;
  dispatcher: Dispatcher;
  /** Warnings for the report that are known before the run. */
  warnings?: readonly Warning[];
  clock: Clock;
  log: RequestLog;
  progress: Progress;
  /** Aborted with a SyncError as its reason. */
  signal: AbortSignal;
  /** Creates the limiter of one account. */
  createLimiter?: NonNullable<DestinationSurroundings['createLimiter']>;
}

/** A run over the configured syncs, side by side; one that fails does not stop the others. Never throws. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { clock, progress } = options;
  const startedAt = new Date(clock.now());
  const runId = createRunId(startedAt);
  const end = (outcomes: readonly SyncOutcome[], error: RunReport['error']): RunReport => {
    const syncs = outcomes.map(({ report }) => report);
    const resumed = outcomes.some(({ isResumed }) => isResumed);
    const finishedAt = new Date(clock.now());
    return { ...frame(runId, startedAt, finishedAt), resumed, status: statusOfRun(error, syncs), error, syncs };
  };
  const fail = (thrown: unknown, outcomes: readonly SyncOutcome[] = []) =>
    end(outcomes, describeError(options.signal.aborted ? options.signal.reason : thrown));
  let outcomes: SyncOutcome[] = [];
  try {
    requireRoom(readRoom());
    return await runWithJournal(options, runId, async (journal) => {
      try {
        outcomes = await runInFolder(journal, options, runId);
        return end(outcomes, null);
      } catch (thrown) {
        return fail(thrown);
      }
    });
  } catch (thrown) {
    return fail(thrown, outcomes);
  } finally {
    progress.close();
  }
}

/** A report for what ended before any sync could start. */
export function reportWithoutRun(thrown: unknown, clock: Clock): RunReport {
  const now = new Date(clock.now());
  const error = describeError(thrown);
  return { ...frame(createRunId(now), now, now), status: statusOfRun(error, []), error, syncs: [] };
}

function frame(runId: string, startedAt: Date, finishedAt: Date) {
  return {
    runId,
    status: 'failed' as const,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    resumed: false,
    error: null,
    syncs: [],
  };
}

/** Sorts by time, and is unique: names of uploaded files begin with it. */
function createRunId(startedAt: Date): string {
  const time = startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

/** A run that sends holds the state directory and is recorded, with its report; a preview leaves both as they are. */
async function runWithJournal(
  options: RunOptions,
  runId: string,
  work: (journal: Journal) => Promise<RunReport>,
): Promise<RunReport> {
  const { directory } = options.config.state;
  if (options.command === 'preview') {
    await using journal = await openJournal(directory, 'read');
    return await work(journal);
  }
  using _lock = await lockState(directory);
  await using journal = await openJournal(directory, 'write');
  const startedMs = options.clock.now();
  await journal.beginRun({ runId, command: options.command, startedMs });
  await journal.tidy(startedMs);
  if (!options.config.state.keepSnapshots) await forgetSnapshots(options.config, journal);
  const report = await work(journal);
  await journal.endRun(runId, report);
  return report;
}

async function forgetSnapshots(config: Config, journal: Journal): Promise<void> {
  for (const sync of config.syncs) await journal.forgetSnapshot(syncKeyOf(config, sync));
}

/** A preview works in the system's folder for such things. */
async function runInFolder(journal: Journal, options: RunOptions, runId: string): Promise<SyncOutcome[]> {
  const { config, command, clock, signal } = options;
  const parent = command === 'preview' ? tmpdir() : join(config.state.directory, 'work');
  const folder = await openWorkFolder(parent, runId);
  const memory = planMemory(options.maxMemoryBytes);
  const workers = createWorkers(memory);
  using rejectsFile = config.rejects && createRejectsFile(config.rejects.path);
  using grace = createGrace(config.shutdown.graceMs, clock, signal);
  try {
    const destinationOf = openDestinations(config, { ...options, uploadSignal: grace.signal });
    const reading: ReadingContext = {
      ...options,
      workers,
      readLimit: pLimit(memory.reads),
      memory,
      stdin: keepStdin(options.stdin, folder.path, signal),
      rejectsFile,
      workDirectory: folder.path,
    };
    const context: Omit<RunContext, 'destination' | 'claimAudience'> = {
      ...options,
      ...reading,
      runId,
      wait: config.jobs.wait && options.detach !== true,
      isToRestart: options.restart === true,
      isFull: options.full === true,
      approved: options.approve ?? [],
      journal,
      reads: createSharedReads(config, (requests) => reading.readLimit(() => readTogether(requests, reading))),
      suppressions: createSuppressions(reading),
    };
    const claims = new Map(destinationNames(config).map((name) => [name, createClaims()]));
    const outcomes = await Promise.all(
      config.syncs.map((sync) => {
        const claimAudience = claims.get(sync.destination) ?? createClaims();
        return runSync(sync, { ...context, destination: destinationOf(sync.destination), claimAudience });
      }),
    );
    const warnings = [...(options.warnings ?? [])];
    for (const name of new Set(config.syncs.map((sync) => sync.destination))) {
      const ofDestination = outcomes.filter((_, index) => config.syncs[index]?.destination === name);
      const destination = destinationOf(name);
      await takeClosingLook(
        ofDestination.map(({ report }) => report),
        destination,
      );
      warnings.push(...destination.warnings());
    }
    warnOnce(warnings, outcomes);
    return outcomes;
  } finally {
    // What the run came to is told also when something cannot be put away; the next run removes what stays.
    await workers.close().catch(() => {});
    folder.remove();
  }
}

type Warning = SyncReport['warnings'][number];

/** Puts the warnings of the run into the report of its first sync. */
function warnOnce(warnings: readonly Warning[], [first]: readonly SyncOutcome[]): void {
  first?.report.warnings.push(...warnings);
}

/** A signal that aborts `graceMs` after another, for what may still come to its end. */
function createGrace(graceMs: number, clock: Clock, stop: AbortSignal): Disposable & { signal: AbortSignal } {
  const grace = new AbortController();
  const over = new AbortController();
  const wait = () =>
    void clock.sleep(graceMs, over.signal).then(
      () => grace.abort(stop.reason),
      () => {},
    );
  if (stop.aborted) wait();
  else stop.addEventListener('abort', wait, { once: true, signal: over.signal });
  return { signal: grace.signal, [Symbol.dispose]: () => over.abort() };
}

/** Two syncs of one destination may name one audience differently, by id and by name; that shows only at LINE. */
function createClaims(): RunContext['claimAudience'] {
  const syncByAudience = new Map<string, string>();
  return (id, syncName) => {
    const other = syncByAudience.get(id);
    if (other !== undefined)
      throw new SyncError(
        'audience.ambiguous',
        `Audience ${id} is already the audience of the sync ${other}.`,
        'Two syncs must not share an audience: give one of them another.',
      );
    syncByAudience.set(id, syncName);
  };
}
