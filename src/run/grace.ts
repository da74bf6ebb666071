import type { Clock } from '../clock.ts';

export interface Grace extends Disposable {
  signal: AbortSignal;
}

/** Creates a signal that aborts `graceMs` after `stop`, with the same reason. Requests in flight may end until then. */
export function createGrace(graceMs: number, clock: Clock, stop: AbortSignal): Grace {
  const grace = new AbortController();
  const over = new AbortController();
  const wait = () =>
    void clock.sleep(graceMs, over.signal).then(
      () => grace.abort(stop.reason),
      () => {},
    );
  if (stop.aborted) wait();
  else stop.addEventListener('abort', wait, { once: true, signal: over.signal });
  return { signal: grace.signal, [Symbol.dispose]: () => over.abort() };
}
