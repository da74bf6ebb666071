import type { Logger } from 'pino';
import { SyncError } from '../errors.ts';

/** Aborted when the process is told to end, with the signal's name; whether a command sees to it itself. */
export const stopping: { signal: AbortSignal; isSeenTo: boolean } = {
  signal: new AbortController().signal,
  isSeenTo: false,
};

/** For a command that ends in order when it is told to: an abort whose reason is what to report. */
export function abortWhenStopped(log: Logger): AbortSignal {
  const controller = new AbortController();
  const { signal } = stopping;
  const stop = () => {
    log.warn({ signal: signal.reason }, 'stopping');
    const hint = 'Run again: it goes on from where this one stopped.';
    controller.abort(new SyncError('run.interrupted', `The run was stopped by ${signal.reason}.`, hint));
  };
  stopping.isSeenTo = true;
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  return controller.signal;
}
