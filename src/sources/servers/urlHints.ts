import type { Hints } from './wordings.ts';

/** Hints for sources that connect by `source.url`, with `source.tls` and `source.ca`. */
export const urlHints = {
  unreachable:
    'Check the host and the port in source.url, and whether this machine may connect there (firewall, allow list).',
  no_tls:
    'Name the file of the certificate authority in source.ca. If the network is trusted, set source.tls to "unverified" (encrypted, certificate not checked) or "off".',
  login:
    'Check the user and the password in source.url, and that the user may use the database. If they are references, check that they name the right variable or file.',
  database_login: 'Check the database in source.url, and grant the user access to it.',
  no_database: 'Correct the database in source.url, or before the names of tables.',
  no_current_database: 'Write the database at the end of source.url, or before the names of tables.',
} as const satisfies Hints;
