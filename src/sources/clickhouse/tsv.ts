import { backslash, carriageReturn, lineFeed, tab } from '../ascii.ts';
import { fieldsToChunk } from '../chunks.ts';
import type { Chunk } from '../source.ts';

/*
 * TabSeparated, as ClickHouse writes it: fields parted by a tab, an LF after each row; in a field a backslash stands
 * before what would be taken for something else ("\t", "\n", "\\"), and a lone "\N" is null.
 */

const nullLetter = 0x4e;

/** What the letter behind a backslash stands for; others stand for themselves. A line break travels as CR. */
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

/** Where the last whole row ends. */
export function endOfLastTsvRow(rows: Buffer): number {
  return rows.lastIndexOf(lineFeed) + 1;
}

/** Whole rows as a chunk; for `isList` and `hasKey` see `toChunk` of `chunks.ts`. */
export function tsvToChunk(rows: Buffer, isList: readonly boolean[], hasKey: boolean): Chunk {
  const width = isList.length + (hasKey ? 1 : 0);
  const isPlain = width === 1 && !rows.includes(backslash);
  return fieldsToChunk(isPlain ? [rows] : tsvFields(rows, width), isList, hasKey);
}

/** The fields of each column as lines, without escapes. Fields too many count to the last column. */
export function tsvFields(rows: Buffer, width: number): Buffer[] {
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

/** One field without escapes. */
export function unescapeTsv(field: string): string {
  return tsvFields(Buffer.from(field), 1)[0]!.toString();
}
