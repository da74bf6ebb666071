import { type ErrorCode, SyncError, systemErrorCode } from '../../errors.ts';
import { ProxyFailure } from '../../http/connections.ts';
import { UnknownCoding } from '../../http/contentCoding.ts';
import { isTlsFault } from '../../http/tlsFaults.ts';

/** A fault of a server. `code` is the driver's or the server's own. Its text may quote rows and is dropped. */
export interface ServerFault {
  kind:
    | 'unreachable'
    | 'proxy'
    | 'proxy_login'
    | 'foreign'
    | 'no_tls'
    | 'plain'
    | 'tls_required'
    | 'login'
    | 'permission'
    | 'missing'
    | 'column'
    | 'timeout'
    | 'interrupted'
    | 'refused';
  code: string;
  /** The place in the statement, as the server counts. */
  position?: string | undefined;
}

/** A failure with a known fault. Only codes and positions of the server's text are kept. */
export class ServerFailure extends Error {
  readonly fault: ServerFault;

  constructor(fault: ServerFault) {
    super(fault.code);
    this.fault = fault;
  }
}

/** Names of the server and of the queried relation in messages. */
export interface Asked {
  /** "PostgreSQL at db.example:5432" */
  server: string;
  /** "the query" or "the table customers" */
  label: string;
}

interface Wording {
  error: ErrorCode;
  message(asked: Asked): string;
  hint: string;
}

const wordings: Record<ServerFault['kind'], Wording> = {
  unreachable: {
    error: 'source.unreachable',
    message: ({ server }) => `Cannot reach ${server}`,
    hint: 'Check host and port, and whether this machine may connect there (firewall, allow list).',
  },
  proxy: {
    error: 'source.unreachable',
    message: ({ server }) => `The proxy on the way to ${server} opened no connection`,
    hint: 'Check the proxy, and whether it lets this host through; or exempt the host from it with NO_PROXY.',
  },
  proxy_login: {
    error: 'config.invalid',
    message: ({ server }) => `The proxy on the way to ${server} demands a login, or refused the one it was given`,
    hint: 'Write user and password into the variable that names the proxy (HTTPS_PROXY): http://user:password@host:port, both percent-encoded.',
  },
  foreign: {
    error: 'source.unreachable',
    message: ({ server }) => `Something other than ${server} answered`,
    hint: 'A proxy, a firewall or a login page answered in its place, or the URL is wrong. Allow the host there, or exempt it from the proxy with NO_PROXY.',
  },
  no_tls: {
    error: 'source.unreachable',
    message: ({ server }) => `Found no TLS connection to ${server} that can be trusted`,
    hint: 'Give the authority of its certificate in source.ca; or say source.tls: unverified (encrypted, certificate not looked at) or off, where the network is trusted.',
  },
  plain: {
    error: 'source.unreachable',
    message: ({ server }) =>
      `${capital(server)} offers no TLS, and nothing is sent in the clear unless that is asked for`,
    hint: 'Switch TLS on at the server; or, where the network is trusted, write "tls": "off" in the source, or sslmode=disable (MySQL: ssl-mode=DISABLED) in its URL. The modes "allow" and "prefer" demand TLS, too.',
  },
  tls_required: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} accepts no login without TLS`,
    hint: 'Write "tls": "verify" in the source, or sslmode=verify-full (MySQL: ssl-mode=VERIFY_IDENTITY) in its URL; and source.ca, if its authority is your own.',
  },
  login: {
    error: 'source.login_failed',
    message: ({ server }) => `Was not let in by ${server}`,
    hint: 'Check user, password or key, and whether the user may use the database, and that the references in the configuration are the right ones.',
  },
  permission: {
    error: 'source.not_permitted',
    message: ({ server, label }) => `The user may not read ${label} (${server})`,
    hint: 'Grant SELECT on it, and USAGE on its schema, to the user of the connection.',
  },
  missing: {
    error: 'source.not_found',
    message: ({ server, label }) => `Did not find ${label}, or something it names, in ${server}`,
    hint: 'Check database, schema and table, and how they are spelt: most engines fold names that are not quoted.',
  },
  column: {
    error: 'source.column_missing',
    message: ({ server, label }) => `A column that ${label} names is not there (${server})`,
    hint: 'Check the query, or source.where, against the table.',
  },
  timeout: {
    error: 'source.timeout',
    message: ({ server, label }) => `${capital(server)} did not finish ${label} in the time it has`,
    hint: 'Make the query faster, or raise source.statementTimeoutMs; a limit of the server or of the user may be lower.',
  },
  interrupted: {
    error: 'source.interrupted',
    message: ({ server, label }) => `${capital(server)} stopped answering in the middle of ${label}`,
    hint: 'Nothing of this read was sent. Run again; if it happens again, look at the server and the network, or raise source.idleTimeoutMs.',
  },
  refused: {
    error: 'source.query_failed',
    message: ({ server, label }) => `${capital(server)} refused ${label}`,
    hint: "Look the code up in the server's manual, try the statement in its own client, and mend the source.",
  },
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function serverError({ kind, code, position }: ServerFault, asked: Asked): SyncError {
  const { error, message, hint } = wordings[kind];
  const place = position === undefined ? '' : `, position ${position}`;
  return new SyncError(error, `${message(asked)} (${code}${place}).`, hint);
}

const unreachable = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOENT',
  'EACCES',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const broken = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * Returns the fault of the network or of a proxy that an error means; undefined for other errors. A connection that
 * breaks before it stands counts as unreachable.
 */
export function networkFault(error: unknown, isConnected: boolean): ServerFault | undefined {
  if (error instanceof ProxyFailure) return proxyFault(error);
  if (error instanceof UnknownCoding) return { kind: 'foreign', code: `content coding ${error.coding}` };
  const code = systemErrorCode(error);
  if (code === undefined) return undefined;
  if (isTlsFault(code)) return { kind: 'no_tls', code };
  if (unreachable.has(code)) return { kind: 'unreachable', code };
  if (broken.has(code)) return { kind: isConnected ? 'interrupted' : 'unreachable', code };
  return undefined;
}

function proxyFault({ proxy, reason, status }: ProxyFailure): ServerFault {
  return { kind: status === 407 ? 'proxy_login' : 'proxy', code: `${reason} from the proxy ${proxy}` };
}
