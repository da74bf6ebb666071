import type { IdentifierType } from '../identifiers/rules.ts';
import type { HashedCells } from '../warehouseSql/hashExpression.ts';

/**
 * The values of one column in a chunk: UTF-8, an LF after each, an empty line for null or blank. A line break inside a
 * value travels as CR, so that it stays one line and is still seen for what it is.
 */
export interface ChunkColumn {
  lines: Uint8Array;
  /** Only where cells are lists: for each line, its row in the chunk counted from 0. Without it, a line is a row. */
  rowIndex?: Uint32Array;
}

/** Some rows of a source, column by column in the order of `Source.columns`; in memory that the next chunk may use again. */
export interface Chunk {
  columns: ChunkColumn[];
  /** The key column's lines, one a row, where one is wanted. */
  key?: Uint8Array;
}

/** Columns that one reader of a source wants: all of the names, or those of them that are there (at least one). */
export interface ColumnChoice {
  names: readonly string[];
  required: 'all' | 'any';
  /** The type of identifiers that the columns are read for. Default: any. */
  identifierType?: IdentifierType | undefined;
  /** A column of scalars with the country of each row. It must exist. */
  country?: string | undefined;
  /** How the source's SQL is to hash their cells; without it they come as they are. */
  hashing?: HashedCells | undefined;
}

/** The columns of one choice, as positions in a chunk. */
export interface ChosenColumns {
  identifiers: readonly number[];
  country: number | undefined;
}

/** What a source is opened for: the choices of all that read it together. */
export interface WantedColumns {
  choices: readonly ColumnChoice[];
  /** A column of scalars that goes along, to tell rows apart; it must be there. */
  key?: string | undefined;
  /** A column that only grows: only rows with more than `after` in it are read, or all where that is null. */
  cursor?: { column: string; after: string | null } | undefined;
}

/** Every name that has to be looked for. */
export function namesToFind({ choices, key, cursor }: WantedColumns): readonly string[] {
  const countries = choices.map(({ country }) => country);
  const others = [...countries, key, cursor?.column].filter((name) => name !== undefined);
  return [...choices.flatMap(({ names }) => names), ...others];
}

/** An opened source; disposing of it frees what it holds, such as a connection. */
export interface Source extends AsyncDisposable {
  /** Names of the columns of a chunk, as the source spells them. */
  columns: readonly string[];
  /** For each choice its columns. */
  choices: readonly ChosenColumns[];
  /** The greatest value of the cursor column when the source was opened, as text; null without a cursor or rows. */
  cursor: string | null;
  /** For each choice about how many values it has; undefined where the source does not tell without being read. */
  expectedValues?(): Promise<readonly number[] | undefined>;
  /** The rows in the source's order. Stops and frees what it holds when the consumer stops or the signal aborts. */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
}
