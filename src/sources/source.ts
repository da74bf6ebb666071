import type { IdentifierType } from '../identifiers/rules.ts';
import type { HashedCells } from '../warehouseSql/hashExpression.ts';

/**
 * The values of one column in a chunk: UTF-8, an LF after each, an empty line for null or blank. A line break inside a
 * value travels as CR, so that the value stays on one line and remains invalid.
 */
export interface ChunkColumn {
  lines: Uint8Array;
  /** For lists only: the row in the chunk of each line, counted from 0. Without it, a line is a row. */
  rowIndex?: Uint32Array;
}

/** Some rows of a source, column by column in the order of `Source.columns`. The next chunk may reuse their memory. */
export interface Chunk {
  columns: ChunkColumn[];
  /** The lines of the key column, one for each row, if one is wanted. */
  key?: Uint8Array;
}

/** Columns that one reader of a source wants: all of the names, or those that exist (at least one). */
export interface ColumnChoice {
  names: readonly string[];
  required: 'all' | 'any';
  /** The type of identifiers that the columns are read for. Default: any. */
  identifierType?: IdentifierType | undefined;
  /** A column of scalars with the country of each row. It must exist. */
  country?: string | undefined;
  /** How the source's SQL hashes their cells. Without it, cells come unchanged. */
  hashing?: HashedCells | undefined;
}

/** The columns of one choice, as positions in a chunk. */
export interface ChosenColumns {
  identifiers: readonly number[];
  country: number | undefined;
}

/** Columns that a source is opened for: the choices of all syncs that read it together. */
export interface WantedColumns {
  choices: readonly ColumnChoice[];
  /** A column of scalars that identifies rows. It must exist. */
  key?: string | undefined;
  /** A growing column: only rows with a greater value than `after` are read, or all rows if that is null. */
  cursor?: { column: string; after: string | null } | undefined;
}

/** Returns the names of all wanted columns. */
export function namesToFind({ choices, key, cursor }: WantedColumns): readonly string[] {
  const countries = choices.map(({ country }) => country);
  const others = [...countries, key, cursor?.column].filter((name) => name !== undefined);
  return [...choices.flatMap(({ names }) => names), ...others];
}

/** An opened source. Disposing of it frees its resources, such as a connection. */
export interface Source extends AsyncDisposable {
  /** Names of the columns of a chunk, as the source spells them. */
  columns: readonly string[];
  /** The columns of each choice. */
  choices: readonly ChosenColumns[];
  /** The greatest value of the cursor column at the opening, as text. Null without a cursor or rows. */
  cursor: string | null;
  /** Returns the approximate number of values of each choice. Undefined if the source must be read to know it. */
  expectedValues?(): Promise<readonly number[] | undefined>;
  /** Yields the rows in the source's order. Stops and frees its resources when the consumer stops or the signal aborts. */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
}
