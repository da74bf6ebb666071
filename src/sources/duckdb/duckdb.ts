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
  const rows = selectedRows(config);
  const { select, label } = rows;
  const { kind, writingFunctions } = await engine.inspect(rows);
  if (kind !== 'select')
    throw notOneSelect(
      kind === 'other' ? 'it is another statement' : 'it has more than one statement',
      'It may begin with WITH or FROM.',
    );
  if (writingFunctions.length > 0)
    throw notOneSelect(
      `it calls ${writingFunctions.join(', ')}, which does more than read`,
      'It may call table functions that only read.',
    );
  await checkNamedFiles(select, label, engine);
  // DuckDB's own parser handles semicolons and comments at the end.
  const from = `query(${quoteText(select)})`;
  return readRelation({ label, from, columns: await engine.describe(select, label) }, wanted, engine);
}

async function attachDatabase(path: string, engine: DuckdbEngine): Promise<void> {
  if (!existsSync(path))
    throw new SyncError(
      'source.not_found',
      `The database file ${path} does not exist.`,
      'Check the path in source.database. A relative path starts at the working directory.',
    );
  await engine.attach(path);
}
