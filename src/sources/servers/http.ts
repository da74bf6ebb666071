import type { Dispatcher } from 'undici';
import { createConnections } from '../../http/connections.ts';
import { readCa } from './tls.ts';

const connectTimeoutMs = 15_000;

/** Opens connections to a server that is asked over HTTP, through the proxy that the environment names for it. */
export function createHttpConnections(ca?: string): Dispatcher {
  const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: readCa(ca) }) };
  // Silence is watched where answers are read; a server may think for long before its first word.
  return createConnections(process.env, { headersTimeout: 0, bodyTimeout: 0, connect });
}
