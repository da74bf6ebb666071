import { systemErrorCode } from '../../errors.ts';
import type { ServerFault } from '../servers/errors.ts';

/** Kinds by SQLSTATE (PostgreSQL, appendix A): whole codes first, then classes. */
const kinds: Record<string, ServerFault['kind']> = {
  '28': 'login',
  '3D000': 'missing',
  '42501': 'permission',
  '42P01': 'missing',
  '3F000': 'missing',
  '42703': 'column',
  '57014': 'timeout',
  '57': 'interrupted',
  '53300': 'unreachable',
  '08': 'interrupted',
};

/** Keeps only the code and the position of a server's error. */
export function postgresFault(error: unknown): ServerFault | undefined {
  const code = systemErrorCode(error);
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && isFromServer(error)) {
    // Only the text distinguishes this refusal from others. It is in the server's language.
    if (code === '28000' && /, no encryption$/.test(messageOf(error))) return { kind: 'tls_required', code };
    const position = 'position' in error && typeof error.position === 'string' ? error.position : undefined;
    return { kind: kinds[code] ?? kinds[code.slice(0, 2)] ?? 'refused', code, position };
  }
  if (!(error instanceof Error)) return undefined;
  // Errors of the client itself have no code.
  if (error.message === 'The server does not support SSL connections') return { kind: 'plain', code: 'no TLS' };
  if (/password must be a string/.test(error.message)) return { kind: 'login', code: 'no password' };
  if (error.message === 'Query read timeout') return { kind: 'interrupted', code: 'no answer' };
  return undefined;
}

function messageOf(error: object): string {
  return 'message' in error ? String(error.message) : '';
}

function isFromServer(error: unknown): error is object {
  return typeof error === 'object' && error !== null && 'severity' in error;
}
