import { existsSync } from 'node:fs';
import type { DuckdbSourceConfig } from '../config.ts';
import { SyncError } from '../errors.ts';
import type { DuckdbEngine } from './duckdb.ts';
import { readRelation } from './relation.ts';
import type { Source, WantedColumns } from './source.ts';
import { quoteText } from './sqlText.ts';

/** The result of one SELECT over a DuckDB database (opened read-only) or over files. */
export async function openQuery(
  config: DuckdbSourceConfig,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<Source> {
  if (config.database !== undefined) await attachDatabase(config.database, engine);
  const where = 'the query';
  const kind = await engine.kindOf(config.query, where);
  if (kind !== 'select') throw notOneSelect(kind);
  // DuckDB's own parser sees to semicolons and comments at the end.
  const from = `query(${quoteText(config.query)})`;
  return readRelation({ where, from, columns: await engine.describe(config.query, where) }, wanted, engine);
}

async function attachDatabase(path: string, engine: DuckdbEngine): Promise<void> {
  if (!existsSync(path))
    throw new SyncError('source.not_found', `There is no database file ${path}.`, 'Check source.database.');
  await engine.attach(path);
}

function notOneSelect(kind: 'other' | 'several'): SyncError {
  const what = kind === 'other' ? 'a statement of another kind' : 'more than one statement';
  return new SyncError(
    'source.not_select',
    `source.query must be one SELECT; it is ${what}, and was not run.`,
    'Write one SELECT (WITH … SELECT and FROM … are fine).',
  );
}
