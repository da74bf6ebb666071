import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { guardState } from '../../system/stateErrors.ts';
import { fieldSeparator } from '../chunks.ts';
import type { SelectedRows } from '../selected.ts';
import { quoteText } from '../sqlText.ts';
import { sourceError } from './errors.ts';
import { createPipe } from './pipe.ts';
import { writingFunctions } from './tableFunctions.ts';

/** Starts DuckDB with the first call. A source that needs no DuckDB never calls it. */
export type OpenEngine = () => Promise<DuckdbEngine>;

export interface DuckdbEngine {
  /** Attaches a database file read-only. Its tables have their plain names. */
  attach(path: string): Promise<void>;
  /** Inspects a statement without running it. */
  inspect(rows: SelectedRows): Promise<Inspected>;
  /** Returns the columns of a SELECT with their DuckDB types. */
  describe(select: string, label: string): Promise<{ name: string; type: string }[]>;
  /** Returns the rows of a small query of our own as text. */
  readRows(sql: string, label: string): Promise<string[][]>;
  /** Yields the rows of a SELECT in order, in the form that `chunks.ts` describes. Their memory is used again. */
  exportRows(select: string, label: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): void;
}

export interface Inspected {
  kind: 'select' | 'other' | 'several';
  /** Table functions that a SELECT calls and that do more than read. */
  writingFunctions: string[];
}

/** DuckDB's share of the machine. */
export interface DuckdbShare {
  memoryBytes: number;
  /**
   * One thread is enough to read a file, and uses half the processor time of all cores together: the rows of several
   * threads have to be gathered and put in order.
   */
  threads: number;
}

/**
 * Opens DuckDB in this process, hardened: it installs and loads no extension by itself, and spills into `workDirectory`,
 * which is private to the run.
 */
export async function openDuckdb(workDirectory: string, { memoryBytes, threads }: DuckdbShare): Promise<DuckdbEngine> {
  const directory = join(workDirectory, 'duckdb');
  await guardState(directory, () => mkdir(directory, { mode: 0o700, recursive: true }));
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    extension_directory: directory,
    secret_directory: directory,
    temp_directory: directory,
    memory_limit: `${memoryBytes}B`,
    preserve_insertion_order: 'true',
    threads: `${threads}`,
  });
  const connection = await instance.connect();
  // Includes the plan before optimisation, which leaves nothing out.
  await connection.run("SET explain_output = 'all'");
  let exports = 0;
  return {
    async attach(path) {
      await run(connection, `ATTACH ${quoteText(path)} AS source (READ_ONLY)`, `the database ${path}`);
      await run(connection, 'USE source', `the database ${path}`);
    },
    inspect: (rows) => inspect(connection, rows),
    async describe(select, label) {
      const rows = await readRows(connection, `DESCRIBE ${select}`, label);
      return rows.map(([name, type]) => ({ name: name!, type: type! }));
    },
    readRows: (sql, label) => readRows(connection, sql, label),
    exportRows: (select, label, signal) =>
      exportThroughPipe(connection, { select, label, path: join(directory, `rows-${++exports}`), signal }),
    close() {
      connection.disconnectSync();
      instance.closeSync();
    },
  };
}

async function run(connection: DuckDBConnection, sql: string, label: string, placeOf?: SelectedRows['placeOf']) {
  try {
    return await connection.run(sql);
  } catch (error) {
    throw sourceError(error, label, placeOf);
  }
}

async function readRows(connection: DuckDBConnection, sql: string, label: string): Promise<string[][]> {
  const result = await run(connection, sql, label);
  return (await result.getRowsJS()).map((row) => row.map(String));
}

async function inspect(connection: DuckDBConnection, rows: SelectedRows): Promise<Inspected> {
  const { select, label, placeOf } = rows;
  try {
    const statements = await connection.extractStatements(select);
    if (statements.count > 1) return { kind: 'several', writingFunctions: [] };
  } catch (error) {
    throw sourceError(error, label, placeOf);
  }
  const plans = await explain(connection, rows);
  if (plans === undefined) return { kind: 'other', writingFunctions: [] };
  const functions = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = 'table'";
  const known = await readRows(connection, functions, label);
  return { kind: 'select', writingFunctions: writingFunctions(plans, new Set(known.map(([name]) => name!))) };
}

/**
 * Returns the plans of a SELECT, undefined for a statement of another kind. The statement stands inside query(), because
 * the mere binding of some statements (EXPORT) writes to the disk.
 */
async function explain(
  connection: DuckDBConnection,
  { select, label, placeOf }: SelectedRows,
): Promise<string[] | undefined> {
  try {
    const result = await connection.run(`EXPLAIN (FORMAT json) FROM query(${quoteText(select)})`);
    return (await result.getRowsJS()).map(([, plan]) => String(plan));
  } catch (error) {
    if (error instanceof Error && error.message.includes('Expected a single SELECT statement')) return undefined;
    // Gives the place of a fault in the statement's own text.
    await run(connection, `DESCRIBE ${select}`, label, placeOf);
    throw sourceError(error, label);
  }
}

interface Export {
  select: string;
  /** The name of the relation in messages. */
  label: string;
  /** Path of the pipe. */
  path: string;
  signal: AbortSignal;
}

/**
 * Runs COPY into a named pipe in our private folder and yields its bytes. DuckDB writes lines in order from all its
 * threads and waits when we do, and no value becomes an object on our heap. Blobs of `string_agg` are as fast, but limit
 * neither memory nor order for CSV, JSON and queries.
 */
async function* exportThroughPipe(
  connection: DuckDBConnection,
  { select, label, path, signal }: Export,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const pipe = await createPipe(path);
  let isDone = false;
  let interrupting: NodeJS.Timeout | undefined;
  const stop = () => {
    pipe.stop();
    if (isDone) return;
    connection.interrupt();
    // DuckDB ignores an interrupt before the query has begun.
    interrupting ??= setInterval(() => connection.interrupt(), interruptEveryMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const copying = connection
    .run(`COPY (${select}) TO ${quoteText(path)} (${copyOptions})`)
    .then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    .finally(() => {
      isDone = true;
      clearInterval(interrupting);
      pipe.endWriting();
    });
  try {
    yield* pipe.parts();
    const failed = await copying;
    signal.throwIfAborted();
    if (failed !== undefined) throw sourceError(failed.error, label);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await copying;
    await pipe.remove();
  }
}

const interruptEveryMs = 20;

const copyOptions = `FORMAT csv, HEADER false, DELIMITER ${quoteText(fieldSeparator)}, QUOTE '"', ESCAPE '"', NULLSTR ''`;
