import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Dispatcher } from 'undici';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { SyncError } from './errors.ts';
import { lockState } from './journal/lock.ts';
import { openWorkFolder } from './journal/workFolder.ts';
import { createLineAdsClient } from './lineAds/client.ts';
import type { Log } from './lineAds/signedCalls.ts';
import { createWorkers } from './members/workers.ts';
import type { Progress } from './progress.ts';
import { describeError, type RunReport, type SyncReport, statusOfRun } from './report.ts';
import { type RunContext, runSync } from './sync.ts';

export interface RunOptions {
  config: Config;
  command: 'sync' | 'preview';
  detach: boolean;
  dispatcher: Dispatcher;
  clock: Clock;
  log: Log;
  progress: Progress;
  /** Aborted with a SyncError as its reason. */
  signal: AbortSignal;
}

/** How many syncs read their source at the same time. */
const concurrentReads = 2;

/** A run over the configured syncs, side by side; one that fails does not stop the others. Never throws. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { clock, progress } = options;
  const startedAt = new Date(clock.now());
  const runId = createRunId(startedAt);
  let syncs: SyncReport[] = [];
  let error: RunReport['error'] = null;
  try {
    syncs = await runWithFolder(options, runId);
  } catch (thrown) {
    error = describeError(options.signal.aborted ? options.signal.reason : thrown);
  }
  progress.close();
  const finishedAt = new Date(clock.now());
  return { ...frame(runId, startedAt, finishedAt), status: statusOfRun(error, syncs), error, syncs };
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

/** A sync holds the state directory; a preview leaves it alone, and works in the system's folder for such things. */
async function runWithFolder(options: RunOptions, runId: string): Promise<SyncReport[]> {
  if (options.command === 'preview') return runInFolder(tmpdir(), options, runId);
  const { directory } = options.config.state;
  const lock = await lockState(directory);
  try {
    return await runInFolder(join(directory, 'work'), options, runId);
  } finally {
    lock.release();
  }
}

async function runInFolder(parent: string, options: RunOptions, runId: string): Promise<SyncReport[]> {
  const folder = await openWorkFolder(parent, runId);
  const workers = createWorkers();
  try {
    const context: RunContext = {
      ...options,
      runId,
      wait: options.config.jobs.wait && !options.detach,
      client: createLineAdsClient({ ...options.config, ...options }),
      workers,
      readLimit: pLimit(concurrentReads),
      claimAudience: createClaims(),
      workDirectory: folder.path,
    };
    return await Promise.all(options.config.syncs.map((sync) => runSync(sync, context)));
  } finally {
    // What the run came to is told also when something cannot be put away; the next run removes what stays.
    await workers.close().catch(() => {});
    folder.remove();
  }
}

/** Two syncs may name one audience differently, by id and by name; that shows only at LINE. */
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
