import { isPage } from '../../http/pages.ts';
import { ServerFailure, type ServerFault } from '../servers/errors.ts';

/** An answer of Google's that is a refusal; of its texts only codes and positions are kept. */
export class BigqueryRefusal extends ServerFailure {
  readonly status: number;

  constructor(status: number, fault: ServerFault) {
    super(fault);
    this.status = status;
  }
}

/** An error as the API gives it, of a request or of a job. */
export interface BigqueryError {
  reason?: string;
  message?: string;
}

/** By reason (BigQuery, "Error messages"). It tells a missing column from bad syntax by its text alone, so that is not told. */
const kinds: Record<string, ServerFault['kind']> = {
  accessDenied: 'permission',
  insufficientPermissions: 'permission',
  notFound: 'missing',
  authError: 'login',
  required: 'login',
  timeout: 'timeout',
  stopped: 'interrupted',
  jobBackendError: 'interrupted',
  jobInternalError: 'interrupted',
  backendError: 'interrupted',
  internalError: 'interrupted',
};

export function bigqueryFault({ reason, message }: BigqueryError, status: number): ServerFault {
  const code = isCode(reason) ? reason : `HTTP ${status}`;
  const position = /\[(\d+:\d+)\]/.exec(message ?? '')?.[1];
  return { kind: kinds[code] ?? kindOfStatus(status), code, position };
}

export function isCode(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z_]{1,40}$/.test(text);
}

function kindOfStatus(status: number): ServerFault['kind'] {
  if (status === 401) return 'login';
  return status >= 500 ? 'interrupted' : 'refused';
}

/** Tells whether something between us and Google answered: no success without JSON, no redirect and no page is Google's. */
export function isForeignAnswer(status: number, body: string): boolean {
  if (status >= 500) return false;
  return (status >= 200 && status < 400) || status === 407 || isPage(body);
}

/** Whether the same call may be answered a little later. */
export function isTransient({ status, fault }: BigqueryRefusal): boolean {
  return [429, 500, 502, 503, 504].includes(status) || fault.code === 'rateLimitExceeded';
}
