import { isLoopback } from '../../http/loopback.ts';

/*
 * URLs of servers. No message quotes one, since it may hold a password.
 */

export type UrlKind = 'postgres' | 'mysql';
export type TlsMode = 'verify' | 'unverified' | 'off';

/** The parts of a connection URL. Absent parts are undefined, for the driver's own default. */
export interface Connection {
  host: string;
  /** The name of the server in messages. */
  address: string;
  port: number;
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  /** Path of a socket, in place of host and port: its folder for PostgreSQL, the socket itself for MySQL. */
  socketPath: string | undefined;
  tls: TlsMode;
}

const kinds = {
  postgres: {
    schemes: ['postgres:', 'postgresql:'],
    port: 5432,
    example: 'postgres://user:${PGPASSWORD}@host:5432/database',
    socketParameter: 'host',
    tlsParameter: 'sslmode',
  },
  mysql: {
    schemes: ['mysql:', 'mariadb:'],
    port: 3306,
    example: 'mysql://user:${MYSQL_PASSWORD}@host:3306/database',
    socketParameter: 'socketPath',
    tlsParameter: 'ssl-mode',
  },
} as const;

/** Modes by the parameter of the engines' own clients. Their "require" encrypts without checking the certificate. */
const tlsByParameter: Record<string, TlsMode> = {
  disable: 'off',
  disabled: 'off',
  allow: 'unverified',
  prefer: 'unverified',
  preferred: 'unverified',
  require: 'unverified',
  required: 'unverified',
  'verify-ca': 'verify',
  verify_ca: 'verify',
  'verify-full': 'verify',
  verify_identity: 'verify',
};

/** Describes the fault of a connection URL without quoting it. Undefined for a valid URL. */
export function connectionUrlProblem(text: string, kind: UrlKind): string | undefined {
  const { schemes, example, socketParameter, tlsParameter } = kinds[kind];
  const url = parseUrl(text);
  if (url === undefined || !schemes.some((scheme) => scheme === url.protocol))
    return `must be a URL such as ${example}; an "@", "/", "#" or "%" in a password must be percent-encoded (a reference is encoded automatically)`;
  if (!canDecode(url)) return 'contains a "%" that is not part of a percent-encoded character; write it as %25';
  if (!hasHost(url) && !url.searchParams.has(socketParameter)) return `must name a host, as in ${example}`;
  const unknown = [...url.searchParams.keys()].find((name) => name !== socketParameter && name !== tlsParameter);
  if (unknown !== undefined)
    return `has an unknown parameter; the known ones are ${tlsParameter} and ${socketParameter}`;
  const mode = url.searchParams.get(tlsParameter);
  if (mode !== null && tlsByParameter[mode.toLowerCase()] === undefined)
    return `has an unknown ${tlsParameter}; remove it, and set tls to verify, unverified or off`;
  return undefined;
}

/** Parses a valid URL. TLS is as configured, else as the URL says, else verified unless the host is loopback. */
export function parseConnectionUrl(text: string, kind: UrlKind, tls: TlsMode | undefined): Connection {
  const { port, socketParameter, tlsParameter } = kinds[kind];
  const url = parseUrl(text);
  if (url === undefined) throw new Error('the schema accepted a URL with problems');
  const decoded = (part: string) => (part === '' ? undefined : decodeURIComponent(part));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const socketPath = url.searchParams.get(socketParameter) ?? undefined;
  const isLocal = socketPath !== undefined || isLoopback(url.hostname);
  const byUrl = tlsByParameter[url.searchParams.get(tlsParameter)?.toLowerCase() ?? ''];
  return {
    host,
    port: url.port === '' ? port : Number(url.port),
    address: socketPath ?? `${url.hostname}:${url.port === '' ? port : url.port}`,
    user: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.replace(/^\//, '')),
    socketPath,
    tls: tls ?? byUrl ?? (isLocal ? 'off' : 'verify'),
  };
}

/** Describes the fault of an HTTP server's URL. Undefined for a valid URL. */
export function httpUrlProblem(text: string): string | undefined {
  const url = parseUrl(text);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return 'must be a URL that starts with https://';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'must start with https://; http:// is allowed for loopback addresses only';
  if (url.search !== '' || url.hash !== '') return 'must not contain parameters';
  return canDecode(url) ? undefined : 'contains a "%" that is not part of a percent-encoded character; write it as %25';
}

/** Replaces a missing host behind a user, which libpq allows if a socket is named: "postgres://me@/db". */
const noHost = 'no-host.invalid';

function parseUrl(text: string): URL | undefined {
  const whole = text.replace(/^([a-z]+:\/\/[^/?#]*@)(?=[/?#]|$)/i, `$1${noHost}`);
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

function hasHost({ hostname }: URL): boolean {
  return hostname !== '' && hostname !== noHost;
}

function canDecode({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}${pathname}`);
    return true;
  } catch {
    return false;
  }
}
