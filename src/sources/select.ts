import { SyncError } from '../errors.ts';
import type { Dialect } from '../warehouseSql/dialects.ts';
import { type HashedCells, hashExpression } from '../warehouseSql/hashExpression.ts';
import { findColumns, findNamedColumn } from './columns.ts';
import type { ChosenColumns, ColumnChoice, WantedColumns } from './source.ts';

/** Separates the elements of a list within a cell on its way out of an engine (ASCII record separator). */
export const elementSeparator = '\x1e';

/** Replaces a separator inside an element of a list. No identifier contains it either. */
export const separatorStandIn = '\x01';

export interface ColumnText {
  /** SQL that gives the cell as text, null for nothing. */
  sql: string;
  /** Whether cells may hold several elements, separated by `elementSeparator`. */
  isList: boolean;
}

/** Maps the SQL of a text to the SQL of its result, for cells and for elements. */
export type MapText = (text: string) => string;

/** Contents of a type's cells: `uuids` are advertising IDs alone, and `bytes` must be written as text first. */
export type Holds = 'identifiers' | 'uuids' | 'bytes';

/** An engine's SQL. Columns are given as SQL, types by the engine's names. */
export interface SqlEngine {
  dialect: Dialect;
  /** An allow list: undefined for every type that is not known to hold identifiers. */
  holds(type: string): Holds | undefined;
  /** SQL that writes a column of bytes as text: of a hash first, of UTF-8 second. */
  bytesAsText(column: string): readonly [string, string];
  /** A column of identifiers as text, its numbers as `numberText` writes them. */
  columnText(column: string, type: string, map: MapText): ColumnText;
  /** A key or cursor column as text. Undefined for types whose cells hold several values. */
  scalarText(column: string, type: string): string | undefined;
  /** The literal of a value that `scalarText` gave as text. */
  literal(text: string, type: string): string;
}

/** A table, a query or a file that an engine can read. */
export interface Relation {
  /** Its name in messages. */
  label: string;
  /** A FROM item. */
  from: string;
  columns: readonly RelationColumn[];
}

export interface RelationColumn {
  name: string;
  type: string;
  /** Refers to the column. */
  sql: string;
  /** The type to read the column as, if the name of its own type does not tell its contents. */
  readAs?: string | undefined;
}

/** The one statement that reads the wanted columns of a relation as text. */
export interface Selection {
  /** Names of the columns read, as the source spells them. */
  columns: readonly string[];
  /** The columns of each choice. */
  choices: readonly ChosenColumns[];
  /** For each column, whether its cells may hold several elements. */
  isList: readonly boolean[];
  /** Whether the key column follows the others. */
  hasKey: boolean;
  statement: string;
  /** Gives the greatest cursor as text, or empty text without rows. Undefined if no cursor is wanted. */
  cursorStatement: string | undefined;
}

/** Throws `source.column_missing` if a wanted column does not exist or is of a type that holds no identifiers. */
export function selectFrom(relation: Relation, wanted: WantedColumns, engine: SqlEngine): Selection {
  const { label, from, columns } = relation;
  const names = columns.map(({ name }) => name);
  const read = new Map<string, { index: number; text: ColumnText }>();
  const positionOf = (index: number, text: ColumnText) => {
    if (!read.has(text.sql)) read.set(text.sql, { index, text });
    return [...read.keys()].indexOf(text.sql);
  };
  const choices = wanted.choices.map((choice) => ({
    identifiers: findColumns(names, choice, label).map((index) =>
      positionOf(index, textOf(relation, index, choice, engine)),
    ),
    country: choice.country === undefined ? undefined : positionOf(...countryTextOf(relation, choice.country, engine)),
  }));
  const key = wanted.key === undefined ? undefined : keyTextOf(relation, wanted.key, engine);
  const cursor = wanted.cursor === undefined ? undefined : cursorOf(relation, wanted.cursor, engine);
  const texts = [...read.values()].map(({ text }) => text.sql);
  const items = (key === undefined ? texts : [...texts, key]).map((sql, position) => `${sql} AS v${position}`);
  return {
    columns: [...read.values()].map(({ index }) => names[index]!),
    choices,
    isList: [...read.values()].map(({ text }) => text.isList),
    hasKey: key !== undefined,
    statement: `SELECT ${items.join(', ')} FROM ${from}${cursor?.condition ?? ''}`,
    cursorStatement: cursor?.greatest,
  };
}

