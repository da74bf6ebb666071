import { availableParallelism } from 'node:os';
import { readRoom, workersThatFit } from '../system/processLimits.ts';
import type { SourceConfig } from './config.ts';
import { openQuery } from './duckdb/duckdb.ts';
import type { DuckdbEngine, OpenEngine } from './duckdb/engine.ts';
import { openFiles } from './files/files.ts';
import { type KeptStdin, openStdin } from './files/stdin.ts';
import type { Source, WantedColumns } from './source.ts';

/** Resources of an open source. */
export interface SourceSurroundings {
  /** An existing private folder for working files. */
  directory: string;
  stdin: KeptStdin;
  /** DuckDB's memory limit. */
  duckdbBytes: number;
  signal: AbortSignal;
}

/**
 * Opens a source far enough to know that it exists and has the wanted columns. Throws a `source.*` error that names the
 * file, the columns or the line, and never quotes their contents.
 */
export async function openSource(
  config: SourceConfig,
  wanted: WantedColumns,
  surroundings: SourceSurroundings,
): Promise<Source> {
  const { stdin, signal } = surroundings;
  // A driver takes time to load, and a run needs few.
  switch (config.type) {
    case 'files':
      return withDuckdb(surroundings, 1, (openEngine) => openFiles(config, wanted, openEngine));
    case 'stdin':
      return withDuckdb(surroundings, 1, (openEngine) => openStdin(config, wanted, openEngine, stdin));
    case 'duckdb':
      return withDuckdb(surroundings, threadsOfQuery(), async (openEngine) =>
        openQuery(config, wanted, await openEngine()),
      );
    case 'postgres':
      return (await import('./postgres/postgres.ts')).openPostgres(config, wanted, signal);
    case 'mysql':
      return (await import('./mysql/mysql.ts')).openMysql(config, wanted, signal);
    case 'clickhouse':
      return (await import('./clickhouse/clickhouse.ts')).openClickhouse(config, wanted, signal);
    case 'bigquery':
      return (await import('./bigquery/bigquery.ts')).openBigquery(config, wanted, signal);
    case 'snowflake':
      return (await import('./snowflake/snowflake.ts')).openSnowflake(config, wanted, signal);
  }
}

function threadsOfQuery(): number {
  return Math.max(1, Math.min(availableParallelism(), workersThatFit(readRoom())));
}

/** Opens a source that owns an engine and closes it. CSV needs no engine, and loading one takes half a second. */
async function withDuckdb(
  { directory, duckdbBytes }: SourceSurroundings,
  threads: number,
  open: (openEngine: OpenEngine) => Promise<Source>,
): Promise<Source> {
  let opening: Promise<DuckdbEngine> | undefined;
  const openEngine = () => {
    opening ??= import('./duckdb/engine.ts').then(({ openDuckdb }) =>
      openDuckdb(directory, { memoryBytes: duckdbBytes, threads }),
    );
    return opening;
  };
  const close = async () => {
    const engine = await opening?.catch(() => undefined);
    engine?.close();
  };
  try {
    return { ...(await open(openEngine)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
