import { networkFault, ServerFailure, type ServerFault } from '../servers/errors.ts';

/** Kinds by number. Snowflake publishes no list; the driver's numbers are in its error_code.js. */
const kinds: Record<number, ServerFault['kind']> = {
  604: 'timeout',
  630: 'timeout',
  904: 'column',
  2003: 'missing',
  2043: 'missing',
  3001: 'permission',
};

/** The driver's numbers for no connection, and for a result file that could not be fetched. */
const networkCodes = [401001, 402001];
/** The driver's numbers for an answer with a status other than 200. */
const statusCodes = [401002, 402002];

/** Keeps only numbers: the texts of the driver and the server quote statements and values. */
export function snowflakeFault(error: unknown, isConnected: boolean): ServerFault {
  if (error instanceof ServerFailure) return error.fault;
  const { code, cause, response, message } = (error ?? {}) as Record<string, unknown>;
  const number = Number(code);
  if (networkCodes.includes(number) || Number.isNaN(number)) return brokenFault(cause ?? error, isConnected);
  if (statusCodes.includes(number)) return statusFault(response, isConnected);
  const position = /line (\d+) at position (\d+)/.exec(String(message));
  return {
    kind: kindOf(number),
    code: nameOf(number),
    position: position === null ? undefined : `${position[1]}:${position[2]}`,
  };
}

function kindOf(number: number): ServerFault['kind'] {
  return number >= 390100 && number < 390200 ? 'login' : (kinds[number] ?? 'refused');
}

function nameOf(number: number): string {
  const isAlike = kinds[number] === 'missing';
  return isAlike ? `code ${number}, which stands for missing and for not permitted` : `code ${number}`;
}

function brokenFault(error: unknown, isConnected: boolean): ServerFault {
  const broken: ServerFault = { kind: isConnected ? 'interrupted' : 'unreachable', code: 'no connection' };
  return networkFault(error, isConnected) ?? broken;
}

function statusFault(response: unknown, isConnected: boolean): ServerFault {
  const status = Number((response as { statusCode?: unknown } | undefined)?.statusCode);
  if (status === 407) return { kind: 'proxy_login', code: 'HTTP 407' };
  return { kind: isConnected ? 'interrupted' : 'unreachable', code: `HTTP ${status}` };
}
