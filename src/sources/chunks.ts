import { carriageReturn, lineFeed, doubleQuote as quote } from './ascii.ts';
import { elementSeparator } from './select.ts';
import type { Chunk, ChunkColumn } from './source.ts';

/**
 * The form of rows that leave DuckDB: fields are separated by `fieldSeparator`, and each row ends with an LF. A field
 * with a separator, a line break or a quote stands in double quotes, which are doubled inside.
 */
export const fieldSeparator = '\x1f';

const field = fieldSeparator.charCodeAt(0);
const element = elementSeparator.charCodeAt(0);

/** The approximate size of a chunk. A chunk goes to another thread, which pays only with many rows. */
const chunkBytes = 1 << 21;

/** Yields whole rows of a byte stream that is cut anywhere, about two mebibytes at a time. Their memory is used again. */
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

/** Returns the end of the last whole row. An LF inside quotes does not end a row. */
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
 * Makes a chunk of whole rows. `isList` tells for each column whether its cells may hold several elements. The key column
 * may follow them.
 */
export function toChunk(rows: Buffer, isList: readonly boolean[], hasKey = false): Chunk {
  const width = isList.length + (hasKey ? 1 : 0);
  return fieldsToChunk(isQuotedOrWide(rows, width) ? splitFields(rows, width) : [rows], isList, hasKey);
}

/** Makes a chunk of the lines of each column, followed by those of the key column. */
export function fieldsToChunk(fields: readonly Buffer[], isList: readonly boolean[], hasKey: boolean): Chunk {
  const columns = isList.map((isOfLists, index) =>
    isOfLists ? splitElements(fields[index]!) : { lines: fields[index]! },
  );
  return { columns, ...(hasKey && { key: fields[isList.length]! }) };
}

function isQuotedOrWide(rows: Buffer, width: number): boolean {
  return width > 1 || rows.includes(quote);
}

/** Splits rows into the lines of each column: without quotes, and with CR for line breaks inside a value. */
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

/** Splits lines whose cells are lists into one line for each element, with the row of each line. */
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
