import { systemErrorCode } from '../../errors.ts';
import { type Position, positionBehind, positionInSelected } from '../selected.ts';
import type { ServerFault } from '../servers/errors.ts';
import { urlHints } from '../servers/urlHints.ts';

/** Kinds by SQLSTATE (PostgreSQL, appendix A): whole codes first, then classes. */
const kinds: Record<string, ServerFault['kind']> = {
  '28': 'login',
  '3D000': 'no_database',
  '42501': 'permission',
  '42P01': 'missing',
  '3F000': 'no_schema',
  '42703': 'column',
  '57014': 'timeout',
  '57P03': 'busy',
  '57': 'interrupted',
  '53300': 'busy',
  '08': 'interrupted',
};

export const postgresHints = {
  ...urlHints,
  plain:
    'Enable TLS at the server. If the network is trusted, set source.tls to "off", or write sslmode=disable in source.url. The modes "allow" and "prefer" require TLS, too.',
  tls_required:
    'Set source.tls to "verify", or write sslmode=verify-full in source.url. If the certificate authority is your own, name its file in source.ca.',
  no_database: 'Correct the database in source.url.',
} as const;

/**
 * Keeps only the code and the position of a server's error. `statement` is the one that failed, if it reads the rows by
 * `fromSelected`.
 */
export function postgresFault(error: unknown, statement?: string): ServerFault | undefined {
  const code = systemErrorCode(error);
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && isFromServer(error)) {
    // Only the text distinguishes this refusal from others. It is in the server's language.
    if (code === '28000' && /, no encryption$/.test(messageOf(error))) return { kind: 'tls_required', code };
    return {
      kind: kinds[code] ?? kinds[code.slice(0, 2)] ?? 'refused',
      code,
      position: statement === undefined ? undefined : positionOf(error, statement),
    };
  }
  if (!(error instanceof Error)) return undefined;
  // Errors of the client itself have no code.
  if (error.message === 'The server does not support SSL connections') return { kind: 'plain', code: 'no TLS' };
  if (/password must be a string/.test(error.message)) return { kind: 'login', code: 'no password' };
  if (error.message === 'Query read timeout') return { kind: 'interrupted', code: 'no answer' };
  return undefined;
}

/** The server counts the characters of the statement from 1. */
function positionOf(error: object, statement: string): Position | undefined {
  const characters = 'position' in error ? Number(error.position) : Number.NaN;
  if (!(characters > 0)) return undefined;
  return positionInSelected(positionBehind([...statement].slice(0, characters - 1).join('')));
}

function messageOf(error: object): string {
  return 'message' in error ? String(error.message) : '';
}

function isFromServer(error: unknown): error is object {
  return typeof error === 'object' && error !== null && 'severity' in error;
}
