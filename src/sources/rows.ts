import { fieldsToChunk } from './chunks.ts';
import type { Chunk } from './source.ts';

/** A row from a driver: cells as text, null or undefined for an empty one. */
export type TextRow = readonly (string | null | undefined)[];

/** The number of rows in a chunk when a driver gives them one by one. */
const rowsInChunk = 20_000;

export interface RowForm {
  /** For each column, whether its cells may hold several elements, separated by `elementSeparator`. */
  isList: readonly boolean[];
  /** Whether the key column follows the others. */
  hasKey: boolean;
}

/** Gathers rows into chunks, in order. */
export async function* chunksOfRows(
  rows: AsyncIterable<TextRow> | Iterable<TextRow>,
  form: RowForm,
): AsyncGenerator<Chunk> {
  let gathered: TextRow[] = [];
  for await (const row of rows) {
    gathered.push(row);
    if (gathered.length < rowsInChunk) continue;
    yield rowsToChunk(gathered, form);
    gathered = [];
  }
  if (gathered.length > 0) yield rowsToChunk(gathered, form);
}

export function rowsToChunk(rows: readonly TextRow[], { isList, hasKey }: RowForm): Chunk {
  const width = isList.length + (hasKey ? 1 : 0);
  const fields = Array.from({ length: width }, (_, index) => linesOf(rows, index));
  return fieldsToChunk(fields, isList, hasKey);
}

/** Returns the lines of a column. A line break inside a value travels as CR. */
function linesOf(rows: readonly TextRow[], index: number): Buffer {
  let text = '';
  for (const row of rows) {
    const value = row[index] ?? '';
    text += value.includes('\n') ? value.replaceAll('\n', '\r') : value;
    text += '\n';
  }
  return Buffer.from(text);
}
