import { existsSync } from 'node:fs';
import type { DuckdbSourceConfig } from '../config.ts';
import { SyncError } from '../errors.ts';
import type { DuckdbEngine } from './duckdb.ts';
import { readRelation } from './relation.ts';
import type { Source, WantedColumns } from './source.ts';

/** The result of one SELECT over a DuckDB database (opened read-only) or over files. */
export async function openQuery(
  config: DuckdbSourceConfig,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<Source> {
  if (config.database !== undefined) await attachDatabase(config.database, engine);
  const where = 'the query';
  const areSelects = await engine.areSelects(config.query, where);
  if (areSelects.length !== 1 || areSelects[0] !== true) throw notOneSelect(areSelects.length);
  const query = config.query.replace(/[\s;]+$/, '');
  return readRelation({ where, from: `(\n${query}\n)`, columns: await engine.describe(query, where) }, wanted, engine);
}

async function attachDatabase(path: string, engine: DuckdbEngine): Promise<void> {
  if (!existsSync(path))
    throw new SyncError('source.not_found', `There is no database file ${path}.`, 'Check source.database.');
  await engine.attach(path);
}

function notOneSelect(count: number): SyncError {
  const what = count === 1 ? 'a statement of another kind' : `${count} statements`;
  return new SyncError(
    'source.not_select',
    `source.query must be one SELECT; it is ${what}, and was not run.`,
    'Write one SELECT (WITH … SELECT and FROM … are fine).',
  );
}
