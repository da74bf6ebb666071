import { statSync } from 'node:fs';
import { SyncError } from '../../errors.ts';
import type { DuckdbRelation } from '../duckdb/relation.ts';
import { namesToFind, type WantedColumns } from '../source.ts';
import { quoteText, textFileArguments } from '../sqlText.ts';
import { isCompressed, readFileBytes } from './compression.ts';
import { findEncodingFault } from './encodingFault.ts';
import { type JsonContents, JsonScan } from './jsonScan.ts';

/**
 * A JSON lines file, or a file of objects or of one array of them, with every field kept as JSON so that no sniffer turns
 * a phone into a number or an advertising ID into another case. Undefined when the file holds nothing.
 */
export async function jsonRelation(file: string, wanted: WantedColumns): Promise<DuckdbRelation | undefined> {
  const label = `the file ${file}`;
  const start = await scanStart(file, wanted);
  const { format, objects, nulls, keys } = start ?? (await scanWhole(file, wanted));
  if (objects === 0 && nulls > 0) throw noObjects(label);
  if (objects === 0) return undefined;
  checkSpelling(keys, wanted, label);
  const names = distinctNames(keys);
  const types = names.map((name) => `${quoteText(name)}: 'JSON'`).join(', ');
  return {
    label,
    from: `read_json(${textFileArguments(file)}, format = '${format}', records = 'true', columns = {${types}})`,
    columns: names.map((name) => ({ name, type: 'JSON' })),
    ...(start !== undefined && {
      checkWhole: async (signal) => checkSpelling((await scanWhole(file, wanted, signal)).keys, wanted, label),
    }),
    diagnose: (failure) => diagnose(failure, file, wanted),
  };
}

/** Finds the place and the likely encoding of wrong bytes, and faults that DuckDB does not name. */
async function diagnose(failure: unknown, file: string, wanted: WantedColumns): Promise<unknown> {
  if (!(failure instanceof SyncError)) return undefined;
  if (failure.code === 'source.encoding') return explain(failure, file);
  return failure.code === 'source.query_failed'
    ? scanWhole(file, wanted).then(
        () => undefined,
        (fault: unknown) => fault,
      )
    : undefined;
}

async function explain(error: unknown, file: string): Promise<unknown> {
  if (!(error instanceof SyncError) || error.code !== 'source.encoding') return error;
  return (await findEncodingFault(file, { encoding: 'utf-8', isConfigurable: false })) ?? error;
}

function createScan(file: string, wanted: WantedColumns): JsonScan {
  const names = new Set(namesToFind(wanted).map((name) => name.toLowerCase()));
  const isLines = !/\.json(\.(gz|zst))?$/i.test(file);
  return new JsonScan({ label: `the file ${file}`, isLines, wanted: names });
}

async function scanWhole(file: string, wanted: WantedColumns, signal?: AbortSignal): Promise<JsonContents> {
  const scan = createScan(file, wanted);
  try {
    for await (const part of readFileBytes(file)) {
      signal?.throwIfAborted();
      scan.scan(part);
    }
    scan.end();
    return scan.contents();
  } catch (error) {
    throw await explain(error, file);
  }
}

const startBytes = 4 * 1024 * 1024;

/**
 * Scans the start of a large file. If every wanted key is in it, the whole file is scanned while DuckDB reads it, which
 * leaves a core idle. Undefined if the whole file must be scanned first: also if it is compressed, as it is then
 * decompressed once before it is used.
 */
async function scanStart(file: string, wanted: WantedColumns): Promise<JsonContents | undefined> {
  if (isCompressed(file) || sizeOf(file) <= startBytes) return undefined;
  const scan = createScan(file, wanted);
  let bytes = 0;
  try {
    for await (const part of readFileBytes(file)) {
      scan.scan(part);
      bytes += part.length;
      if (bytes >= startBytes) break;
    }
  } catch (error) {
    throw await explain(error, file);
  }
  const contents = scan.contents();
  const found = new Set(contents.keys.map((key) => key.toLowerCase()));
  return namesToFind(wanted).every((name) => found.has(name.toLowerCase())) ? contents : undefined;
}

/** 0 for a file that does not exist: reading it tells why. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** DuckDB finds a key by its exact spelling, so an object that spells it otherwise would lack it. */
function checkSpelling(keys: readonly string[], wanted: WantedColumns, label: string): void {
  for (const name of namesToFind(wanted)) {
    if (keys.filter((key) => key.toLowerCase() === name.toLowerCase()).length <= 1) continue;
    throw new SyncError(
      'source.column_missing',
      `The key ${name} has several spellings in ${label} (upper and lower case), so some objects would lack it.`,
      'Use one spelling of the key in all objects, or use a source of type duckdb and combine the spellings in its query.',
    );
  }
}

/** To DuckDB, names of columns that differ in case only are the same. A name must not be empty, nor hold a NUL. */
function distinctNames(keys: readonly string[]): string[] {
  const byLowerCase = new Map(
    keys.filter((key) => key !== '' && !key.includes('\0')).map((key) => [key.toLowerCase(), key]),
  );
  return [...byLowerCase.values()];
}

function noObjects(label: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${label}: it contains no JSON objects.`,
    'Write one JSON object on each line.',
  );
}
