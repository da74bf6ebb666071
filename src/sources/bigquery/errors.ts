import { isPage } from '../../http/pages.ts';
import { ServerFailure, type ServerFault } from '../servers/errors.ts';

/** A refusal by Google. Only codes and positions of its texts are kept. */
export class BigqueryRefusal extends ServerFailure {
  readonly status: number;

  constructor(status: number, fault: ServerFault) {
    super(fault);
    this.status = status;
  }
}

/** An error of a request or of a job, as the API gives it. */
export interface BigqueryError {
  reason?: string;
  message?: string;
}

/** Kinds by reason (BigQuery, "Error messages"). Only the text distinguishes a missing column from bad syntax. */
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

/** Tells whether something between us and Google answered: Google sends no redirects, pages or successes without JSON. */
export function isForeignAnswer(status: number, body: string): boolean {
  if (status >= 500) return false;
  return (status >= 200 && status < 400) || status === 407 || isPage(body);
}

/** Tells whether a retry of the call may succeed. */
export function isTransient({ status, fault }: BigqueryRefusal): boolean {
  return [429, 500, 502, 503, 504].includes(status) || fault.code === 'rateLimitExceeded';
}
