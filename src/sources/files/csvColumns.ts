/** The cells of one column as lines, as in `ChunkColumn`. Its memory is used again. */
export interface CsvColumn {
  bytes: Uint8Array;
  length: number;
}

/** The most memory that a column keeps for the next chunk. */
const keptBytes = 8 * 1024 * 1024;

/** Makes room for `bytes` more in each column. */
export function reserve(columns: readonly CsvColumn[], bytes: number): void {
  for (const column of columns) {
    if (column.bytes.length >= column.length + bytes) continue;
    const larger = new Uint8Array(2 * column.length + bytes);
    larger.set(column.bytes.subarray(0, column.length));
    column.bytes = larger;
  }
}

/** Empties the columns and returns their lines, which the next write overwrites. */
export function takeLines(columns: readonly CsvColumn[]): Uint8Array[] {
  return columns.map((column) => {
    const lines = column.bytes.subarray(0, column.length);
    column.length = 0;
    if (column.bytes.length > keptBytes) column.bytes = new Uint8Array();
    return lines;
  });
}
