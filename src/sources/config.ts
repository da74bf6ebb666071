import { z } from 'zod';
import { integer } from '../configFields.ts';
import { encodings } from './files/encodings.ts';
import { connectionUrlProblem, httpUrlProblem } from './servers/connectionUrl.ts';

/*
 * The part of the configuration that says where identifiers are read from: one schema for each kind of source.
 */

/** Text that another function finds fault with, or does not. */
function checkedText(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

const secret = { writeOnly: true, 'x-secret': true } as const;

const csv = z
  .strictObject({
    header: z
      .boolean()
      .default(true)
      .meta({ title: 'Header', description: 'Whether the first line names the columns.' }),
    columns: z.array(z.string().min(1)).min(1).optional().meta({
      title: 'Column names',
      description: 'The columns in order, for files without a header (needed when header is false).',
    }),
    delimiter: z
      .string()
      .length(1)
      .optional()
      .meta({ title: 'Delimiter', description: 'One character; guessed when absent.' }),
    quote: z
      .string()
      .max(1)
      .optional()
      .meta({ title: 'Quote', description: 'One character, or "" for none; guessed when absent.' }),
    encoding: z.enum(encodings).default('utf-8').meta({
      title: 'Encoding',
      description:
        'How the text is written: shift_jis is that of Windows (cp932), utf-16 goes by its byte order mark. A byte that is wrong in it is an error.',
    }),
  })
  .superRefine((value, context) => {
    if (!value.header && value.columns === undefined)
      context.addIssue({ code: 'custom', path: ['columns'], message: 'is needed when header is false' });
    if (value.header && value.columns !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['columns'],
        message: 'goes with header: false; a header names the columns itself',
      });
    for (const sign of ['delimiter', 'quote'] as const)
      if (/[\r\n]/.test(value[sign] ?? ''))
        context.addIssue({ code: 'custom', path: [sign], message: 'must not be a line break' });
    if (/[^\0-\x7f]/.test(value.quote ?? ''))
      context.addIssue({ code: 'custom', path: ['quote'], message: 'must be an ASCII character' });
    if (value.delimiter !== undefined && value.delimiter === (value.quote ?? '"'))
      context.addIssue({ code: 'custom', path: ['delimiter'], message: 'must not be the quote' });
  })
  .meta({ title: 'CSV', description: 'How CSV files are written, where it cannot be told from the file.' });

const filesSource = z
  .strictObject({
    type: z.literal('files').meta({ title: 'Type', description: 'Files on a local or mounted disk.' }),
    path: z.string().min(1).meta({
      title: 'Path',
      description:
        'A path or glob of .parquet, .csv, .tsv, .json, .jsonl or .ndjson files, the text ones also .gz or .zst. All that match are read as one.',
    }),
    csv: csv.optional(),
  })
  .meta({ title: 'Files', description: 'Parquet, CSV or JSON lines files.' });

const stdinSource = z
  .strictObject({
    type: z.literal('stdin').meta({ title: 'Type', description: 'Standard input, read once a run.' }),
    format: z.enum(['jsonl', 'csv']).meta({ title: 'Format', description: 'JSON lines, or CSV.' }),
    csv: csv.optional(),
  })
  .superRefine((value, context) => {
    if (value.format !== 'csv' && value.csv !== undefined)
      context.addIssue({ code: 'custom', path: ['csv'], message: 'goes with format: csv' });
  })
  .meta({ title: 'Standard input', description: 'JSON lines or CSV from another program.' });

/** What an SQL source reads. */
const selection = {
  query: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Query',
    description: 'One SELECT statement. Either this or table.',
  }),
  table: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Table',
    description: 'A table or view, written as in SQL (schema.table, quoted where the engine wants it).',
  }),
  where: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Where',
    description: 'With table: an SQL condition that the rows must meet.',
  }),
} as const;

interface Selection {
  query?: string | undefined;
  table?: string | undefined;
  where?: string | undefined;
}

function checkSelection({ query, table, where }: Selection, context: z.core.$RefinementCtx): void {
  if (query === undefined && table === undefined)
    context.addIssue({ code: 'custom', path: ['query'], message: 'is needed, or table' });
  if (query !== undefined && table !== undefined)
    context.addIssue({ code: 'custom', path: ['table'], message: 'goes without query' });
  if (query !== undefined && where !== undefined)
    context.addIssue({ code: 'custom', path: ['where'], message: 'goes with table; a query has its own' });
}

