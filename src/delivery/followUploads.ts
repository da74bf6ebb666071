import type { Clock } from '../clock.ts';
import type { Destination, RemoteUpload } from '../destinations/destination.ts';
import { isUnfinished } from '../destinations/remoteUploads.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import { type ErrorCode, SyncError } from '../errors.ts';
import { ConnectionUntrusted } from '../http/tlsFaults.ts';
import { createPollPace } from './pollPace.ts';

export interface UploadFollower {
  /**
   * Resolves with the first list of uploads for which `isReached` holds, of those read after this call. Rejects with
   * jobs.timeout after `jobs.timeoutMs`, with the poll's error when that is terminal, and when aborted.
   */
  waitUntil(isReached: (uploads: readonly RemoteUpload[]) => boolean): Promise<readonly RemoteUpload[]>;
}

interface Waiter {
  isReached: (uploads: readonly RemoteUpload[]) => boolean;
  deadlineMs: number;
  /** Number of polls begun before the wait. Their lists may be too old for it. */
  afterPoll: number;
  resolve: (uploads: readonly RemoteUpload[]) => void;
  reject: (error: unknown) => void;
}

/** A poll that fails so is not a failed upload: the next poll may succeed. */
const transientCodes: ReadonlySet<ErrorCode> = new Set([
  'line.unreachable',
  'line.rate_limited',
  'line.retries_exhausted',
  'line.bad_answer',
  'line.blocked',
]);

export interface UploadFollowerOptions {
  jobs: JobsConfig;
  clock: Clock;
  signal: AbortSignal;
  /** Called with the list of each poll, before any waiter sees it. */
  onPoll?: (uploads: readonly RemoteUpload[]) => Promise<void>;
}

/** Follows the uploads of one audience. One poll serves all waiters; without a waiter there is none. */
export function createUploadFollower(
  destination: Pick<Destination, 'uploadsTo'>,
  audienceId: string,
  { jobs, clock, signal, onPoll }: UploadFollowerOptions,
): UploadFollower {
  const waiters = new Set<Waiter>();
  const pace = createPollPace(jobs, clock, signal);
  let latest: readonly RemoteUpload[] = [];
  let latestStates = '';
  let pollsBegun = 0;
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    try {
      while (waiters.size > 0) {
        await pace.sleepUntilNext(() => Math.min(...[...waiters].map(({ deadlineMs }) => deadlineMs)));
        await poll();
        expire();
      }
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
      waiters.clear();
    } finally {
      isRunning = false;
    }
  }

  async function poll(): Promise<void> {
    pollsBegun += 1;
    const poll = pollsBegun;
    pace.begin();
    const listed = await destination.uploadsTo(audienceId).catch((error: unknown) => {
      signal.throwIfAborted();
      if (isTransient(error)) return undefined;
      throw error;
    });
    if (listed === undefined) return;
    latest = listed;
    const states = latest.map(({ id, status }) => `${id} ${status}`).join();
    if (states !== latestStates) pace.quicken();
    latestStates = states;
    await onPoll?.(latest);
    for (const waiter of waiters) {
      if (waiter.afterPoll >= poll || !waiter.isReached(latest)) continue;
      waiters.delete(waiter);
      waiter.resolve(latest);
    }
  }

  function expire(): void {
    for (const waiter of waiters) {
      if (clock.now() < waiter.deadlineMs) continue;
      waiters.delete(waiter);
      waiter.reject(describeTimeout(audienceId, latest, jobs.timeoutMs));
    }
  }

  return {
    waitUntil: (isReached) =>
      new Promise((resolve, reject) => {
        waiters.add({ isReached, deadlineMs: clock.now() + jobs.timeoutMs, afterPoll: pollsBegun, resolve, reject });
        pace.quicken();
        if (!isRunning) void run();
      }),
  };
}

function isTransient(error: unknown): boolean {
  return error instanceof SyncError && transientCodes.has(error.code) && !(error instanceof ConnectionUntrusted);
}

function describeTimeout(audienceId: string, uploads: readonly RemoteUpload[], timeoutMs: number): SyncError {
  const unfinished = uploads.filter(isUnfinished).map(({ id, status }) => `${id} ${status}`);
  const state = unfinished.length === 0 ? 'The expected job is not listed.' : `Unfinished: ${unfinished.join(', ')}.`;
  return new SyncError(
    'jobs.timeout',
    `The upload jobs of audience ${audienceId} did not finish within ${Math.round(timeoutMs / 1000)} s. ${state}`,
    "Run again later, or raise jobs.timeoutMs: LINE continues to work on the jobs. The Ad Manager shows the audience's state. Jobs that LINE does not list are discarded after state.resumeMaxAgeHours, or at once with `sync --restart`.",
  );
}
