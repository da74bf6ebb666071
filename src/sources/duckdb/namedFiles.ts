import { isCompressed, readFileBytes } from '../files/compression.ts';
import { JsonScan } from '../files/jsonScan.ts';
import { quoteText } from '../sqlText.ts';
import type { DuckdbEngine } from './engine.ts';

const isJson = /\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i;

/**
 * Reads the JSON and compressed files that a query names to their end. Throws `source.malformed` if one is cut off: DuckDB
 * takes a JSON array that ends behind a comma, and half of a compressed file, for complete ones. Paths that the query
 * computes, and those in views, are not found.
 */
export async function checkNamedFiles(select: string, label: string, engine: DuckdbEngine): Promise<void> {
  const [row] = await engine.readRows(`SELECT json_serialize_sql(${quoteText(select)})`, label);
  const paths = textsIn(JSON.parse(row![0]!)).filter((text) => isJson.test(text) || isCompressed(text));
  for (const path of new Set(paths)) {
    const files = await engine.readRows(`SELECT file FROM glob(${quoteText(path)})`, label);
    for (const [file] of files) await checkEnd(file!);
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

async function checkEnd(file: string): Promise<void> {
  const scan = new JsonScan({ label: `the file ${file}`, isLines: false, wanted: new Set() });
  let isScanned = isJson.test(file);
  for await (const part of readFileBytes(file))
    try {
      if (isScanned) scan.scan(part);
    } catch {
      // The file is not a sequence of objects. DuckDB reads or refuses it as the query says.
      isScanned = false;
    }
  if (isScanned) scan.end();
}