const duckdbSource = z
  .strictObject({
    type: z.literal('duckdb').meta({ title: 'Type', description: 'DuckDB, in process.' }),
    database: z.string().min(1).optional().meta({
      title: 'Database',
      description: 'Path of a DuckDB database file, opened read-only; without it the query reads files.',
    }),
    ...selection,
  })
  .superRefine(checkSelection)
  .meta({ title: 'DuckDB', description: 'A SELECT over a DuckDB database or files, or a table.' });

/** How long a server may take. */
const patience = {
  statementTimeoutMs: integer(100, 86_400_000).default(3_600_000).meta({
    title: 'Statement timeout',
    description: 'Longest time that the server may work on the query; it is told so, where it can be.',
    unit: 'ms',
  }),
  idleTimeoutMs: integer(100, 3_600_000).default(60_000).meta({
    title: 'Idle timeout',
    description: 'Longest silence between two rows, once rows have begun to come; then the read has failed.',
    unit: 'ms',
  }),
} as const;

const transport = {
  tls: z.enum(['verify', 'unverified', 'off']).optional().meta({
    title: 'TLS',
    description:
      'verify: encrypted, and the certificate must be valid; unverified: encrypted only; off: plain. Default: verify, but off to loopback and sockets.',
  }),
  ca: z.string().min(1).optional().meta({
    title: 'CA file',
    description:
      'Path of a PEM file of the authorities that may sign the certificate, in place of the well-known ones.',
  }),
} as const;

const postgresSource = z
  .strictObject({
    type: z.literal('postgres').meta({ title: 'Type', description: 'PostgreSQL, AlloyDB, Aurora or Redshift.' }),
    url: checkedText((text) => connectionUrlProblem(text, 'postgres')).meta({
      title: 'URL',
      description:
        'postgres://user:password@host:5432/database, the password best as ${NAME}; references inside are encoded for the URL. Of parameters, sslmode and host (a folder of sockets) are known.',
      ...secret,
    }),
    ...selection,
    transfer: z.enum(['auto', 'copy', 'cursor']).default('auto').meta({
      title: 'Transfer',
      description:
        'copy: COPY TO STDOUT, the fastest; cursor: FETCH, where COPY is refused; auto: what the server has.',
    }),
    ...transport,
    ...patience,
  })
  .superRefine(checkSelection)
  .meta({ title: 'PostgreSQL', description: 'PostgreSQL and what speaks its protocol.' });

const mysqlSource = z
  .strictObject({
    type: z.literal('mysql').meta({ title: 'Type', description: 'MySQL, MariaDB or Aurora.' }),
    url: checkedText((text) => connectionUrlProblem(text, 'mysql')).meta({
      title: 'URL',
      description:
        'mysql://user:password@host:3306/database, the password best as ${NAME}; references inside are encoded for the URL. Of parameters, ssl-mode and socketPath are known.',
      ...secret,
    }),
    ...selection,
    ...transport,
    ...patience,
  })
  .superRefine(checkSelection)
  .meta({ title: 'MySQL', description: 'MySQL and MariaDB.' });

const clickhouseSource = z
  .strictObject({
    type: z.literal('clickhouse').meta({ title: 'Type', description: 'ClickHouse, over HTTP.' }),
    url: checkedText((text) => httpUrlProblem(text)).meta({
      title: 'URL',
      description:
        'https://user:password@host:8443/database, the password best as ${NAME}; plain http only to loopback.',
      ...secret,
    }),
    ...selection,
    ca: transport.ca,
    ...patience,
  })
  .superRefine(checkSelection)
  .meta({ title: 'ClickHouse', description: 'ClickHouse and ClickHouse Cloud.' });

