import { carriageReturn, lineFeed, doubleQuote as quote } from './ascii.ts';
import { elementSeparator } from './select.ts';
import type { Chunk, ChunkColumn } from './source.ts';

/**
 * How rows leave DuckDB: fields parted by `fieldSeparator`, an LF after each row; a field that holds a separator, a
 * line break or a quote stands in double quotes, doubled inside.
 */
export const fieldSeparator = '\x1f';

const field = fieldSeparator.charCodeAt(0);
const element = elementSeparator.charCodeAt(0);

/** About how large a chunk is: it goes to another thread, which is worth its while only with many rows. */
const chunkBytes = 1 << 21;

/** Whole rows from a byte stream that is cut anywhere, about two mebibytes at a time, in memory that is used again. */
export async function* cutRows(
  stream: AsyncIterable<Uint8Array>,
  endOfRows: (rows: Buffer) => number = endOfLastRow,
): AsyncGenerator<Buffer> {
  let gathered: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let length = 0;
  for await (const part of stream) {
    if (length + part.length > gathered.length) {
      const end = endOfRows(gathered.subarray(0, length));
      if (end > 0) yield gathered.subarray(0, end);
      length = gathered.copy(gathered, 0, end, length);
      if (length + part.length > gathered.length) gathered = enlarge(gathered, 2 * length + part.length);
    }
    gathered.set(part, length);
    length += part.length;
  }
  if (length > 0) yield gathered.subarray(0, length);
}

function enlarge(memory: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(bytes);
  memory.copy(larger);
  return larger;
}

/** Where the last whole row ends; an LF inside quotes ends none. */
function endOfLastRow(rows: Buffer): number {
  if (!rows.includes(quote)) return rows.lastIndexOf(lineFeed) + 1;
  let end = 0;
  let isQuoted = false;
  for (let at = 0; at < rows.length; at++) {
    if (rows[at] === quote) isQuoted = !isQuoted;
    else if (rows[at] === lineFeed && !isQuoted) end = at + 1;
  }
  return end;
}

/**
 * Whole rows as a chunk of columns. `isList` says for each column whether its cells may hold several elements; behind
 * them may stand the key column.
 */
export function toChunk(rows: Buffer, isList: readonly boolean[], hasKey = false): Chunk {
  const width = isList.length + (hasKey ? 1 : 0);
  return fieldsToChunk(isQuotedOrWide(rows, width) ? splitFields(rows, width) : [rows], isList, hasKey);
}

/** The lines of each column, and behind them those of the key column, as a chunk. */
export function fieldsToChunk(fields: readonly Buffer[], isList: readonly boolean[], hasKey: boolean): Chunk {
  const columns = isList.map((isOfLists, index) =>
    isOfLists ? splitElements(fields[index]!) : { lines: fields[index]! },
  );
  return { columns, ...(hasKey && { key: fields[isList.length]! }) };
}

function isQuotedOrWide(rows: Buffer, width: number): boolean {
  return width > 1 || rows.includes(quote);
}

/** The fields of each column as lines: quotes undone, line breaks inside a value as CR. */
function splitFields(rows: Buffer, width: number): Buffer[] {
  const columns = Array.from({ length: width }, () => ({ lines: new Uint8Array(rows.length), length: 0 }));
  let index = 0;
  let column = columns[0]!;
  let isQuoted = false;
  for (let at = 0; at < rows.length; at++) {
    const byte = rows[at]!;
    if (byte === quote) {
      const isDoubled = isQuoted && rows[at + 1] === quote;
      if (isDoubled) column.lines[column.length++] = rows[at++]!;
      else isQuoted = !isQuoted;
    } else if (isQuoted) {
      column.lines[column.length++] = byte === lineFeed ? carriageReturn : byte;
    } else if (byte === field || byte === lineFeed) {
      column.lines[column.length++] = lineFeed;
      index = byte === field ? index + 1 : 0;
      column = columns[index]!;
    } else column.lines[column.length++] = byte;
  }
  return columns.map(({ lines, length }) => Buffer.from(lines.buffer.transfer(length)));
}

/** Lines whose cells are lists: one line an element, and the row of each. */
function splitElements(lines: Buffer): ChunkColumn {
  if (!lines.includes(element)) return { lines };
  const rowOfLine: number[] = [];
  let row = 0;
  for (let at = 0; at < lines.length; at++) {
    const byte = lines[at];
    if (byte !== lineFeed && byte !== element) continue;
    rowOfLine.push(row);
    if (byte === lineFeed) row++;
    lines[at] = lineFeed;
  }
  return { lines, rowIndex: Uint32Array.from(rowOfLine) };
}
