import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SyncError } from '../errors.ts';
import type { FilesSourceConfig } from '../sourceConfig.ts';
import type { DuckdbEngine } from './duckdb/engine.ts';
import { type DuckdbRelation, readRelation } from './duckdb/relation.ts';
import { checkCompressed } from './files/compression.ts';
import { csvRelation } from './files/csv.ts';
import { jsonRelation } from './files/json.ts';
import type { ColumnChoice, Source, WantedColumns } from './source.ts';
import { quotePath, quoteText } from './sqlText.ts';

/**
 * All files that match, read as one, in the order of their names. Each is opened on its own, so a file that lacks a
 * column or is written otherwise is an error that names it, not a gap in the audience.
 */
export async function openFiles(
  config: FilesSourceConfig,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<Source> {
  const readings: Source[] = [];
  for (const file of await listFiles(config.path, engine)) {
    const relation = await openFile(file, config, wanted, engine);
    if (relation !== undefined) readings.push(await readRelation(relation, wanted, engine));
  }
  const { columns, choices } = readings[0] ?? nothingToRead(wanted);
  for (const reading of readings) checkSameColumns(reading.columns, columns);
  return {
    columns,
    choices,
    cursor: null,
    expectedValues: () => sumExpected(readings),
    async *chunks(signal) {
      for (const reading of readings) yield* reading.chunks(signal);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Of files that are all empty, the columns are those asked for. */
function nothingToRead({ choices }: WantedColumns): Pick<Source, 'columns' | 'choices'> {
  const columns = [...new Set(choices.flatMap(({ names }) => names))];
  const identifiersOf = ({ names }: ColumnChoice) => names.map((name) => columns.indexOf(name));
  return { columns, choices: choices.map((choice) => ({ identifiers: identifiersOf(choice), country: undefined })) };
}

async function sumExpected([first, ...others]: readonly Source[]): Promise<readonly number[] | undefined> {
  let sums = await first?.expectedValues?.();
  for (const other of others) {
    const values = sums && (await other.expectedValues?.());
    sums = values && sums?.map((sum, choice) => sum + values[choice]!);
  }
  return sums;
}

async function listFiles(path: string, engine: DuckdbEngine): Promise<string[]> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) return [path];
  const rows = await engine.readRows(`SELECT file FROM glob(${quoteText(path)}) ORDER BY file`, `the path ${path}`);
  if (rows.length > 0) return rows.map(([file]) => file!);
  const hint = stat?.isDirectory()
    ? `It is a folder: write ${path.replace(/\/+$/, '')}/*.parquet, say.`
    : `Relative paths are relative to the working directory, ${resolve('.')}.`;
  throw new SyncError('source.not_found', `No file matches source.path ${path}.`, hint);
}

/** The file as DuckDB reads it; undefined when it is of a kind that may be empty, and is. */
async function openFile(
  file: string,
  config: FilesSourceConfig,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<DuckdbRelation | undefined> {
  await checkCompressed(file);
  const extension = /\.(parquet|csv|tsv|json|jsonl|ndjson)(\.(gz|zst))?$/i.exec(file)?.[1]?.toLowerCase();
  switch (extension) {
    case 'parquet':
      return parquetRelation(file, engine);
    case 'csv':
    case 'tsv':
      return csvRelation(file, config.csv ?? { header: true }, engine);
    case 'json':
    case 'jsonl':
    case 'ndjson':
      return jsonRelation(file, wanted, engine);
    default:
      throw new SyncError(
        'source.unreadable',
        `The file ${file} has no ending that tells how to read it.`,
        'Known: .parquet, .csv, .tsv, .json, .jsonl, .ndjson, the text ones also with .gz or .zst behind.',
      );
  }
}

async function parquetRelation(file: string, engine: DuckdbEngine): Promise<DuckdbRelation> {
  const from = `read_parquet(${quotePath(file)}, hive_partitioning = false)`;
  const where = `the file ${file}`;
  const columns = await engine.describe(`SELECT * FROM ${from}`, where);
  return { where, from, columns, countValues: (names) => countParquetValues(file, names, engine) };
}

/** What the file's footer tells. */
async function countParquetValues(file: string, names: readonly string[], engine: DuckdbEngine): Promise<number[]> {
  const rows = await engine.readRows(
    `SELECT split_part(path_in_schema, ', ', 1), sum(num_values - coalesce(stats_null_count, 0)) FROM parquet_metadata(${quotePath(file)}) GROUP BY 1`,
    `the file ${file}`,
  );
  const counts = new Map(rows.map(([name, count]) => [name, Number(count)]));
  return names.map((name) => counts.get(name) ?? 0);
}

/** Only where columns are those that happen to be present: then all files must have the same of them. */
function checkSameColumns(columns: readonly string[], expected: readonly string[]): void {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).join(', ');
  if (lower(columns) === lower(expected)) return;
  throw new SyncError(
    'source.column_missing',
    `Some files have the columns ${lower(expected)}, others ${lower(columns)}.`,
    'Name the columns to read in syncs[].columns, or read the files by separate syncs.',
  );
}
