import type { Logger } from 'pino';
import { SyncError } from '../errors.ts';

/** The shutdown of the process, as the running command sees it. */
export interface Stopping {
  /** Aborted with the name of the signal that asks the process to end. */
  readonly signal: AbortSignal;
  /** True if the command ends by itself. Otherwise the process ends at once. */
  isHandled: boolean;
}

/** Returns a signal for a command that ends in order, aborted with the error to report. */
export function abortWhenStopped(stopping: Stopping, log: Logger): AbortSignal {
  const controller = new AbortController();
  const { signal } = stopping;
  const stop = () => {
    log.warn({ signal: signal.reason }, 'Stopping');
    const hint = 'Run again: the next run continues from where this one stopped.';
    controller.abort(new SyncError('run.interrupted', `The run was stopped by ${signal.reason}.`, hint));
  };
  stopping.isHandled = true;
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  return controller.signal;
}
