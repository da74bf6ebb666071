import { SyncError } from '../errors.ts';
import type { Dialect } from '../warehouseSql/dialects.ts';
import { type HashedCells, hashExpression } from '../warehouseSql/hashExpression.ts';
import { findColumns, findNamedColumn } from './columns.ts';
import type { ChosenColumns, ColumnChoice, WantedColumns } from './source.ts';

/** Separates the elements of a list within a cell on its way out of an engine (ASCII record separator). */
export const elementSeparator = '\x1e';

/** Stands in for the separator where a list's element holds it; it is no part of any identifier either. */
export const separatorStandIn = '\x01';

export interface ColumnText {
  /** SQL that gives the cell as text, null for nothing. */
  sql: string;
  /** Whether cells may hold several elements, parted by `elementSeparator`. */
  isList: boolean;
}

/** What is made of a text in SQL, cell by cell and element by element. */
export type MapText = (text: string) => string;

/** How an engine's SQL says what has to be said; columns are given as SQL, types as the engine names them. */
export interface SqlEngine {
  dialect: Dialect;
  /** A column as text; undefined for types that hold none. */
  columnText(column: string, type: string, map: MapText): ColumnText | undefined;
  /** The same of a column whose cells hold one value each; undefined for all others. */
  scalarText(column: string, type: string): string | undefined;
  /** A value of the column's type that `scalarText` has given as text. */
  literal(text: string, type: string): string;
}

/** Something that an engine can read: a table, a query or a file. */
export interface Relation {
  /** How to call it in messages. */
  where: string;
  /** A FROM item. */
  from: string;
  /** `sql` is how to refer to the column. */
  columns: readonly { name: string; type: string; sql: string }[];
}

/** The one statement that reads the wanted columns of a relation as text. */
export interface Selection {
  /** Names of the columns read, as the source spells them. */
  columns: readonly string[];
  /** For each choice its columns. */
  choices: readonly ChosenColumns[];
  /** For each column whether its cells may hold several elements. */
  isList: readonly boolean[];
  /** Whether the key column stands behind them. */
  hasKey: boolean;
  statement: string;
  /** Gives the greatest cursor as text, empty where there is none; where a cursor is wanted. */
  cursorStatement: string | undefined;
}

/** Throws `source.column_missing` when a wanted column is not there or holds nothing that can be read as text. */
export function selectFrom(relation: Relation, wanted: WantedColumns, engine: SqlEngine): Selection {
  const { where, from, columns } = relation;
  const names = columns.map(({ name }) => name);
  const read = new Map<string, { index: number; text: ColumnText }>();
  const positionOf = (index: number, text: ColumnText) => {
    if (!read.has(text.sql)) read.set(text.sql, { index, text });
    return [...read.keys()].indexOf(text.sql);
  };
  const choices = wanted.choices.map((choice) => ({
    identifiers: findColumns(names, choice, where).map((index) =>
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

function textOf(relation: Relation, index: number, { hashing }: ColumnChoice, engine: SqlEngine): ColumnText {
  const { name, type, sql } = relation.columns[index]!;
  const text = engine.columnText(sql, type, hashing === undefined ? (same) => same : hashWith(hashing, engine.dialect));
  if (text !== undefined) return text;
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which holds no identifiers.`,
    'Choose a column of text, numbers, or lists of them.',
  );
}

function hashWith(hashing: HashedCells, dialect: Dialect): MapText {
  return (column) => hashExpression({ ...hashing, dialect, column });
}

/** The position of the country column, and how it is read. */
function countryTextOf(relation: Relation, country: string, engine: SqlEngine): [number, ColumnText] {
  const index = findNamedColumn(relation, country, 'syncs[].countryColumn');
  const { name, type, sql } = relation.columns[index]!;
  const text = engine.scalarText(sql, type);
  if (text !== undefined) return [index, { sql: text, isList: false }];
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which holds no country codes.`,
    'Choose a column of text for syncs[].countryColumn.',
  );
}

function keyTextOf(relation: Relation, key: string, engine: SqlEngine): string {
  const { name, type, sql } = relation.columns[findNamedColumn(relation, key, 'rejects.keyColumn')]!;
  const text = engine.scalarText(sql, type);
  if (text !== undefined) return text;
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which is no key.`,
    'Choose a column of text or numbers for rejects.keyColumn.',
  );
}

function cursorOf(relation: Relation, { column, after }: NonNullable<WantedColumns['cursor']>, engine: SqlEngine) {
  const { name, type, sql } = relation.columns[findNamedColumn(relation, column, 'syncs[].cursor.column')]!;
  const greatest = engine.scalarText(`max(${sql})`, type);
  if (greatest === undefined)
    throw new SyncError(
      'source.column_missing',
      `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which has no order.`,
      'Choose a column of times, numbers or text for syncs[].cursor.column.',
    );
  return {
    greatest: `SELECT coalesce(${greatest}, '') AS v0 FROM ${relation.from}`,
    condition: after === null ? '' : ` WHERE ${sql} > ${engine.literal(after, type)}`,
  };
}

/** Without what stands in parentheses, which may be values (ENUM) or names. */
function nameOfType(type: string): string {
  return `${/^\w*/.exec(type)?.[0]}${/(?:\[\d*\])*$/.exec(type)?.[0]}`;
}
