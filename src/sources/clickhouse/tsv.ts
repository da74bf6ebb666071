import { backslash, carriageReturn, lineFeed, tab } from '../ascii.ts';
import { fieldsToChunk } from '../chunks.ts';
import type { Chunk } from '../source.ts';

/*
 * TabSeparated, as ClickHouse writes it: fields are separated by a tab, and each row ends with an LF. In a field, a
 * backslash escapes characters with a meaning ("\t", "\n", "\\"), and a lone "\N" is null.
 */

const nullLetter = 0x4e;

/** Meanings of the letters behind a backslash. Other letters stand for themselves. A line break travels as CR. */
const escapes = new Map([
  ['0', 0x00],
  ['a', 0x07],
  ['b', 0x08],
  ['t', tab],
  ['n', carriageReturn],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', carriageReturn],
]);

const unescaped = Uint8Array.from({ length: 256 }, (_, byte) => escapes.get(String.fromCharCode(byte)) ?? byte);

/** Returns the end of the last whole row. */
export function endOfLastTsvRow(rows: Buffer): number {
  return rows.lastIndexOf(lineFeed) + 1;
}

/** Makes a chunk of whole rows. For `isList` and `hasKey` see `toChunk` in `chunks.ts`. */
export function tsvToChunk(rows: Buffer, isList: readonly boolean[], hasKey: boolean): Chunk {
  const width = isList.length + (hasKey ? 1 : 0);
  const isPlain = width === 1 && !rows.includes(backslash);
  return fieldsToChunk(isPlain ? [rows] : tsvFields(rows, width), isList, hasKey);
}

/** Splits rows into the lines of each column, without escapes. Surplus fields go to the last column. */
function tsvFields(rows: Buffer, width: number): Buffer[] {
  const columns = Array.from({ length: width }, () => ({ bytes: new Uint8Array(rows.length), length: 0 }));
  let index = 0;
  let column = columns[0]!;
  for (let at = 0; at < rows.length; at++) {
    const byte = rows[at]!;
    if (byte === backslash) {
      const letter = rows[++at]!;
      if (letter !== nullLetter) column.bytes[column.length++] = unescaped[letter]!;
    } else if (byte === tab || byte === lineFeed) {
      column.bytes[column.length++] = lineFeed;
      index = byte === tab ? Math.min(index + 1, width - 1) : 0;
      column = columns[index]!;
    } else column.bytes[column.length++] = byte;
  }
  return columns.map(({ bytes, length }) => Buffer.from(bytes.buffer.transfer(length)));
}

/** Returns a field without escapes. */
export function unescapeTsv(field: string): string {
  return tsvFields(Buffer.from(field), 1)[0]!.toString();
}
