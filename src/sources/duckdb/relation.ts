import { cutRows, toChunk } from '../chunks.ts';
import { type Relation, selectFrom } from '../select.ts';
import type { Source, WantedColumns } from '../source.ts';
import { quoteName } from '../sqlText.ts';
import type { DuckdbEngine } from './engine.ts';
import { duckdbSql } from './sql.ts';

/** A file or a query that DuckDB can read. */
export interface DuckdbRelation {
  /** Its name in messages. */
  label: string;
  /** A FROM item, to be followed by an alias. */
  from: string;
  columns: readonly { name: string; type: string }[];
  /** Returns the number of values in each of these columns, if that is known without reading them. */
  countValues?(names: readonly string[]): Promise<number[]>;
  /** Rejects if the rows must not be used. Runs while they are read. */
  checkWhole?(signal: AbortSignal): Promise<void>;
  /** Returns the cause of a failure of DuckDB, if the file tells more than DuckDB did. */
  diagnose?(failure: unknown): Promise<unknown>;
}

/**
 * Opens some columns of a relation, each read as text. Throws `source.column_missing` for a column that is missing or
 * cannot be read as text.
 */
export async function readRelation(
  relation: DuckdbRelation,
  wanted: WantedColumns,
  engine: DuckdbEngine,
): Promise<Source> {
  const { label } = relation;
  const selection = selectFrom(withNamesOfOurs(relation), wanted, duckdbSql);
  const { columns, choices, isList, hasKey, statement, cursorStatement } = selection;
  const [greatest] = cursorStatement === undefined ? [] : await engine.readRows(cursorStatement, label);
  return {
    columns,
    choices,
    cursor: greatest?.[0] || null,
    async expectedValues() {
      const counts = await relation.countValues?.(columns);
      return (
        counts && choices.map(({ identifiers }) => identifiers.reduce((sum, position) => sum + counts[position]!, 0))
      );
    },
    async *chunks(signal) {
      const checking = new AbortController();
      const check = relation.checkWhole?.(AbortSignal.any([signal, checking.signal]));
      // Awaited below; reading may fail before.
      check?.catch(() => {});
      try {
        for await (const rows of cutRows(engine.exportRows(statement, label, signal)))
          yield toChunk(rows, isList, hasKey);
        await check;
      } catch (error) {
        throw (await relation.diagnose?.(error)) ?? error;
      } finally {
        checking.abort();
      }
    },
    // The caller owns the engine.
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Gives the columns names of our own, since a header may name two alike. */
function withNamesOfOurs({ label, from, columns }: DuckdbRelation): Relation {
  const named = columns.map((column, index) => ({ ...column, sql: quoteName(`c${index}`) }));
  return { label, from: `${from} AS t(${named.map(({ sql }) => sql).join(', ')})`, columns: named };
}
