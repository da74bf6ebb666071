import { z } from 'zod';
import { bigquerySource } from './bigquery/config.ts';
import { clickhouseSource } from './clickhouse/config.ts';
import { duckdbSource } from './duckdb/config.ts';
import { filesSource, stdinSource } from './files/config.ts';
import { mysqlSource } from './mysql/config.ts';
import { postgresSource } from './postgres/config.ts';
import { snowflakeSource } from './snowflake/config.ts';

/*
 * The part of the configuration that describes sources: one schema for each kind.
 */

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
  .meta({ title: 'Source', description: 'The source of the identifiers.' });

export type SourceConfig = z.output<typeof sourceSchema>;
export type SourceKind = SourceConfig['type'];

/** Fields that hold a secret or may hold one. */
export const secretSourceFields = ['url', 'privateKey', 'privateKeyPassphrase', 'oauthToken'] as const;

/** Tells whether the source is read by an SQL statement. */
export function isSqlSource({ type }: SourceConfig): boolean {
  return type !== 'files' && type !== 'stdin';
}