const bigquerySource = z
  .strictObject({
    type: z.literal('bigquery').meta({ title: 'Type', description: 'Google BigQuery.' }),
    projectId: z.string().min(1).optional().meta({
      title: 'Project',
      description: 'The project that runs and pays for the query. Default: that of the credentials.',
    }),
    location: z.string().min(1).optional().meta({
      title: 'Location',
      description: 'Where the data is, such as asia-northeast1; found out when absent.',
    }),
    keyFile: z.string().min(1).optional().meta({
      title: 'Key file',
      description: "Path of a service account's JSON key. Default: the ambient credentials.",
    }),
    maximumBytesBilled: z
      .string()
      .regex(/^\d{1,18}$/, 'must be digits')
      .optional()
      .meta({ title: 'Most bytes billed', description: 'A query that would read more fails instead.', unit: 'bytes' }),
    apiEndpoint: checkedText((text) => httpUrlProblem(text))
      .optional()
      .meta({
        title: 'API endpoint',
        description: 'For private endpoints. Default: https://bigquery.googleapis.com.',
      }),
    ...selection,
    ...patience,
  })
  .superRefine(checkSelection)
  .meta({ title: 'BigQuery', description: 'Google BigQuery; needs the package @google-cloud/bigquery.' });

const snowflakeSource = z
  .strictObject({
    type: z.literal('snowflake').meta({ title: 'Type', description: 'Snowflake.' }),
    account: z
      .string()
      .regex(/^[\w.-]+$/, 'must be an account identifier, such as myorg-account1')
      .meta({ title: 'Account', description: 'Account identifier, such as myorg-account1.' }),
    username: z.string().min(1).optional().meta({ title: 'User', description: 'Needed with privateKey.' }),
    privateKey: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'Private key',
        description: 'PEM text of the key pair of the user, best as ${file:PATH}. Either this or oauthToken.',
        ...secret,
      }),
    privateKeyPassphrase: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'Passphrase',
        description: 'Of an encrypted private key.',
        ...secret,
      }),
    oauthToken: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'OAuth token',
        description: 'An access token of an external identity provider.',
        ...secret,
      }),
    warehouse: z.string().min(1).optional().meta({ title: 'Warehouse', description: "Default: the user's." }),
    database: z.string().min(1).optional().meta({ title: 'Database', description: "Default: the user's." }),
    schema: z.string().min(1).optional().meta({ title: 'Schema', description: "Default: the user's." }),
    role: z.string().min(1).optional().meta({ title: 'Role', description: "Default: the user's." }),
    accessUrl: checkedText((text) => httpUrlProblem(text))
      .optional()
      .meta({
        title: 'Access URL',
        description: 'For private links. Default: https://<account>.snowflakecomputing.com.',
      }),
    ...selection,
    ...patience,
  })
  .superRefine((value, context) => {
    checkSelection(value, context);
    if ((value.privateKey === undefined) === (value.oauthToken === undefined))
      context.addIssue({ code: 'custom', path: ['privateKey'], message: 'or oauthToken is needed, and not both' });
    if (value.privateKey !== undefined && value.username === undefined)
      context.addIssue({ code: 'custom', path: ['username'], message: 'is needed with privateKey' });
  })
  .meta({ title: 'Snowflake', description: 'Snowflake; needs the package snowflake-sdk.' });

export const sourceSchema = z
  .discriminatedUnion('type', [
    filesSource,
    stdinSource,
    duckdbSource,
    postgresSource,
    mysqlSource,
    clickhouseSource,
    bigquerySource,
    snowflakeSource,
  ])
  .meta({ title: 'Source', description: 'Where the identifiers are read from.' });

export type SourceConfig = z.output<typeof sourceSchema>;
export type SourceKind = SourceConfig['type'];
type SourceOf<Kind extends SourceKind> = Extract<SourceConfig, { type: Kind }>;
export type FilesSourceConfig = SourceOf<'files'>;
export type StdinSourceConfig = SourceOf<'stdin'>;
export type DuckdbSourceConfig = SourceOf<'duckdb'>;
export type PostgresSourceConfig = SourceOf<'postgres'>;
export type MysqlSourceConfig = SourceOf<'mysql'>;
export type ClickhouseSourceConfig = SourceOf<'clickhouse'>;
export type BigquerySourceConfig = SourceOf<'bigquery'>;
export type SnowflakeSourceConfig = SourceOf<'snowflake'>;

/** Fields that hold a secret, or may. */
export const secretSourceFields = ['url', 'privateKey', 'privateKeyPassphrase', 'oauthToken'] as const;

/** Whether the source is asked in SQL. */
export function isSqlSource({ type }: SourceConfig): boolean {
  return type !== 'files' && type !== 'stdin';
}
