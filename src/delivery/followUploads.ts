import type { Clock } from '../clock.ts';
import type { Destination, RemoteUpload } from '../destinations/destination.ts';
import { isUnfinished } from '../destinations/remoteUploads.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import { type ErrorCode, SyncError } from '../errors.ts';
import { ConnectionUntrusted } from '../http/tlsFaults.ts';

export interface UploadFollower {
  /**
   * Resolves with the first job list for which `isReached` holds, of those asked for after this call. Rejects with
   * jobs.timeout after `jobs.timeoutMs`, with the poll's error when that is terminal, and when aborted.
   */
  waitUntil(isReached: (jobs: readonly RemoteUpload[]) => boolean): Promise<readonly RemoteUpload[]>;
}

interface Waiter {
  isReached: (jobs: readonly RemoteUpload[]) => boolean;
  deadlineMs: number;
  /** Polls begun before it came may be older than what it waits for. */
  afterPoll: number;
  resolve: (jobs: readonly RemoteUpload[]) => void;
  reject: (error: unknown) => void;
}

/** A poll that failed so is not a failed job: LINE is asked again. */
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
  onPoll?: (jobs: readonly RemoteUpload[]) => Promise<void>;
}

/** Follows the jobs of one audience. One poll serves all waiters; without a waiter there is none. */
export function createUploadFollower(
  destination: Pick<Destination, 'uploadsTo'>,
  audienceId: string,
  options: UploadFollowerOptions,
): UploadFollower {
  const { clock, signal, onPoll } = options;
  const { timeoutMs, pollMaxMs } = options.jobs;
  const pollMinMs = Math.min(options.jobs.pollMinMs, pollMaxMs);
  const waiters = new Set<Waiter>();
  let latest: readonly RemoteUpload[] = [];
  let latestStates = '';
  let pollsBegun = 0;
  let lastPollMs = Number.NEGATIVE_INFINITY;
  let delayMs = pollMinMs;
  let isRunning = false;
  let wake = new AbortController();

  async function run(): Promise<void> {
    isRunning = true;
    try {
      while (waiters.size > 0) {
        await sleepUntilNextPoll();
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

  /** Sleeps again when woken by a new waiter, who has brought the next poll nearer. */
  async function sleepUntilNextPoll(): Promise<void> {
    for (;;) {
      const deadlineMs = Math.min(...[...waiters].map((waiter) => waiter.deadlineMs));
      const leftMs = Math.min(lastPollMs + delayMs, deadlineMs) - clock.now();
      if (leftMs <= 0) return;
      wake = new AbortController();
      const woken = wake.signal;
      await clock.sleep(leftMs, AbortSignal.any([signal, woken])).catch((error: unknown) => {
        if (signal.aborted || !woken.aborted) throw error;
      });
    }
  }

  async function poll(): Promise<void> {
    pollsBegun += 1;
    const poll = pollsBegun;
    lastPollMs = clock.now();
    delayMs = Math.min(delayMs * 2, pollMaxMs);
    try {
      latest = await destination.uploadsTo(audienceId);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SyncError && transientCodes.has(error.code) && !(error instanceof ConnectionUntrusted))
        return;
      throw error;
    }
    const states = latest.map((job) => `${job.id} ${job.status}`).join();
    if (states !== latestStates) delayMs = pollMinMs;
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
      waiter.reject(describeTimeout(audienceId, latest, timeoutMs));
    }
  }

  return {
    waitUntil: (isReached) =>
      new Promise((resolve, reject) => {
        waiters.add({ isReached, deadlineMs: clock.now() + timeoutMs, afterPoll: pollsBegun, resolve, reject });
        delayMs = pollMinMs;
        wake.abort();
        if (!isRunning) void run();
      }),
  };
}

function describeTimeout(audienceId: string, jobs: readonly RemoteUpload[], timeoutMs: number): SyncError {
  const unfinished = jobs.filter(isUnfinished).map((job) => `${job.id} ${job.status}`);
  const which = unfinished.length === 0 ? 'the expected job is not listed' : `unfinished: ${unfinished.join(', ')}`;
  return new SyncError(
    'jobs.timeout',
    `waited ${Math.round(timeoutMs / 1000)} s for the upload jobs of audience ${audienceId}; ${which}`,
    "LINE goes on working on them: run again later, or raise jobs.timeoutMs. The Ad Manager shows the audience's state. Jobs that LINE does not list are given up after state.resumeMaxAgeHours, or at once with `sync --restart`.",
  );
}
