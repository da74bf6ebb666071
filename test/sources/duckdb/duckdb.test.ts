import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDuckdb } from '../../../src/sources/duckdb/engine.ts';
import { writingFunctions } from '../../../src/sources/duckdb/tableFunctions.ts';
import {
  allTextOf,
  duckdbShare,
  openWith,
  type ReadColumns,
  readSource,
  syncErrorOf,
  useSources,
} from '../sourceSetup.ts';

const sources = useSources();
const email = { names: ['email'], required: 'all' as const };

let runs = 0;

/** Runs a query in an engine of its own where it reads a database, which an engine attaches only once. */
async function read(query: string, database?: string, wanted = email): Promise<ReadColumns> {
  if (database === undefined) return readSource(sources.engine, { type: 'duckdb', query }, wanted);
  const engine = await openDuckdb(`${sources.folder}/run-${++runs}`, duckdbShare);
  try {
    return await readSource(engine, { type: 'duckdb', query, database }, wanted);
  } finally {
    engine.close();
  }
}

async function emailsOf(query: string, database?: string): Promise<string[]> {
  return (await read(query, database)).values[0]!;
}

async function makeDatabase(name: string, ...statements: string[]): Promise<string> {
  const path = join(sources.folder, name);
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.disconnectSync();
  instance.closeSync();
  return path;
}

let database: string;

beforeAll(async () => {
  database = await makeDatabase(
    "o'ne.duckdb",
    "CREATE TABLE people AS SELECT * FROM (VALUES (1, 'a@b.c'), (2, 'd@e.f')) t(id, email)",
    'CREATE VIEW emails AS SELECT email FROM people',
    "CREATE SCHEMA other; CREATE TABLE other.people AS SELECT 'g@h.i' AS email",
    "CREATE TYPE mood AS ENUM ('a@b.c'); CREATE TABLE moods AS SELECT 'a@b.c'::mood AS email",
    'CREATE MACRO domain(x) AS x',
  );
});

describe('one SELECT', () => {
  test.each<[string, string, string[]]>([
    ['plain', "SELECT 'a@b.c' AS email", ['a@b.c']],
    ['WITH', "WITH x AS (SELECT 'a@b.c' AS email) SELECT * FROM x", ['a@b.c']],
    ['FROM first', "FROM (SELECT 'a@b.c' AS email)", ['a@b.c']],
    ['VALUES with names', "FROM (VALUES ('a@b.c')) AS t(email)", ['a@b.c']],
    ['UNION', "SELECT 'a@b.c' AS email UNION ALL SELECT 'd@e.f'", ['a@b.c', 'd@e.f']],
    ['in order', "SELECT 'user' || i AS email FROM range(5) t(i) ORDER BY i DESC LIMIT 2", ['user4', 'user3']],
    ['with a semicolon', "SELECT 'a@b.c' AS email;", ['a@b.c']],
    ['with semicolons and spaces', "\n SELECT 'a@b.c' AS email ; ;\n", ['a@b.c']],
    ['with a comment behind', "SELECT 'a@b.c' AS email -- the people", ['a@b.c']],
    ['with a comment behind a semicolon', "SELECT 'a@b.c' AS email; -- the people; all\n", ['a@b.c']],
    ['with a comment before', "/* the ; people */ SELECT 'a@b.c' AS email", ['a@b.c']],
    ['with a semicolon in a text', "SELECT 'a;b' AS email", ['a;b']],
    ['with quotes', `SELECT 'a''b' AS "email"`, ["a'b"]],
    ['with names alike', "SELECT 1 AS x, 2 AS x, 'a@b.c' AS email", ['a@b.c']],
    ['of numbers', 'SELECT 819012345678 AS email', ['819012345678']],
    ['of lists', "SELECT ['a', NULL] AS email", ['a', '']],
    ['of no rows', "SELECT 'a' AS email WHERE false", []],
  ])('%s', async (_, query, wanted) => {
    expect(await emailsOf(query)).toEqual(wanted);
  });

  test('over files', async () => {
    const path = sources.write('people.csv', 'id,email\n1,a@b.c\n');
    expect(await emailsOf(`SELECT email FROM '${path}' WHERE id = 1`)).toEqual(['a@b.c']);
  });

  test.each<[string, string, string[]]>([
    ['tables', 'SELECT email FROM people ORDER BY id', ['a@b.c', 'd@e.f']],
    ['views', 'FROM emails ORDER BY email', ['a@b.c', 'd@e.f']],
    ['other schemas', 'FROM other.people', ['g@h.i']],
    ['its own types', 'FROM moods', ['a@b.c']],
    ['its macros', "SELECT domain('x') AS email", ['x']],
  ])('over the %s of a database', async (_, query, wanted) => {
    expect(await emailsOf(query, database)).toEqual(wanted);
  });
});

