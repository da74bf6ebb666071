/** Time limit for a connection and a login. */
export const connectTimeoutMs = 15_000;

/** Time limits for the first part of an answer and for each later one. */
export interface SilenceLimits {
  firstMs: number;
  idleMs: number;
}

/** Returns the limits of a source. The first one leaves the server time to report that its own limit has passed. */
export function silenceLimitsOf(config: { statementTimeoutMs: number; idleTimeoutMs: number }): SilenceLimits {
  return { firstMs: config.statementTimeoutMs + 5_000, idleMs: config.idleTimeoutMs };
}

/**
 * Yields the parts of an answer. When the next part takes too long, it calls `giveUp`, which must end the parts with an
 * error. The consumer's own time does not count.
 */
export async function* watchSilence<T>(
  parts: AsyncIterable<T>,
  { firstMs, idleMs }: SilenceLimits,
  giveUp: (waitedMs: number) => void,
): AsyncGenerator<T> {
  let timer = setTimeout(giveUp, firstMs, firstMs);
  try {
    for await (const part of parts) {
      clearTimeout(timer);
      yield part;
      timer = setTimeout(giveUp, idleMs, idleMs);
    }
  } finally {
    clearTimeout(timer);
  }
}
