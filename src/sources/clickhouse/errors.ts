import { SyncError } from '../../errors.ts';
import { isPage } from '../../http/pages.ts';
import { type Position, positionBehind, positionInSelected } from '../selected.ts';
import { ServerFailure, type ServerFault } from '../servers/errors.ts';
import { urlHints } from '../servers/urlHints.ts';

/** Kinds by error number (ClickHouse, src/Common/ErrorCodes.cpp). */
const kinds: Record<number, ServerFault['kind']> = {
  16: 'column',
  47: 'column',
  60: 'missing',
  81: 'no_database',
  159: 'timeout',
  160: 'timeout',
  192: 'login',
  193: 'login',
  194: 'login',
  195: 'host',
  202: 'busy',
  209: 'interrupted',
  210: 'interrupted',
  394: 'interrupted',
  497: 'permission',
  516: 'login',
  734: 'interrupted',
};

export const clickhouseHints = {
  ...urlHints,
  no_tls: 'Name the file of the certificate authority in source.ca.',
  permission: 'Grant the user SELECT on the table.',
  missing: 'Check the database and the table, and their spelling: names are case-sensitive.',
  column: 'Compare the names of columns with those of the table: they are case-sensitive.',
} as const;

const readonlyCode = 164;

/** An answer that is not a result. */
export interface RefusedAnswer {
  status: number;
  /** The number of the exception, if a header has it. Otherwise it may stand in the text. */
  exceptionCode: string | undefined;
  text: string;
}

/** Returns the error of a refused answer to a statement that reads the rows by `fromSelected`. */
export function refusedAnswer({ status, exceptionCode, text }: RefusedAnswer, statement: string): Error {
  if (exceptionCode !== undefined) return exception(Number(exceptionCode), positionIn(text, statement));
  return exceptionIn(text) ?? new ServerFailure({ kind: kindOfStatus(status, text), code: `HTTP ${status}` });
}

/** Returns the kind of an answer without an exception, which may come from a proxy. */
function kindOfStatus(status: number, text: string): ServerFault['kind'] {
  if (status >= 502 && status <= 504) return 'unreachable';
  if (isPage(text) || status === 407 || (status >= 300 && status < 400)) return 'foreign';
  if (status === 401 || status === 403) return 'login';
  return 'refused';
}

/** Returns the exception at the end of an answer. Rows may precede it. */
export function exceptionIn(text: string): Error | undefined {
  const code = [...text.matchAll(/Code: (\d{1,5})\. DB::/g)].at(-1)?.[1];
  return code === undefined ? undefined : exception(Number(code));
}

/** The server counts the bytes of the statement from 1. */
function positionIn(text: string, statement: string): Position | undefined {
  const bytes = /failed at position (\d+)/.exec(text)?.[1];
  if (bytes === undefined) return undefined;
  const before = Buffer.from(statement).subarray(0, Number(bytes) - 1);
  return positionInSelected(positionBehind(before.toString()));
}

function exception(code: number, position?: Position): Error {
  if (code === readonlyCode) return mayNotSet();
  return new ServerFailure({ kind: kinds[code] ?? 'refused', code: `code ${code}`, position });
}

function mayNotSet(): SyncError {
  return new SyncError(
    'source.query_failed',
    'The ClickHouse user may not change settings, or the query does more than read (code 164).',
    'Set readonly = 2 for the user instead of readonly = 1: it also allows reading only, but accepts time limits and formats. Remove table functions that read from outside the server from the query.',
  );
}
