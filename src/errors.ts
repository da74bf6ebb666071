/**
 * The errors that end a run or a sync, each with its exit code (docs/errors.md). A bad value is a counted reject and is
 * never thrown.
 */
export const exitCodeByError = {
  internal: 70,
  'process.limit': 73,
  'process.no_mkfifo': 73,
  'state.not_ours': 73,
  'state.not_readable': 73,
  'state.not_writable': 73,
  'state.disk_full': 73,
  'state.corrupt': 73,
  'state.too_new': 73,
  'config.invalid': 78,
  'audience.not_found': 78,
  'audience.wrong_type': 78,
  'audience.unusable': 78,
  'audience.ambiguous': 78,
  'auth.failed': 77,
  'auth.not_permitted': 77,
  'auth.account_not_found': 77,
  'source.not_found': 66,
  'source.column_missing': 66,
  'source.no_header': 66,
  'source.malformed': 66,
  'source.encoding': 66,
  'source.not_select': 66,
  'source.query_failed': 66,
  'source.unreadable': 66,
  'source.unreachable': 66,
  'source.login_failed': 66,
  'source.not_permitted': 66,
  'source.timeout': 66,
  'source.interrupted': 66,
  'source.driver_missing': 66,
  'identifiers.none': 65,
  'guard.empty_mirror': 65,
  'guard.min_members': 65,
  'guard.max_rejected': 65,
  'guard.max_doubtful': 65,
  'guard.max_shrink': 65,
  'audience.appeared': 75,
  'audience.changed': 75,
  'upload.refused': 1,
  'job.failed': 1,
  'line.unreachable': 69,
  'line.rate_limited': 75,
  'line.replace_refused': 75,
  'line.retries_exhausted': 75,
  'line.bad_answer': 75,
  'line.blocked': 75,
  'jobs.timeout': 75,
  'run.interrupted': 75,
  'state.locked': 75,
  usage: 64,
} as const;

export type ErrorCode = keyof typeof exitCodeByError;
export type ExitCode = (typeof exitCodeByError)[ErrorCode] | 0;

/** The exit code of a run is the first of this list that occurs among its syncs. */
export const exitCodePrecedence: readonly ExitCode[] = [64, 70, 73, 78, 77, 66, 65, 1, 69, 75, 0];

/**
 * The one error of this program. `message` names the failure, its object and its cause in full sentences. `hint` gives
 * the next step in the imperative. Neither holds an identifier, raw or hashed, nor a secret. A driver's or DuckDB's error
 * must not be the `cause`, since its text quotes people's data.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** Returns the code of an error of Node ("ENOSPC") or undici ("UND_ERR_SOCKET"), if it has one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
