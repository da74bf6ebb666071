import { cutRows } from '../chunks.ts';
import { type Relation, type Selection, selectFrom } from '../select.ts';
import { fromSelected, selectedRows } from '../selected.ts';
import { createHttpConnections } from '../servers/http.ts';
import { createSession } from '../servers/session.ts';
import type { Chunk, Source, WantedColumns } from '../source.ts';
import type { ClickhouseSourceConfig } from './config.ts';
import { clickhouseHints } from './errors.ts';
import { ask, type ClickhouseServer, rowsOf } from './http.ts';
import { clickhouseSql, quoteClickhouseName } from './sql.ts';
import { endOfLastTsvRow, tsvToChunk } from './tsv.ts';

/** Opens a ClickHouse source over HTTP, read-only. `http.ts` checks that a result is complete. */
export async function openClickhouse(
  config: ClickhouseSourceConfig,
  wanted: WantedColumns,
  signal: AbortSignal,
): Promise<Source> {
  const { select, ...names } = selectedRows(config);
  const url = new URL(config.url);
  const connections = createHttpConnections(config.ca);
  const stopping = new AbortController();
  const session = createSession({
    asked: { ...names, server: `ClickHouse at ${url.host}`, hints: clickhouseHints },
    signal,
    destroy: () => stopping.abort(),
  });
  const end = () => {
    stopping.abort();
    return connections.destroy();
  };
  const server: ClickhouseServer = { url, connections, session, config, stopping: stopping.signal };
  try {
    return await session.during(async () => {
      const from = fromSelected(select);
      const relation = { label: names.label, from, columns: await describe(from, server) };
      const selection = selectFrom(relation, wanted, clickhouseSql);
      return {
        columns: selection.columns,
        choices: selection.choices,
        cursor: await greatestCursor(selection, server),
        chunks: (reading) => session.parts(reading, chunksOf(selection, server)),
        [Symbol.asyncDispose]: end,
      };
    });
  } catch (error) {
    await end();
    throw error;
  }
}

async function describe(from: string, server: ClickhouseServer): Promise<Relation['columns']> {
  const [names, types] = await rowsOf(`SELECT * FROM ${from} LIMIT 0`, 'CustomSeparatedWithNamesAndTypes', server);
  return (names ?? []).map((name, index) => ({
    name,
    type: types?.[index] ?? '',
    // The alias `v0` of our statement is visible everywhere in it, and a column may have the same name.
    sql: `source_rows.${quoteClickhouseName(name)}`,
  }));
}

async function greatestCursor({ cursorStatement }: Selection, server: ClickhouseServer): Promise<string | null> {
  if (cursorStatement === undefined) return null;
  // Without rows, max() gives 0 or the first second of 1970.
  const [row] = await rowsOf(`${cursorStatement} HAVING count() > 0`, 'CustomSeparated', server);
  return row?.[0] || null;
}

async function* chunksOf({ statement, isList, hasKey }: Selection, server: ClickhouseServer): AsyncGenerator<Chunk> {
  const rows = cutRows(ask(statement, 'CustomSeparated', server), endOfLastTsvRow);
  for await (const whole of rows) yield tsvToChunk(whole, isList, hasKey);
}
