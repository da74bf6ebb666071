import { type ExitCode, exitCodeByError, exitCodePrecedence } from '../errors.ts';
import type { ReportedError, RunReport, Status, SyncReport } from './report.ts';

/** Returns the exit code of one sync. `pending` without an error was requested and gives 0. */
function exitCodeOf({ status, error }: { status: Status; error: ReportedError | null }): ExitCode {
  if (error !== null) return exitCodeByError[error.code];
  return status === 'failed' || status === 'partial' ? 1 : 0;
}

/** The exit code of highest precedence among the run's own error and its syncs. */
export function exitCodeOfRun({ error, syncs }: RunReport): ExitCode {
  const own = error === null ? [] : [exitCodeByError[error.code]];
  const codes = [...own, ...syncs.map(exitCodeOf)];
  return exitCodePrecedence.find((code) => codes.includes(code)) ?? 0;
}

/** The status of the sync that decides the exit code. Among several of that code, the first in `order` counts. */
export function statusOfRun(error: ReportedError | null, syncs: readonly SyncReport[]): Status {
  if (error !== null) return statusOfError(error);
  const deciding = exitCodePrecedence.find((code) => syncs.some((sync) => exitCodeOf(sync) === code));
  const statuses = syncs.filter((sync) => exitCodeOf(sync) === deciding).map(({ status }) => status);
  const order: Status[] = ['partial', 'failed', 'refused', 'pending', 'succeeded', 'planned', 'nothing_to_do'];
  return order.find((status) => statuses.includes(status)) ?? 'nothing_to_do';
}

/** The status of a sync that ended with this error: refused by a guard, to be continued later, or failed. */
export function statusOfError(error: ReportedError): Status {
  switch (exitCodeOf({ status: 'failed', error })) {
    case 65:
      return 'refused';
    case 75:
      return 'pending';
    default:
      return 'failed';
  }
}
