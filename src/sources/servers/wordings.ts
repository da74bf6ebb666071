import type { ErrorCode } from '../../errors.ts';
import type { SelectedRows } from '../selected.ts';

/*
 * The messages of servers' faults, and hints that fit every type of source. `Hints` replaces those that name a field.
 */

export type FaultKind = keyof typeof wordings;

export type Hints = Partial<Record<FaultKind, string>>;

interface Named extends Pick<SelectedRows, 'label' | 'objects' | 'fields'> {
  server: string;
}

interface Wording {
  error: ErrorCode;
  /** Completed by the code in parentheses and a period. */
  message(named: Named): string;
  hint: string;
}

export const wordings = {
  unreachable: {
    error: 'source.unreachable',
    message: ({ server }) => `Cannot reach ${server}`,
    hint: 'Check whether this machine may connect to the server (firewall, allow list).',
  },
  busy: {
    error: 'source.unreachable',
    message: ({ server }) => `${capital(server)} accepts no further connections or queries at present`,
    hint: 'Run again later. If it happens again, raise the limits of the server, or end other sessions.',
  },
  proxy: {
    error: 'source.unreachable',
    message: ({ server }) => `The proxy on the way to ${server} opened no connection`,
    hint: 'Check that the proxy is running and allows this host, or exempt the host from it with NO_PROXY.',
  },
  proxy_login: {
    error: 'config.invalid',
    message: ({ server }) => `The proxy on the way to ${server} requires a login, or refused the given one`,
    hint: 'Write user and password into the variable that names the proxy (HTTPS_PROXY): http://user:password@host:port, both percent-encoded.',
  },
  foreign: {
    error: 'source.unreachable',
    message: ({ server }) => `Something other than ${server} answered`,
    hint: 'Check the address for a typing error. If a proxy, a firewall or a login page answered, allow the host there, or exempt it from the proxy with NO_PROXY.',
  },
  no_tls: {
    error: 'source.unreachable',
    message: ({ server }) => `Could not establish a trusted TLS connection to ${server}`,
    hint: 'Check the certificate of the server. If its authority is your own, name the file of the authority in NODE_EXTRA_CA_CERTS.',
  },
  plain: {
    error: 'source.unreachable',
    message: ({ server }) => `${capital(server)} offers no TLS, and the source requires it`,
    hint: 'Enable TLS at the server.',
  },
  tls_required: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} accepts no login without TLS`,
    hint: 'Enable TLS in the source.',
  },
  login: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} refused the login`,
    hint: 'Check the credentials of the source.',
  },
  login_method: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} requires a login method that this program does not support`,
    hint: 'Give the user a password that is checked by a common method of the server.',
  },
  host: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} accepts no login from this machine`,
    hint: "Allow the address of this machine in the server's network rules or host list.",
  },
  database_login: {
    error: 'source.login_failed',
    message: ({ server }) => `${capital(server)} denied the user access to the database`,
    hint: 'Check the database of the source, and grant the user access to it.',
  },
  permission: {
    error: 'source.not_permitted',
    message: ({ server, objects }) => `${capital(server)} denied the user access to ${objects}`,
    hint: 'Grant the user of the connection SELECT on the table, and USAGE on its schema.',
  },
  missing: {
    error: 'source.not_found',
    message: ({ server, objects }) => `${capital(objects)} does not exist in ${server}`,
    hint: 'Check the names of database, schema and table, and their spelling: most engines fold the case of names that are not quoted.',
  },
  no_database: {
    error: 'source.not_found',
    message: ({ server }) => `The requested database does not exist in ${server}`,
    hint: 'Check the name of the database.',
  },
  no_current_database: {
    error: 'source.not_found',
    message: ({ server, label }) => `${capital(server)} cannot look up ${label}, because no database is selected`,
    hint: 'Name the database in the source, or before the names of tables.',
  },
  no_warehouse: {
    error: 'source.query_failed',
    message: ({ server, label }) => `${capital(server)} cannot run ${label}, because no warehouse is selected`,
    hint: 'Set source.warehouse, or give the user a default warehouse that the role may use.',
  },
  no_schema: {
    error: 'source.not_found',
    message: ({ server, fields }) => `A schema named in ${fields} does not exist in ${server}`,
    hint: 'Check the name of the schema and its spelling: most engines fold the case of names that are not quoted.',
  },
  no_dataset: {
    error: 'source.not_found',
    message: ({ server, fields }) => `A dataset named in ${fields} does not exist in ${server}`,
    hint: 'Check the project and the dataset before the names of tables, and the location of the dataset.',
  },
  column: {
    error: 'source.column_missing',
    message: ({ server, fields }) => `A column named in ${fields} does not exist in ${server}`,
    hint: 'Compare the names of columns with those of the table.',
  },
  timeout: {
    error: 'source.timeout',
    message: ({ server, label }) => `${capital(server)} did not finish ${label} within the time limit`,
    hint: 'Make the query faster, or raise source.statementTimeoutMs. The server or the user may have a lower limit.',
  },
  interrupted: {
    error: 'source.interrupted',
    message: ({ server, label }) => `${capital(server)} stopped answering while it worked on ${label}`,
    hint: 'Run again; nothing of this read was sent. If it happens again, check the server and the network, or raise source.idleTimeoutMs.',
  },
  refused: {
    error: 'source.query_failed',
    message: ({ server, label }) => `${capital(server)} refused ${label}`,
    hint: "Look up the code in the server's manual, try the statement in the server's own client, and correct it in the source.",
  },
} as const satisfies Record<string, Wording>;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
