/** How long parts of an answer may take. */
export interface Patience {
  firstMs: number;
  idleMs: number;
}

/** What the configuration of a server allows; the server itself is given a moment to say that time is up. */
export function patienceOf(config: { statementTimeoutMs: number; idleTimeoutMs: number }): Patience {
  return { firstMs: config.statementTimeoutMs + 5_000, idleMs: config.idleTimeoutMs };
}

/**
 * The parts as they come. When one that is waited for takes too long, `giveUp` is called, which ends the parts with an
 * error; time that the consumer takes does not count.
 */
export async function* watchSilence<T>(
  parts: AsyncIterable<T>,
  { firstMs, idleMs }: Patience,
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
