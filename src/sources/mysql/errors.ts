import { systemErrorCode } from '../../errors.ts';
import { type Position, positionInSelected } from '../selected.ts';
import type { ServerFault } from '../servers/errors.ts';
import { urlHints } from '../servers/urlHints.ts';

/** Kinds by the names of error codes (MySQL Error Message Reference; MariaDB error codes). */
const kinds: Record<string, ServerFault['kind']> = {
  ER_ACCESS_DENIED_ERROR: 'login',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'login',
  ER_DBACCESS_DENIED_ERROR: 'database_login',
  ER_BAD_DB_ERROR: 'no_database',
  ER_NO_DB_ERROR: 'no_current_database',
  ER_NOT_SUPPORTED_AUTH_MODE: 'login_method',
  AUTH_SWITCH_PLUGIN_ERROR: 'login_method',
  ER_HOST_NOT_PRIVILEGED: 'host',
  ER_HOST_IS_BLOCKED: 'host',
  ER_TABLEACCESS_DENIED_ERROR: 'permission',
  ER_COLUMNACCESS_DENIED_ERROR: 'permission',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'permission',
  ER_NO_SUCH_TABLE: 'missing',
  ER_BAD_TABLE_ERROR: 'missing',
  ER_BAD_FIELD_ERROR: 'column',
  ER_QUERY_TIMEOUT: 'timeout',
  ER_STATEMENT_TIMEOUT: 'timeout',
  ER_QUERY_INTERRUPTED: 'interrupted',
  ER_SERVER_SHUTDOWN: 'interrupted',
  ER_CON_COUNT_ERROR: 'busy',
  ER_TOO_MANY_USER_CONNECTIONS: 'busy',
  ER_USER_LIMIT_REACHED: 'busy',
  PROTOCOL_CONNECTION_LOST: 'interrupted',
  ER_SECURE_TRANSPORT_REQUIRED: 'tls_required',
  HANDSHAKE_NO_SSL_SUPPORT: 'plain',
};

export const mysqlHints = {
  ...urlHints,
  plain:
    'Enable TLS at the server. If the network is trusted, set source.tls to "off", or write ssl-mode=DISABLED in source.url. The mode PREFERRED requires TLS, too.',
  tls_required:
    'Set source.tls to "verify", or write ssl-mode=VERIFY_IDENTITY in source.url. If the certificate authority is your own, name its file in source.ca.',
  login_method: 'Create the user with caching_sha2_password or mysql_native_password.',
  host: "Allow the address of this machine in the host of the user's account. If the server has blocked it after failed logins, run FLUSH HOSTS there.",
  permission: 'Grant the user SELECT on the table or its columns.',
  missing: 'Check the database and the table, and their spelling: names of tables may be case-sensitive.',
} as const;

/** OpenSSL's verdicts on certificates. The driver overwrites Node's code and keeps the text. */
const tlsCauses: readonly (readonly [RegExp, string])[] = [
  [/^self.signed certificate in certificate chain/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/^self.signed certificate/, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/^unable to get local issuer certificate/, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  [/^unable to get issuer certificate/, 'UNABLE_TO_GET_ISSUER_CERT'],
  [/^unable to verify the first certificate/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/^certificate has expired/, 'CERT_HAS_EXPIRED'],
  [/^certificate is not yet valid/, 'CERT_NOT_YET_VALID'],
  [/^certificate revoked/, 'CERT_REVOKED'],
  [/^(unsuitable|unsupported) certificate purpose/, 'INVALID_PURPOSE'],
  [/^Hostname\/IP does not match certificate's altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
];

/** Kinds of the numbers that the driver has no name for. */
const kindsByNumber: Record<number, ServerFault['kind']> = { 1969: 'timeout', 3024: 'timeout', 4031: 'interrupted' };

/** Keeps only the code of an error, and the line of a syntax error. */
export function mysqlFault(error: unknown): ServerFault | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code = systemErrorCode(error);
  if (code === 'HANDSHAKE_SSL_ERROR') return { kind: 'no_tls', code: tlsCause(error) ?? code };
  const number = 'errno' in error && typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
  const kind =
    (code === undefined ? undefined : kinds[code]) ?? (number === undefined ? undefined : kindsByNumber[number]);
  if (kind !== undefined) return { kind, code: named(code, number) };
  if (!('sqlState' in error) || number === undefined) return undefined;
  return { kind: 'refused', code: named(code, number), position: positionOf(error) };
}

/** The text ends with the line in the statement. The SQL that it quotes before may be the user's. */
function positionOf(error: object): Position | undefined {
  const line = / at line (\d+)$/.exec('message' in error ? String(error.message) : '')?.[1];
  return line === undefined ? undefined : positionInSelected({ line: Number(line) });
}

function tlsCause(error: object): string | undefined {
  const text = 'message' in error ? String(error.message) : '';
  const known = tlsCauses.find(([pattern]) => pattern.test(text))?.[1];
  if (known !== undefined) return known;
  // A fault of the protocol: "wrong version number".
  const reason = 'reason' in error ? String(error.reason) : '';
  return /^[a-z\d /-]{1,60}$/i.test(reason) ? `ERR_SSL_${reason.toUpperCase().replace(/[^A-Z\d]+/g, '_')}` : undefined;
}

function named(code: string | undefined, number: number | undefined): string {
  return [code, number].filter((part) => part !== undefined).join(' ');
}
