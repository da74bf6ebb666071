import { SyncError } from '../../errors.ts';
import type { DuckdbEngine } from '../duckdb/engine.ts';
import type { DuckdbRelation } from '../duckdb/relation.ts';
import { namesToFind, type WantedColumns } from '../source.ts';
import { quoteText, textFileArguments } from '../sqlText.ts';

/**
 * A JSON lines file (or a file that is one JSON array of objects), every field kept as JSON so that no sniffer turns
 * a phone into a number or an advertising ID into another case. Undefined when the file holds nothing.
 */
export async function jsonRelation(
  file: string,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<DuckdbRelation | undefined> {
  const where = `the file ${file}`;
  const names = await readNames(file, where, wanted, engine);
  if (names.length === 1 && names[0] === 'json') return checkEmpty(file, where, engine);
  checkSpelling(names, wanted, where);
  const columns = names.map((name) => ({ name, type: 'JSON' }));
  const types = names.map((name) => `${quoteText(name)}: 'JSON'`).join(', ');
  return { where, from: readJson(file, `records = 'true', columns = {${types}}`), columns };
}

function readJson(file: string, options: string): string {
  const format = /\.json(\.(gz|zst))?$/i.test(file) ? 'auto' : 'newline_delimited';
  return `read_json(${textFileArguments(file)}, format = '${format}', ${options})`;
}

/** However many keys there are, and however rare they are: otherwise DuckDB takes the objects for maps. */
const keysAsColumns = 'maximum_depth = 1, map_inference_threshold = -1, field_appearance_threshold = 0';

/** The keys of the objects: of a sample when all that are wanted are among them, else of the whole file. */
async function readNames(file: string, where: string, wanted: WantedColumns, engine: DuckdbEngine): Promise<string[]> {
  const describe = async (sampleRows: number) => {
    const select = `SELECT * FROM ${readJson(file, `${keysAsColumns}, sample_size = ${sampleRows}`)}`;
    return (await engine.describe(select, where)).map(({ name }) => name);
  };
  const sampled = await describe(20_480);
  const found = new Set(sampled.map((name) => name.toLowerCase()));
  return namesToFind(wanted).every((name) => found.has(name.toLowerCase())) ? sampled : describe(-1);
}

/** Of keys that differ in case only, DuckDB makes columns of their own, numbered: "email" and "Email_1". */
function checkSpelling(names: readonly string[], wanted: WantedColumns, where: string): void {
  for (const name of namesToFind(wanted)) {
    const keys = names.map((key) => (names.includes(key.replace(/_\d+$/, '')) ? key : key.replace(/_\d+$/, '')));
    if (keys.filter((key) => key.toLowerCase() === name.toLowerCase()).length <= 1) continue;
    throw new SyncError(
      'source.column_missing',
      `The key ${name} is spelt in several ways in ${where} (upper and lower case), so some objects would lack it.`,
      'Write the key alike in all objects, or choose with a query.',
    );
  }
}

/** DuckDB calls the only column `json` where it found no objects. */
async function checkEmpty(file: string, where: string, engine: DuckdbEngine): Promise<undefined> {
  const [row] = await engine.readRows(`SELECT 1 FROM ${readJson(file, keysAsColumns)} LIMIT 1`, where);
  if (row === undefined) return undefined;
  throw new SyncError(
    'source.malformed',
    `Cannot read ${where}: it holds no JSON objects.`,
    'Write one JSON object a line.',
  );
}
