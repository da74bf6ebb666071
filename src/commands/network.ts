import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import { createConnections } from '../http/connections.ts';
import { type TlsWarning, tlsWarning } from '../http/tlsFaults.ts';

export interface Network {
  dispatcher: Dispatcher;
  /** Unsafe settings of the environment. */
  warnings: readonly TlsWarning[];
}

/** Opens the connections of a command by the environment of the process, and logs its unsafe settings. */
export function openNetwork(log: Logger): Network {
  const warnings = networkWarnings();
  for (const { code, message } of warnings) log.warn({ code }, message);
  return { dispatcher: createConnections(process.env), warnings };
}

export function networkWarnings(): readonly TlsWarning[] {
  const warning = tlsWarning(process.env);
  return warning === undefined ? [] : [warning];
}