function textOf(relation: Relation, index: number, choice: ColumnChoice, engine: SqlEngine): ColumnText {
  const { type, sql, readAs = type } = relation.columns[index]!;
  const { hashing } = choice;
  checkType(relation, index, choice, engine);
  return engine.columnText(sql, readAs, hashing === undefined ? (same) => same : hashWith(hashing, engine.dialect));
}

function checkType(
  { label, columns }: Relation,
  index: number,
  { identifierType }: ColumnChoice,
  engine: SqlEngine,
): void {
  const { name, type, readAs = type } = columns[index]!;
  const holds = engine.holds(readAs);
  const isWanted =
    holds === 'uuids' ? identifierType === undefined || identifierType === 'ifa' : holds === 'identifiers';
  if (isWanted) return;
  const column = `Column ${name} of ${label} is of type ${nameOfType(type)}`;
  if (holds === 'bytes') {
    const [asHash, asText] = engine.bytesAsText(/^\w+$/.test(name) ? name : 'col');
    throw new SyncError(
      'source.column_missing',
      `${column}, which holds bytes, not text.`,
      `Select text in a query: ${asHash} for the bytes of a hash, ${asText} for text that is stored as bytes.`,
    );
  }
  throw new SyncError(
    'source.column_missing',
    `${column}, which ${holds === 'uuids' ? 'holds advertising IDs only' : 'cannot hold identifiers'}.`,
    'Choose a column of text, integers, decimals, 64-bit floats or JSON, or of lists of these (UUIDs only for ifa).',
  );
}

function hashWith(hashing: HashedCells, dialect: Dialect): MapText {
  return (column) => hashExpression({ ...hashing, dialect, column });
}

/** Returns the position of the country column and the SQL that reads it. */
function countryTextOf(relation: Relation, country: string, engine: SqlEngine): [number, ColumnText] {
  const index = findNamedColumn(relation, country, 'syncs[].countryColumn');
  const { name, type, sql } = relation.columns[index]!;
  const text = engine.scalarText(sql, type);
  if (text !== undefined) return [index, { sql: text, isList: false }];
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.label} is of type ${nameOfType(type)}, which cannot hold country codes.`,
    'Name a column of text in syncs[].countryColumn.',
  );
}

function keyTextOf(relation: Relation, key: string, engine: SqlEngine): string {
  const { name, type, sql } = relation.columns[findNamedColumn(relation, key, 'rejects.keyColumn')]!;
  const text = engine.scalarText(sql, type);
  if (text !== undefined) return text;
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.label} is of type ${nameOfType(type)}, which cannot be a key.`,
    'Name a column of text or numbers in rejects.keyColumn.',
  );
}

function cursorOf(relation: Relation, { column, after }: NonNullable<WantedColumns['cursor']>, engine: SqlEngine) {
  const { name, type, sql } = relation.columns[findNamedColumn(relation, column, 'syncs[].cursor.column')]!;
  const greatest = engine.scalarText(`max(${sql})`, type);
  if (greatest === undefined)
    throw new SyncError(
      'source.column_missing',
      `Column ${name} of ${relation.label} is of type ${nameOfType(type)}, which has no order.`,
      'Name a column of times, numbers or text in syncs[].cursor.column.',
    );
  return {
    greatest: `SELECT coalesce(${greatest}, '') AS v0 FROM ${relation.from}`,
    condition: after === null ? '' : ` WHERE ${sql} > ${engine.literal(after, type)}`,
  };
}

/** Returns the name of a type without its parameters, which may be values (ENUM) or names. */
function nameOfType(type: string): string {
  const bare = type.replace(/\b(?:Nullable|LowCardinality)\(/g, '');
  const element = /^Array\(([^(),]*)/.exec(bare)?.[1];
  return element === undefined ? bare.replace(/\(.*\)/s, '').replace(/\)+$/, '') : `Array(${element})`;
}
