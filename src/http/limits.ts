import Bottleneck from 'bottleneck';
import { systemClock } from '../clock.ts';

export interface RequestLimiter {
  /**
   * Waits for a slot, then runs `begin`, which signs and sends one request and calls `sent` when it goes out.
   * Resolves with the request's own result: the slot is free again 1.1 × 1000/perSecond ms after `sent`, not after
   * the answer; at once when nothing was sent.
   */
  start<T>(begin: (sent: () => void) => Promise<T>): Promise<T>;
}

export interface LimiterTiming {
  /** Monotonic milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const monotonic: LimiterTiming = { now: () => performance.now(), sleep: (ms) => systemClock.sleep(ms) };

/**
 * Keeps request starts to `perSecond` in any sliding second, also after a blocked event loop: a minimum time between
 * planned starts does not, since late starts then come at once. One slot at a time, held from the real start, does.
 */
export function createRequestLimiter(perSecond: number, timing: LimiterTiming = monotonic): RequestLimiter {
  const bottleneck = new Bottleneck({ maxConcurrent: 1 });
  const slotMs = (1.1 * 1000) / perSecond;

  /** Checks the clock after each sleep: a timer set late in a long turn of the loop counts from that turn's beginning. */
  async function hold(): Promise<void> {
    const startedAt = timing.now();
    for (let leftMs = slotMs; leftMs > 0; leftMs = startedAt + slotMs - timing.now()) await timing.sleep(leftMs);
  }

  return {
    start: (begin) =>
      new Promise((resolve, reject) => {
        const runSlot = async () => {
          const wasSent = await new Promise<boolean>((settle) => {
            const request = begin(() => settle(true));
            request.then(resolve, reject).then(() => settle(false), reject);
          });
          if (wasSent) await hold();
        };
        bottleneck.schedule(runSlot).catch(reject);
      }),
  };
}
