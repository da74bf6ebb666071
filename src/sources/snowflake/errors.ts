import { type Position, positionInSelected } from '../selected.ts';
import { networkFault, ServerFailure, type ServerFault } from '../servers/errors.ts';

/** Kinds by number. Snowflake publishes no list; the driver's numbers are in its error_code.js. */
const kinds: Record<number, ServerFault['kind']> = {
  604: 'timeout',
  606: 'no_warehouse',
  630: 'timeout',
  904: 'column',
  2003: 'missing',
  2043: 'missing',
  3001: 'permission',
  90105: 'no_current_database',
  390422: 'host',
};

/** Kinds of a missing object by the start of the text: numbers are the same for all of them. */
const missingKinds: readonly (readonly [RegExp, ServerFault['kind']])[] = [
  [/^(?:SQL compilation error:\s*)?Database '/, 'no_database'],
  [/^(?:SQL compilation error:\s*)?Schema '/, 'no_schema'],
];

const orRole = 'and that the role may use it: Snowflake reports a missing permission in the same way.';

export const snowflakeHints = {
  unreachable:
    'Check source.account and source.accessUrl, and whether this machine may connect there (firewall, allow list).',
  login:
    'Check source.username and source.privateKey, or source.oauthToken, and that the user may use source.role. If they are references, check that they name the right variable or file.',
  host: "Allow the address of this machine in the account's network policy.",
  permission: 'Grant the role (source.role) SELECT on the table, and USAGE on its database and schema.',
  missing: `Check source.database, source.schema and the name of the table, which is in upper case unless it is quoted, ${orRole}`,
  no_database: `Check source.database and the databases before the names of tables, ${orRole}`,
  no_schema: `Check source.schema and the schemas before the names of tables, ${orRole}`,
  no_current_database: 'Set source.database and source.schema, or write both before the names of tables.',
} as const;

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
  return { kind: kindOf(number, String(message)), code: `code ${number}`, position: positionIn(String(message)) };
}

function kindOf(number: number, message: string): ServerFault['kind'] {
  if (number >= 390100 && number < 390200) return 'login';
  const kind = kinds[number] ?? 'refused';
  return kind === 'missing' ? (missingKinds.find(([start]) => start.test(message))?.[1] ?? kind) : kind;
}

/** The server counts lines from 1, and the characters of a line from 0. */
function positionIn(message: string): Position | undefined {
  const [, line, position] = /line (\d+) at position (\d+)/.exec(message) ?? [];
  if (line === undefined) return undefined;
  return positionInSelected({ line: Number(line), column: Number(position) + 1 });
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
