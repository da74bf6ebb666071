import { existsSync } from 'node:fs';
import { SyncError } from '../../errors.ts';
import { notOneSelect } from '../oneSelect.ts';
import { selectedRows } from '../selected.ts';
import type { Source, WantedColumns } from '../source.ts';
import { quoteText } from '../sqlText.ts';
import type { DuckdbSourceConfig } from './config.ts';
import type { DuckdbEngine } from './engine.ts';
import { checkNamedFiles } from './namedFiles.ts';
import { readRelation } from './relation.ts';

/** Opens a table, or the result of one SELECT, of a DuckDB database (read-only) or over files. */
export async function openQuery(
  config: DuckdbSourceConfig,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<Source> {
  if (config.database !== undefined) await attachDatabase(config.database, engine);
  const { select, label } = selectedRows(config);
  const { kind, writingFunctions } = await engine.inspect(select, label);
  if (kind !== 'select')
    throw notOneSelect(
      kind === 'other' ? 'a statement of another kind' : 'more than one statement',
      'WITH … SELECT and FROM … are fine',
    );
  if (writingFunctions.length > 0)
    throw notOneSelect(
      `a call of ${writingFunctions.join(', ')}, which does more than read`,
      'table functions that read are fine',
    );
  await checkNamedFiles(select, label, engine);
  // DuckDB's own parser handles semicolons and comments at the end.
  const from = `query(${quoteText(select)})`;
  return readRelation({ label, from, columns: await engine.describe(select, label) }, wanted, engine);
}

async function attachDatabase(path: string, engine: DuckdbEngine): Promise<void> {
  if (!existsSync(path))
    throw new SyncError('source.not_found', `There is no database file ${path}.`, 'Check source.database.');
  await engine.attach(path);
}
