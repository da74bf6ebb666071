import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import type { RequestLimiter } from '../../src/http/limits.ts';

/** Virtual milliseconds in a real one. */
const speed = 500;

/** A clock that runs faster than the real one by this factor. Hours of waiting take seconds, in the same order. */
export function createVirtualClock(startMs: number, random: () => number): Clock {
  const realStartMs = performance.now();
  return {
    now: () => Math.round(startMs + (performance.now() - realStartMs) * speed),
    sleep: (ms, signal) => systemClock.sleep(Math.ceil(ms / speed), signal),
    random,
  };
}

/** Starts every request at once. Rates go by real time and have their own tests. */
export const unlimited: RequestLimiter = {
  start: (begin) => begin(() => {}),
};
