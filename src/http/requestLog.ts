import type { HttpAnswer, NetworkFailure } from './transport.ts';

/** Where requests are logged: pino's logger fits. */
export interface RequestLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface LoggedRequest {
  method: string;
  path: string;
  /** Counts from 1. */
  attempt: number;
  ms: number;
}

/** Logs one request: time (the logger's), method, path and status, which LINE asks integrators to keep. */
export function logRequest(
  log: RequestLog,
  { method, path, attempt, ms }: LoggedRequest,
  result: HttpAnswer | NetworkFailure,
): void {
  const outcome = result.kind === 'answer' ? { status: result.status } : { status: null, network: result.code };
  log.info({ method, path, ...outcome, attempt, ms }, 'Request');
}
