import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import type { SourceConfig } from '../../src/sources/config.ts';
import { openQuery } from '../../src/sources/duckdb/duckdb.ts';
import { type DuckdbEngine, type OpenEngine, openDuckdb } from '../../src/sources/duckdb/engine.ts';
import type { CsvConfig, FilesSourceConfig } from '../../src/sources/files/config.ts';
import { openFiles } from '../../src/sources/files/files.ts';
import type { ColumnChoice, Source, WantedColumns } from '../../src/sources/source.ts';

/** What DuckDB gets in tests. */
export const duckdbShare = { memoryBytes: 128 * 1024 * 1024, threads: 1 };

export interface ReadColumns {
  columns: readonly string[];
  choices: Source['choices'];
  /** For each column its lines. */
  values: string[][];
  /** For each column the row of each line, counted from 0. */
  rows: number[][];
  /** Of the key column, where one was wanted. */
  keys: string[];
}

export interface Sources {
  /** A folder for this test file. */
  folder: string;
  engine: DuckdbEngine;
  /** Gives that engine to a source that asks for one. */
  openEngine: OpenEngine;
  /** DuckDB without our settings, to make files with. */
  maker: DuckDBConnection;
  /** Writes a file into the folder and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  /** The files that our DuckDB left in its private folder. */
  leftovers(): string[];
}

/** A folder and an engine for the tests of a file, freed after the last of them. */
export function useSources(): Sources {
  const sources = {
    write(name, content) {
      const path = join(sources.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    openEngine: async () => sources.engine,
    leftovers: () => readdirSync(join(sources.folder, 'work', 'duckdb')),
  } as Sources;
  beforeAll(async () => {
    sources.folder = mkdtempSync(join(tmpdir(), 'sources-'));
    sources.engine = await openDuckdb(join(sources.folder, 'work'), duckdbShare);
    sources.maker = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => {
    sources.engine.close();
    sources.maker.disconnectSync();
    rmSync(sources.folder, { recursive: true, force: true });
  });
  return sources;
}

/** What one reader wants, and perhaps a key column. */
export type Wanted = ColumnChoice & Pick<WantedColumns, 'key'>;

/** A source of those that DuckDB reads, by an engine that is there already. */
export function openWith(engine: DuckdbEngine, config: SourceConfig, { key, ...choice }: Wanted): Promise<Source> {
  const wanted = { choices: [choice], key };
  if (config.type === 'files') return openFiles(config, wanted, async () => engine);
  if (config.type === 'duckdb') return openQuery(config, wanted, engine);
  throw new Error('DuckDB reads files and queries');
}

export async function readSource(
  engine: DuckdbEngine,
  config: SourceConfig,
  wanted: Wanted,
  signal = new AbortController().signal,
): Promise<ReadColumns> {
  return readAll(await openWith(engine, config, wanted), signal);
}

/** All that a source gives. */
export async function readAll(source: Source, signal = new AbortController().signal): Promise<ReadColumns> {
  const values: string[][] = source.columns.map(() => []);
  const rows: number[][] = source.columns.map(() => []);
  const keys: string[] = [];
  let before = 0;
  for await (const chunk of source.chunks(signal)) {
    let last = before;
    chunk.columns.forEach(({ lines, rowIndex }, index) => {
      linesIn(lines).forEach((line, at) => {
        values[index]!.push(line);
        last = before + (rowIndex?.[at] ?? at);
        rows[index]!.push(last);
      });
    });
    if (chunk.key !== undefined) keys.push(...linesIn(chunk.key));
    before = last + 1;
  }
  const { columns, choices } = source;
  return { columns, choices, values, rows, keys };
}

function linesIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString();
  if (text !== '' && !text.endsWith('\n')) throw new Error('a chunk does not end with a line feed');
  return text.split('\n').slice(0, -1);
}

/** The lines of one column of a file. */
export async function readFileColumn(
  engine: DuckdbEngine,
  path: string,
  csv?: CsvConfig,
  column = 'email',
): Promise<string[]> {
  const config: FilesSourceConfig = { type: 'files', path, ...(csv === undefined ? {} : { csv }) };
  const { values } = await readSource(engine, config, { names: [column], required: 'all' });
  return values[0]!;
}

/** The error that a promise rejects with, as one of ours. */
export async function syncErrorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`);
  return error;
}

/** All that an error could show: message, hint, stack and causes. */
export function allTextOf(error: Error): string {
  const hint = error instanceof SyncError ? error.hint : '';
  const cause = error.cause instanceof Error ? allTextOf(error.cause) : String(error.cause);
  return [error.message, hint, error.stack, cause, JSON.stringify(error)].join('\n');
}
