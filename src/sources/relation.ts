import { SyncError } from '../errors.ts';
import { cutRows, toChunk } from './chunks.ts';
import { findColumns, findKeyColumn } from './columns.ts';
import type { DuckdbEngine } from './duckdb.ts';
import type { Source, WantedColumns } from './source.ts';
import { type ColumnText, columnText, quoteName, scalarColumnText } from './sqlText.ts';

/** Something DuckDB can read: a file or a query. */
export interface Relation {
  /** How to call it in messages. */
  where: string;
  /** A FROM item, to be followed by an alias. */
  from: string;
  columns: readonly { name: string; type: string }[];
  /** After a failure of which DuckDB did not tell the reason: what it was, when that can be found out. */
  diagnose?(): Promise<SyncError | undefined>;
}

/** Some columns of a relation, each read as text. Throws `source.column_missing` when a wanted column is not there or holds nothing that can be read as text. */
export function readRelation(relation: Relation, wanted: WantedColumns, engine: DuckdbEngine): Source {
  const names = relation.columns.map(({ name }) => name);
  const found = findColumns(names, wanted, relation.where);
  const texts = found.map((index) => textOf(relation, index));
  const key = wanted.key === undefined ? [] : [keyTextOf(relation, findKeyColumn(names, wanted.key, relation.where))];
  // The columns get names of ours: a header may name two alike.
  const aliases = names.map((_, index) => quoteName(alias(index))).join(', ');
  const select = `SELECT ${[...texts, ...key].map(({ sql }, index) => `${sql} AS ${quoteName(alias(index))}`).join(', ')} FROM ${relation.from} AS t(${aliases})`;
  const isList = texts.map((text) => text.isList);
  return {
    columns: found.map((index) => names[index]!),
    async *chunks(signal) {
      try {
        for await (const rows of cutRows(engine.exportRows(select, relation.where, signal)))
          yield toChunk(rows, isList, key.length === 1);
      } catch (error) {
        throw (isUnexplained(error) ? await relation.diagnose?.() : undefined) ?? error;
      }
    },
  };
}

function isUnexplained(error: unknown): boolean {
  return error instanceof SyncError && error.code === 'source.query_failed';
}

function alias(index: number): string {
  return `c${index}`;
}

function textOf(relation: Relation, index: number): ColumnText {
  const { name, type } = relation.columns[index]!;
  const text = columnText(alias(index), type);
  if (text !== undefined) return text;
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which holds no identifiers.`,
    'Choose a column of text, numbers, or lists of them.',
  );
}

function keyTextOf(relation: Relation, index: number): { sql: string } {
  const { name, type } = relation.columns[index]!;
  const sql = scalarColumnText(alias(index), type);
  if (sql !== undefined) return { sql };
  throw new SyncError(
    'source.column_missing',
    `Column ${name} of ${relation.where} is of type ${nameOfType(type)}, which is no key.`,
    'Choose a column of text or numbers for rejects.keyColumn.',
  );
}

/** Without what stands in parentheses, which may be values (ENUM) or names. */
function nameOfType(type: string): string {
  return `${/^\w*/.exec(type)?.[0]}${/(?:\[\d*\])*$/.exec(type)?.[0]}`;
}
