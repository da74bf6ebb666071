import { systemErrorCode } from '../../errors.ts';
import type { ServerFault } from '../servers/errors.ts';

/** By the names of MySQL's and MariaDB's error codes (MySQL Error Message Reference; MariaDB error codes). */
const kinds: Record<string, ServerFault['kind']> = {
  ER_ACCESS_DENIED_ERROR: 'login',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'login',
  ER_DBACCESS_DENIED_ERROR: 'login',
  ER_BAD_DB_ERROR: 'missing',
  ER_NO_DB_ERROR: 'login',
  ER_NOT_SUPPORTED_AUTH_MODE: 'login',
  AUTH_SWITCH_PLUGIN_ERROR: 'login',
  ER_HOST_NOT_PRIVILEGED: 'login',
  ER_HOST_IS_BLOCKED: 'login',
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
  ER_CON_COUNT_ERROR: 'unreachable',
  PROTOCOL_CONNECTION_LOST: 'interrupted',
  HANDSHAKE_NO_SSL_SUPPORT: 'no_tls',
  HANDSHAKE_SSL_ERROR: 'no_tls',
};

/** The codes of numbers that the driver has no name for. */
const kindsByNumber: Record<number, ServerFault['kind']> = { 1969: 'timeout', 3024: 'timeout', 4031: 'interrupted' };

/** Only the code of an error goes on. */
export function mysqlFault(error: unknown): ServerFault | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code = systemErrorCode(error);
  const number = 'errno' in error && typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
  const kind =
    (code === undefined ? undefined : kinds[code]) ?? (number === undefined ? undefined : kindsByNumber[number]);
  if (kind !== undefined) return { kind, code: named(code, number) };
  return 'sqlState' in error && number !== undefined ? { kind: 'refused', code: named(code, number) } : undefined;
}

function named(code: string | undefined, number: number | undefined): string {
  return [code, number].filter((part) => part !== undefined).join(' ');
}
