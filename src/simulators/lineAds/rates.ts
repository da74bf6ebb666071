const maxStartsPerSecond = 10;
const maxReplacesInFlight = 3;

/** LINE's limits of requests (docs/line-ads-api.md, "Limits"). Each function returns whether LINE would accept the request. */
export interface Rates {
  /** Counts a request start. False if it is the eleventh or later of a sliding second. Refused starts count too. */
  start(): boolean;
  /** Counts a REPLACE request in flight. False, without counting it, if three are in flight. */
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
