import { SyncError } from '../errors.ts';
import { limitFault } from '../system/processLimits.ts';
import type { ReportedError } from './report.ts';

/** Returns the code, message and hint of an error. An unknown error is an internal fault, and its text is not reported. */
export function describeError(thrown: unknown): ReportedError {
  const error = thrown instanceof SyncError ? thrown : (limitFault(thrown, 'The run') ?? thrown);
  if (error instanceof SyncError) return { code: error.code, message: error.message, hint: error.hint };
  const kind = error instanceof Error ? error.name : typeof error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? ` ${String(error.code)}` : '';
  return {
    code: 'internal',
    message: `An internal error of line-ads-sync stopped the work (${kind}${code}${placeOf(error)}).`,
    hint: 'Report this message. Running again is safe.',
  };
}

/** The place in our code. File names and lines of the stack hold no personal data; messages may. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = /(?:src|dist)\/([\w/]+\.[jt]s:\d+)/.exec(stack)?.[1];
  return place === undefined ? '' : ` at ${place}`;
}
