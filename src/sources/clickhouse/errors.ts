import { SyncError } from '../../errors.ts';
import { isPage } from '../../http/pages.ts';
import { ServerFailure, type ServerFault } from '../servers/errors.ts';

/** Kinds by error number (ClickHouse, src/Common/ErrorCodes.cpp). */
const kinds: Record<number, ServerFault['kind']> = {
  16: 'column',
  47: 'column',
  60: 'missing',
  81: 'missing',
  159: 'timeout',
  160: 'timeout',
  192: 'login',
  193: 'login',
  194: 'login',
  202: 'unreachable',
  209: 'interrupted',
  210: 'interrupted',
  394: 'interrupted',
  497: 'permission',
  516: 'login',
  734: 'interrupted',
};

const readonlyCode = 164;

/** Returns the error of an answer that is not a result. Its number stands in a header or in the text. */
export function refusedAnswer(status: number, exceptionCode: string | undefined, text: string): Error {
  if (exceptionCode !== undefined) return exception(Number(exceptionCode), text);
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
  return code === undefined ? undefined : exception(Number(code), text);
}

function exception(code: number, text: string): Error {
  if (code === readonlyCode) return mayNotSet();
  const position = /failed at position (\d+)/.exec(text)?.[1];
  return new ServerFailure({ kind: kinds[code] ?? 'refused', code: `code ${code}`, position });
}

function mayNotSet(): SyncError {
  return new SyncError(
    'source.query_failed',
    'The ClickHouse user may not change settings, or the query does more than read (code 164).',
    'Give the user readonly = 2 in place of readonly = 1: it still only reads, but can be told time limits and formats. Leave table functions that reach outside out of the query.',
  );
}
