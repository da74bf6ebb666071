import { SyncError, systemErrorCode } from '../../errors.ts';
import { ProxyFailure } from '../../http/connections.ts';
import { UnknownCoding } from '../../http/contentCoding.ts';
import { isTlsFault } from '../../http/tlsFaults.ts';
import type { Position, SelectedRows } from '../selected.ts';
import { type FaultKind, type Hints, wordings } from './wordings.ts';

/** A fault of a server. `code` is the driver's or the server's own. Its text may quote rows and is dropped. */
export interface ServerFault {
  kind: FaultKind;
  code: string;
  /** The place in the SELECT of the source. */
  position?: Position | undefined;
}

/** A failure with a known fault. Only codes and positions of the server's text are kept. */
export class ServerFailure extends Error {
  readonly fault: ServerFault;

  constructor(fault: ServerFault) {
    super(fault.code);
    this.fault = fault;
  }
}

/** The server and the rows that are read, for messages. */
export interface Asked extends Omit<SelectedRows, 'select'> {
  /** "PostgreSQL at db.example:5432" */
  server: string;
  /** Hints that name the fields of this type of source. */
  hints: Hints;
}

export function serverError({ kind, code, position }: ServerFault, asked: Asked): SyncError {
  const { error, message, hint } = wordings[kind];
  const place = position && asked.placeOf(position);
  const details = place === undefined ? code : `${code}, ${place}`;
  return new SyncError(error, `${message(asked)} (${details}).`, asked.hints[kind] ?? hint);
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
