const maxStartsPerSecond = 10;
const maxReplacesInFlight = 3;

/** Limits of the LINE Ads API reference, "Limits". Each function says whether LINE would have let the request through. */
export interface Rates {
  /** Counts a request start; false when it is more than the tenth of any sliding second. Refused starts count too. */
  start(): boolean;
  /** Takes a place among the REPLACE requests in flight; false, and no place, when three are. */
  startReplace(): boolean;
  endReplace(): void;
}

/** `nowMs` must not go backwards. */
export function createRates(nowMs: () => number): Rates {
  let starts: number[] = [];
  let replacesInFlight = 0;
  return {
    start() {
      const now = nowMs();
      starts = starts.filter((start) => now - start < 1000);
      starts.push(now);
      return starts.length <= maxStartsPerSecond;
    },
    startReplace() {
      if (replacesInFlight >= maxReplacesInFlight) return false;
      replacesInFlight += 1;
      return true;
    },
    endReplace() {
      replacesInFlight -= 1;
    },
  };
}
