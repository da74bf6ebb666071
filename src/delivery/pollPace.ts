import type { Clock } from '../clock.ts';
import type { JobsConfig } from '../destinations/settings.ts';

/** The times of polls: the first at once, then after delays that double from `pollMinMs` to `pollMaxMs`. */
export interface PollPace {
  /** Sleeps until the next poll or the deadline, whichever is sooner. `quicken` may bring both nearer meanwhile. */
  sleepUntilNext(deadlineMs: () => number): Promise<void>;
  /** Notes that a poll begins. */
  begin(): void;
  /** Starts again with the shortest delay, also for a sleep that has begun. */
  quicken(): void;
}

export function createPollPace({ pollMinMs, pollMaxMs }: JobsConfig, clock: Clock, signal: AbortSignal): PollPace {
  const minDelayMs = Math.min(pollMinMs, pollMaxMs);
  let delayMs = minDelayMs;
  let lastPollMs = Number.NEGATIVE_INFINITY;
  let wake = new AbortController();
  return {
    async sleepUntilNext(deadlineMs) {
      for (;;) {
        const leftMs = Math.min(lastPollMs + delayMs, deadlineMs()) - clock.now();
        if (leftMs <= 0) return;
        wake = new AbortController();
        const woken = wake.signal;
        await clock.sleep(leftMs, AbortSignal.any([signal, woken])).catch((error: unknown) => {
          if (signal.aborted || !woken.aborted) throw error;
        });
      }
    },
    begin() {
      lastPollMs = clock.now();
      delayMs = Math.min(delayMs * 2, pollMaxMs);
    },
    quicken() {
      delayMs = minDelayMs;
      wake.abort();
    },
  };
}
