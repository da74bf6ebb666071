import type { SourceConfig } from '../config.ts';
import type { DuckdbEngine } from './duckdb.ts';
import { openFiles } from './files.ts';
import { openQuery } from './query.ts';
import type { Source, WantedColumns } from './source.ts';

/**
 * Opens a source far enough to know that it is there and has the wanted columns. Throws a `source.*` error that names
 * the file, the columns or the line, and never quotes what they hold.
 */
export function openSource(config: SourceConfig, wanted: WantedColumns, engine: DuckdbEngine): Promise<Source> {
  switch (config.type) {
    case 'files':
      return openFiles(config, wanted, engine);
    case 'duckdb':
      return openQuery(config, wanted, engine);
  }
}