describe('anything but one SELECT is refused before it runs', () => {
  const written = () => join(sources.folder, 'never.out');

  test.each<[string, string]>([
    ['INSERT', "INSERT INTO people VALUES (3, 'x')"],
    ['UPDATE', "UPDATE people SET email = 'x'"],
    ['DELETE', 'DELETE FROM people'],
    ['INSERT with RETURNING', "INSERT INTO people VALUES (3, 'x') RETURNING email"],
    ['COPY', "COPY (SELECT 1 AS email) TO 'FILE'"],
    ['EXPORT', "EXPORT DATABASE 'FILE'"],
    ['CREATE', 'CREATE TABLE made AS SELECT 1 AS email'],
    ['CREATE in memory', 'CREATE TEMP TABLE made AS SELECT 1 AS email'],
    ['DROP', 'DROP TABLE people'],
    ['ATTACH', "ATTACH 'FILE' AS made"],
    ['PRAGMA', 'PRAGMA enable_profiling'],
    ['SET', 'SET threads = 1'],
    ['RESET', 'RESET threads'],
    ['USE', 'USE memory'],
    ['INSTALL', 'INSTALL httpfs'],
    ['LOAD', 'LOAD httpfs'],
    ['CALL', 'CALL pragma_version()'],
    ['EXPLAIN', 'EXPLAIN ANALYZE SELECT 1 AS email'],
    ['CHECKPOINT', 'CHECKPOINT'],
    ['two SELECTs', "SELECT 'a' AS email; SELECT 'b' AS email"],
    ['a SELECT and something else', "SELECT 'a' AS email; COPY (SELECT 1) TO 'FILE'"],
    ['something else and a SELECT', "COPY (SELECT 1) TO 'FILE'; SELECT 'a' AS email"],
    ['a table made and read', 'CREATE TABLE made AS SELECT 1 AS email; SELECT * FROM made'],
  ])('%s', async (_, query) => {
    const before = readFileSync(database);
    const error = await syncErrorOf(read(query.replace('FILE', written()), database));
    expect(error.code).toBe('source.not_select');
    expect(error.message).toContain('was not run');
    expect(existsSync(written())).toBe(false);
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  test.each([
    ['INSERT in WITH', "WITH x AS (INSERT INTO people VALUES (3, 'x') RETURNING email) FROM x"],
    ['a statement in a text', `FROM query('DELETE FROM people')`],
    ['an unknown extension', "SELECT * FROM postgres_scan('a', 'b', 'c')"],
    ['a file of the web', "SELECT * FROM 'https://127.0.0.1:9/people.parquet'"],
    ['nothing but a comment', '-- nothing'],
    ['a parameter', 'SELECT $1 AS email'],
  ])('%s fails as well', async (_, query) => {
    const error = await syncErrorOf(read(query, database));
    expect(error.code).toMatch(/^source\./);
    expect(await emailsOf('FROM emails ORDER BY email', database)).toEqual(['a@b.c', 'd@e.f']);
  });
});

describe('a SELECT that does more than read is refused before it runs', () => {
  const out = () => join(sources.folder, 'written.out');

  test.each([
    ['enable_logging', "SELECT 'a' AS email FROM enable_logging(storage = 'file', storage_path = 'FILE')"],
    ['enable_logging', "FROM query('SELECT ''a'' AS email FROM ENABLE_LOGGING(storage_path = ''FILE'')')"],
    [
      'enable_logging',
      "WITH x AS (FROM enable_logging(storage_path = 'FILE')) SELECT 'a' AS email WHERE EXISTS (FROM x)",
    ],
    [
      'enable_logging',
      "SELECT 'a' AS email WHERE now() < '2020-01-01' AND EXISTS (FROM system.main.enable_logging(storage_path = 'FILE'))",
    ],
    ['enable_profiling', "SELECT 'a' AS email FROM enable_profiling(save_location = 'FILE.txt')"],
    ['disable_logging', "SELECT 'a' AS email FROM disable_logging()"],
    ['truncate_duckdb_logs', "SELECT 'a' AS email FROM truncate_duckdb_logs()"],
    ['checkpoint', "SELECT 'a' AS email FROM checkpoint()"],
    ['force_checkpoint', "SELECT 'a' AS email FROM force_checkpoint()"],
    ['enable_logging', 'FROM logged'],
    ['enable_logging', 'FROM log_by_macro()'],
  ])('by %s', async (name, query) => {
    const file = out().replaceAll("'", "''");
    const path = await makeDatabase(
      `writing-${++runs}.duckdb`,
      `CREATE VIEW logged AS SELECT 'a' AS email FROM enable_logging(storage_path = '${file}')`,
      `CREATE MACRO log_by_macro() AS TABLE SELECT 'a' AS email FROM enable_logging(storage_path = '${file}')`,
    );
    const before = readFileSync(path);
    const error = await syncErrorOf(read(query.replaceAll('FILE', file), path));
    expect(error.code).toBe('source.not_select');
    expect(error.message).toContain(`it calls ${name}, which does more than read.`);
    expect(existsSync(out())).toBe(false);
    expect(existsSync(`${out()}.txt`)).toBe(false);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('every table function of DuckDB that is not known to read is refused', async () => {
    const result = await sources.maker.run(
      "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = 'table'",
    );
    const functions = (await result.getRowsJS()).map(([name]) => String(name));
    const plans = functions.map((name) =>
      JSON.stringify([{ name: 'PROJECTION', children: [{ name: name.toUpperCase() }] }]),
    );
    expect(writingFunctions(plans, new Set(functions)).sort()).toEqual([
      ...['arrow_scan', 'arrow_scan_dumb', 'check_peg_parser', 'checkpoint', 'disable_logging', 'disable_peg_parser'],
      ...['disable_profiling', 'enable_logging', 'enable_peg_parser', 'enable_profiling', 'force_checkpoint'],
      ...['sql_auto_complete', 'truncate_duckdb_logs', 'which_secret'],
    ]);
  });

  test.each([
    ['files', "SELECT email FROM read_csv('FILE')"],
    ['globs', "SELECT 'a@b.c' AS email FROM glob('FILE')"],
    ['series', "SELECT 'a@b.c' AS email FROM range(1), generate_series(1, 1), repeat(1, 1), unnest([1])"],
    ['JSON', `SELECT value AS email FROM json_each('["a@b.c"]')`],
    ['its catalog', "SELECT 'a@b.c' AS email FROM duckdb_settings() LIMIT 1"],
  ])('but table functions that read %s are fine', async (_, query) => {
    const file = sources.write('functions.csv', 'id,email\n1,a@b.c\n');
    expect(await emailsOf(query.replace('FILE', file))).toEqual(['a@b.c']);
  });
});

describe('a file that a query names and that is cut off is refused', () => {
  const array = '[{"email":"a@b.c"},{"email":"d@e.f"}]';
  const cut = array.slice(0, array.indexOf(',') + 1);
  const csv = gzipSync(Array.from({ length: 20_000 }, (_, index) => `user${index}@${index * 7919}.com\n`).join(''));

  test.each<[string, string, string | Uint8Array, string]>([
    ['by its name alone', 'cut.json', cut, "FROM 'FILE'"],
    ['by a function', 'cut2.json', cut, "SELECT * FROM read_json('FILE')"],
    ['in a list, in a subquery', 'cut3.json', cut, "SELECT 'x' AS email WHERE EXISTS (FROM read_json(['FILE']))"],
    ['in a CTE', 'cut4.json', cut, "WITH x AS (FROM read_json_auto('FILE')) FROM x"],
    ['by a glob', 'globbed/cut.json', cut, "FROM 'GLOB'"],
    ['compressed whole', 'cut.json.gz', gzipSync(cut), "FROM 'FILE'"],
    [
      'as compressed CSV',
      'cut.csv.gz',
      csv.subarray(0, csv.length / 2),
      "SELECT email FROM read_csv('FILE', names = ['email'])",
    ],
  ])('%s', async (_, name, content, query) => {
    const file = sources.write(name, content);
    const error = await syncErrorOf(
      read(query.replace('FILE', file).replace('GLOB', `${sources.folder}/globbed/*.json`)),
    );
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain(file);
  });

  test('but whole ones, and JSON of other shapes, are read', async () => {
    const whole = sources.write('whole.json', array);
    expect(await emailsOf(`FROM '${whole}'`)).toEqual(['a@b.c', 'd@e.f']);
    const packed = sources.write('whole.json.gz', gzipSync(array));
    expect(await emailsOf(`FROM '${packed}'`)).toEqual(['a@b.c', 'd@e.f']);
    const scalars = sources.write('scalars.json', '["a@b.c","d@e.f"]');
    expect(await emailsOf(`SELECT json AS email FROM read_json('${scalars}', records = false)`)).toEqual([
      'a@b.c',
      'd@e.f',
    ]);
    expect(await emailsOf("SELECT 'nowhere.json' AS email")).toEqual(['nowhere.json']);
  });
});

describe('a query that fails', () => {
  test.each<[string, string, string]>([
    ['bad SQL', 'SELEC 1', 'it is not valid SQL'],
    ['bad SQL in the second line', 'SELECT 1\nFRM x', 'because it is not valid SQL (line 2 of source.query).'],
    ['an unknown table', 'SELECT email FROM customers', 'it names a table that does not exist'],
    ['an unknown schema', 'SELECT email FROM crm.people', 'it names a schema that does not exist'],
    ['an unknown database', 'SELECT email FROM crm.main.people', 'it names a database that does not exist'],
    ['an unknown column', 'SELECT mail FROM people', 'it names a column that does not exist'],
    ['an unknown function', 'SELECT f(email) FROM people', 'it names a function that does not exist'],
  ])('by %s says so', async (_, query, message) => {
    const error = await syncErrorOf(read(query, database));
    expect(error.code).toBe('source.query_failed');
    expect(error.message).toContain(message);
  });

  test('in its condition is told with the line of the condition', async () => {
    const config = { type: 'duckdb', table: 'range(3)', where: 'range > 1\nAND AND true' } as const;
    const error = await syncErrorOf(openWith(sources.engine, config, { names: ['email'], required: 'all' }));
    expect(error.message).toBe(
      'DuckDB refused the table range(3), because it is not valid SQL (line 2 of source.where).',
    );
  });

  test('by an unknown column of a Parquet file does not blame the file', async () => {
    await sources.maker.run(`COPY (SELECT 'a' AS email) TO '${sources.folder}/whole.parquet'`);
    const error = await syncErrorOf(read(`SELECT mail FROM '${sources.folder}/whole.parquet'`));
    expect(error.message).toContain('it names a column that does not exist');
  });

  test('by a file that does not exist is not found', async () => {
    const error = await syncErrorOf(read(`SELECT email FROM '${sources.folder}/missing.parquet'`));
    expect(error.code).toBe('source.not_found');
  });

  test('by a missing column says which there are', async () => {
    const error = await syncErrorOf(read('SELECT id, email AS mail FROM people', database));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toBe('Found no column email in the query; it has: id, mail.');
  });

  const marked = 'marked.person@example.com';

  test.each<[string, string]>([
    ['a cast', "SELECT x::INTEGER AS email FROM (SELECT 'MARKED' AS x)"],
    [
      'a cast far down',
      "SELECT (CASE WHEN i < 299_000 THEN '1' ELSE 'MARKED' END)::INTEGER AS email FROM range(300_000) t(i)",
    ],
    ['a date', "SELECT strptime('MARKED', '%Y')::VARCHAR AS email"],
    ['an error of its own', "SELECT error('MARKED') AS email"],
    ['a constant that does not fit', "SELECT 'MARKED'::UUID::VARCHAR AS email"],
    ['a regular expression', "SELECT regexp_replace(x, '(MARKED', '') AS email FROM (SELECT 'a' AS x)"],
    ['a column named by a person', 'SELECT "MARKED" FROM people'],
    ['a table named by a person', 'SELECT email FROM "MARKED"'],
    ['a malformed file', "SELECT email FROM read_csv('FILE', auto_detect = false, columns = {email: 'INTEGER'})"],
    ['text that is not UTF-8', "SELECT decode('MARKED'::BLOB || '\\xE9'::BLOB) AS email"],
  ])('over a value in %s shows nothing of it', async (_, query) => {
    const file = sources.write('marked.csv', `${marked}\n`);
    const error = await syncErrorOf(read(query.replace('MARKED', marked).replace('FILE', file), database));
    expect(error.code).toMatch(/^source\./);
    expect(error.cause).toBeUndefined();
    expect(allTextOf(error)).not.toMatch(/marked\.person|example\.com/);
  });
});

describe('a database', () => {
  test('that is missing is named', async () => {
    const path = `${sources.folder}/missing.duckdb`;
    const error = await syncErrorOf(read('SELECT 1 AS email', path));
    expect(error).toMatchObject({ code: 'source.not_found', message: `The database file ${path} does not exist.` });
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['empty', ''],
    ['text', 'x'.repeat(20_000)],
    ['Parquet', 'PAR1'.repeat(5000)],
  ])('that is no database but %s cannot be read', async (kind, content) => {
    const path = sources.write(`${kind}.duckdb`, content);
    const error = await syncErrorOf(read('SELECT 1 AS email', path));
    expect(error.code).toMatch(/^source\.(unreadable|malformed)$/);
    expect(error.message).toContain(path);
  });

  test('is opened read-only, with what its log still holds, and nothing of it changes', async () => {
    const path = await makeDatabase(
      'logged.duckdb',
      'PRAGMA disable_checkpoint_on_shutdown',
      "SET checkpoint_threshold = '1 GB'",
      "CREATE TABLE people AS SELECT 'a@b.c' AS email",
    );
    const files = [path, `${path}.wal`];
    const before = files.map((file) => readFileSync(file));
    expect(before[1]!.length).toBeGreaterThan(0);
    const isReadOnly = `(SELECT readonly FROM duckdb_databases() WHERE path = '${path.replaceAll("'", "''")}')`;
    expect(await emailsOf(`SELECT email || ${isReadOnly} AS email FROM people`, path)).toEqual(['a@b.ctrue']);
    expect(
      await emailsOf(`SELECT email FROM read_duckdb('${path.replaceAll("'", "''")}', table_name = 'people')`),
    ).toEqual(['a@b.c']);
    expect(files.map((file) => readFileSync(file))).toEqual(before);
  });

  test('that another process has open for writing cannot be read, and the reason is told', async () => {
    const path = await makeDatabase('locked.duckdb', "CREATE TABLE people AS SELECT 'a@b.c' AS email");
    const script = `import { DuckDBInstance } from '@duckdb/node-api';
      globalThis.open = await DuckDBInstance.create(${JSON.stringify(path)});
      console.log('open'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: resolve(import.meta.dirname, '../../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    const error = await syncErrorOf(read('SELECT email FROM people', path));
    expect(error.code).toBe('source.unreadable');
    expect(error.message).toBe(`Cannot read the database ${path}: another process has locked it.`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await emailsOf('SELECT email FROM people', path)).toEqual(['a@b.c']);
  });

  test('can be read by two engines at once', async () => {
    const [one, two] = await Promise.all([emailsOf('FROM emails', database), emailsOf('FROM emails', database)]);
    expect(one.length + two.length).toBe(4);
  });
});

describe('stopping in the middle', () => {
  const endless = { type: 'duckdb' as const, query: "SELECT 'user' || i AS email FROM range(2_000_000_000) t(i)" };
  const silent = {
    type: 'duckdb' as const,
    query: 'SELECT max(sin(i))::VARCHAR AS email FROM range(20_000_000_000) t(i)',
  };
  const reason = new Error('stopped by the test');

  async function chunksOf(config: typeof endless, signal: AbortSignal) {
    return (await openWith(sources.engine, config, email)).chunks(signal)[Symbol.asyncIterator]();
  }

  test('by a signal while rows are read rejects with its reason and frees the pipe', async () => {
    const controller = new AbortController();
    const chunks = await chunksOf(endless, controller.signal);
    expect((await chunks.next()).done).toBe(false);
    const next = (async () => {
      while (!(await chunks.next()).done);
    })();
    setTimeout(() => controller.abort(reason), 50);
    await expect(next).rejects.toBe(reason);
    expect(sources.leftovers()).toEqual([]);
  });

  test('by a signal while nobody reads rejects soon after', async () => {
    const controller = new AbortController();
    const chunks = await chunksOf(endless, controller.signal);
    await chunks.next();
    controller.abort(reason);
    await new Promise((done) => setTimeout(done, 50));
    // What was read already may still come.
    const atMostFour = (async () => {
      for (let taken = 0; taken < 4; taken++) await chunks.next();
    })();
    await expect(atMostFour).rejects.toBe(reason);
    expect(sources.leftovers()).toEqual([]);
  });

  test('by a signal while the query has given nothing yet', async () => {
    const controller = new AbortController();
    const chunks = await chunksOf(silent, controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(chunks.next()).rejects.toBe(reason);
    expect(sources.leftovers()).toEqual([]);
  });

  test('by a signal that came before', async () => {
    const chunks = await chunksOf(endless, AbortSignal.abort(reason));
    await expect(chunks.next()).rejects.toBe(reason);
    expect(sources.leftovers()).toEqual([]);
  });

  test('by a signal when all rows are written but not read', async () => {
    const controller = new AbortController();
    const query = "SELECT repeat('x', 100) AS email FROM range(28_000) t(i)";
    const chunks = await chunksOf({ type: 'duckdb', query }, controller.signal);
    await chunks.next();
    await new Promise((done) => setTimeout(done, 50));
    controller.abort(reason);
    const rest = (async () => {
      while (!(await chunks.next()).done);
    })();
    await expect(rest).rejects.toBe(reason);
    expect(sources.leftovers()).toEqual([]);
  });

  test('by a consumer that has enough frees the pipe', async () => {
    const source = await openWith(sources.engine, endless, email);
    let taken = 0;
    for await (const chunk of source.chunks(new AbortController().signal)) {
      taken += chunk.columns.length;
      if (taken === 3) break;
    }
    expect(taken).toBe(3);
    expect(sources.leftovers()).toEqual([]);
  });

  test('leaves the engine fit for the next read, and no pipe open', async () => {
    const { signal } = new AbortController();
    const config = { type: 'duckdb' as const, query: "SELECT 'a' AS email" };
    const open = () => readdirSync('/proc/self/fd').length;
    await readSource(sources.engine, config, email, signal);
    const before = open();
    for (let index = 0; index < 10; index++)
      expect((await readSource(sources.engine, config, email, signal)).values).toEqual([['a']]);
    expect(open()).toBeLessThan(before + 5);
  });
});

test('the values of an ENUM are not in the error that refuses its type', async () => {
  const error = await syncErrorOf(
    read("SELECT [[x::ENUM('marked@b.c', 'other@b.c')]] AS email FROM (VALUES ('other@b.c')) t(x)"),
  );
  expect(error.code).toBe('source.column_missing');
  expect(error.message).toContain('is of type ENUM[][]');
  expect(allTextOf(error)).not.toContain('marked');
});
