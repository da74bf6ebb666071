import { SyncError } from '../../errors.ts';
import type { DuckdbEngine, OpenEngine } from '../duckdb/engine.ts';
import { readRelation } from '../duckdb/relation.ts';
import type { ColumnChoice, Source, WantedColumns } from '../source.ts';
import type { FilesSourceConfig } from './config.ts';
import { openCsv } from './csv.ts';
import { jsonRelation } from './json.ts';
import { listFiles } from './listFiles.ts';
import { parquetRelation } from './parquet.ts';

/**
 * All files that match, read as one, in the order of their names. Each is opened on its own, so a file that lacks a
 * column or is written otherwise is an error that names it, not a gap in the audience.
 */
export async function openFiles(
  config: FilesSourceConfig,
  wanted: WantedColumns,
  openEngine: OpenEngine,
): Promise<Source> {
  const readings: Source[] = [];
  for (const file of await listFiles(config.path)) {
    const reading = await openFile(file, config, wanted, openEngine);
    if (reading !== undefined) readings.push(reading);
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

const usualCsv = { header: true, encoding: 'utf-8' } as const;

/** Opens one file. Undefined when it is of a kind that may be empty, and is. */
async function openFile(
  file: string,
  config: FilesSourceConfig,
  wanted: WantedColumns,
  openEngine: OpenEngine,
): Promise<Source | undefined> {
  const extension = /\.(parquet|csv|tsv|json|jsonl|ndjson)(\.(gz|zst))?$/i.exec(file)?.[1]?.toLowerCase();
  switch (extension) {
    case 'parquet':
      return openParquet(file, wanted, await openEngine());
    case 'csv':
    case 'tsv':
      return openCsv(file, config.csv ?? usualCsv, wanted);
    case 'json':
    case 'jsonl':
    case 'ndjson':
      return openJson(file, wanted, openEngine);
    default:
      throw new SyncError(
        'source.unreadable',
        `Cannot read ${file}: its name ends in none of the known formats.`,
        'Rename the file to end in .parquet, .csv, .tsv, .json, .jsonl or .ndjson. Text formats may also end in .gz or .zst.',
      );
  }
}

async function openParquet(file: string, wanted: WantedColumns, engine: DuckdbEngine): Promise<Source> {
  return readRelation(await parquetRelation(file, engine), wanted, engine);
}

async function openJson(file: string, wanted: WantedColumns, openEngine: OpenEngine): Promise<Source | undefined> {
  const relation = await jsonRelation(file, wanted);
  return relation && readRelation(relation, wanted, await openEngine());
}

/** Only where columns are those that happen to be present: then all files must have the same of them. */
function checkSameColumns(columns: readonly string[], expected: readonly string[]): void {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).join(', ');
  if (lower(columns) === lower(expected)) return;
  throw new SyncError(
    'source.column_missing',
    `Some files of the source have the columns ${lower(expected)}, others ${lower(columns)}.`,
    'Name the columns to read in syncs[].columns, or read the files by separate syncs.',
  );
}
