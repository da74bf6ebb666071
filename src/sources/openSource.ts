import { availableParallelism } from 'node:os';
import { readRoom, workersThatFit } from '../processLimits.ts';
import type { SourceConfig } from '../sourceConfig.ts';
import type { DuckdbEngine } from './duckdb/engine.ts';
import { openQuery } from './duckdb.ts';
import { openFiles } from './files.ts';
import type { Source, WantedColumns } from './source.ts';
import { type KeptStdin, openStdin } from './stdin.ts';

/** What a source may use while it is open. */
export interface SourceSurroundings {
  /** An existing private folder for working files. */
  directory: string;
  stdin: KeptStdin;
  /** What DuckDB may take for itself. */
  duckdbBytes: number;
  signal: AbortSignal;
}

/**
 * Opens a source far enough to know that it is there and has the wanted columns. Throws a `source.*` error that names
 * the file, the columns or the line, and never quotes what they hold.
 */
export async function openSource(
  config: SourceConfig,
  wanted: WantedColumns,
  surroundings: SourceSurroundings,
): Promise<Source> {
  const { stdin, signal } = surroundings;
  // A driver takes time to load, and few are needed.
  switch (config.type) {
    case 'files':
      return withDuckdb(surroundings, 1, (engine) => openFiles(config, wanted, engine));
    case 'stdin':
      return withDuckdb(surroundings, 1, (engine) => openStdin(config, wanted, engine, stdin));
    case 'duckdb':
      return withDuckdb(surroundings, threadsOfQuery(), (engine) => openQuery(config, wanted, engine));
    case 'postgres':
      return (await import('./postgres.ts')).openPostgres(config, wanted, signal);
    case 'mysql':
      return (await import('./mysql.ts')).openMysql(config, wanted, signal);
    case 'clickhouse':
      return (await import('./clickhouse.ts')).openClickhouse(config, wanted, signal);
    case 'bigquery':
      return (await import('./bigquery.ts')).openBigquery(config, wanted, signal);
    case 'snowflake':
      return (await import('./snowflake.ts')).openSnowflake(config, wanted, signal);
  }
}

function threadsOfQuery(): number {
  return Math.max(1, Math.min(availableParallelism(), workersThatFit(readRoom())));
}

/** The engine is the source's own, and is closed with it. */
async function withDuckdb(
  { directory, duckdbBytes }: SourceSurroundings,
  threads: number,
  open: (engine: DuckdbEngine) => Promise<Source>,
): Promise<Source> {
  const { openDuckdb } = await import('./duckdb/engine.ts');
  const engine = await openDuckdb(directory, { memoryBytes: duckdbBytes, threads });
  try {
    return { ...(await open(engine)), [Symbol.asyncDispose]: async () => engine.close() };
  } catch (error) {
    engine.close();
    throw error;
  }
}
