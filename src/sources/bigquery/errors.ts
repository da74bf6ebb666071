import { isPage } from '../../http/pages.ts';
import type { Position } from '../selected.ts';
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

export const bigqueryHints = {
  unreachable:
    'Check source.apiEndpoint, if it is set, and whether this machine may connect to Google (firewall, allow list).',
  login:
    'Check source.keyFile, or the credentials of the environment if it is not set. The service account and its key must be enabled.',
  permission:
    'Grant the account BigQuery Data Viewer on the dataset, and BigQuery Job User on the project that runs the query (source.projectId).',
  missing:
    'Check source.projectId, the project and the dataset before the name of the table, and source.location: names are case-sensitive.',
  no_dataset:
    'Check source.projectId, the project and the dataset before the names of tables, and source.location: names are case-sensitive.',
} as const;

export function bigqueryFault({ reason, message = '' }: BigqueryError, status: number): ServerFault {
  const code = isCode(reason) ? reason : `HTTP ${status}`;
  return { kind: kindOf(code, message, status), code, position: positionIn(message) };
}

/** Only the text distinguishes a missing dataset from a missing table. */
function kindOf(code: string, message: string, status: number): ServerFault['kind'] {
  if (code === 'notFound' && message.startsWith('Not found: Dataset ')) return 'no_dataset';
  return kinds[code] ?? kindOfStatus(status);
}

function positionIn(message: string): Position | undefined {
  // The last one: the text quotes the user's SQL before it.
  const [, line, column] = /.* at \[(\d+):(\d+)\]/s.exec(message) ?? [];
  return line === undefined ? undefined : { line: Number(line), column: Number(column) };
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
