import type { Dispatcher } from 'undici';
import { createConnections } from '../../http/connections.ts';
import { connectTimeoutMs } from './silence.ts';
import { readCa } from './tls.ts';

/** Opens connections to a server over HTTP, through the proxy that the environment names for it. */
export function createHttpConnections(ca?: string): Dispatcher {
  const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: readCa(ca) }) };
  // The readers of answers watch for silence. A server may work for long before its first byte.
  return createConnections(process.env, { headersTimeout: 0, bodyTimeout: 0, connect });
}
