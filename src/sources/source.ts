/**
 * The values of one column in a chunk: UTF-8, an LF after each, an empty line for null or blank. A line break inside a
 * value travels as CR, so that it stays one line and is still seen for what it is.
 */
export interface ChunkColumn {
  lines: Uint8Array<ArrayBuffer>;
  /** Only where cells are lists: for each line, its row in the chunk counted from 0. Without it, a line is a row. */
  rowIndex?: Uint32Array<ArrayBuffer>;
}

/** Some rows of a source, column by column in the order of `Source.columns`. */
export interface Chunk {
  columns: ChunkColumn[];
  /** The key column's lines, one a row, where one is wanted. */
  key?: Uint8Array<ArrayBuffer>;
}

/** Which columns are wanted: all of the names, or those of them that are there (at least one). */
export interface WantedColumns {
  names: readonly string[];
  required: 'all' | 'any';
  /** A column of scalars that goes along, to tell rows apart; it must be there. */
  key?: string | undefined;
}

/** Every name that has to be looked for. */
export function namesToFind({ names, key }: WantedColumns): readonly string[] {
  return key === undefined ? names : [...names, key];
}

export interface Source {
  /** Names of the columns read, as the source spells them. */
  columns: readonly string[];
  /** The rows in the source's order. Stops and frees what it holds when the consumer stops or the signal aborts. */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
}
