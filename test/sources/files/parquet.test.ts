import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openFiles } from '../../../src/sources/files/files.ts';
import { allTextOf, readFileColumn, readSource, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

let files = 0;

/** A Parquet file of the rows that a SELECT gives. */
async function write(select: string, name = `file-${++files}.parquet`): Promise<string> {
  const path = sources.write(name, '');
  await sources.maker.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  return path;
}

async function read(select: string): Promise<string[]> {
  return readFileColumn(sources.engine, await write(select));
}

/** Lines and their rows of a column of lists. */
async function readList(select: string): Promise<[string[], number[]]> {
  const config = { type: 'files' as const, path: await write(select) };
  const { values, rows } = await readSource(sources.engine, config, { names: ['email'], required: 'all' });
  return [values[0]!, rows[0]!];
}

describe('cells become text', () => {
  test.each<[string, string, string[]]>([
    ['VARCHAR', "VALUES ('a@b.c'), (NULL), (''), (' '), ('x,\"y\"')", ['a@b.c', '', '', ' ', 'x,"y"']],
    ['VARCHAR with separators', "VALUES ('a' || chr(31) || 'b'), ('a' || chr(30) || 'b')", ['a\x1fb', 'a\x1eb']],
    [
      'VARCHAR with line breaks',
      "VALUES ('a' || chr(10) || 'b'), ('a' || chr(13) || chr(10) || 'b')",
      ['a\rb', 'a\r\rb'],
    ],
    ['VARCHAR with a NUL', "VALUES ('a' || chr(0) || 'b')", ['a\0b']],
    ['BIGINT', 'VALUES (819012345678), (NULL), (-5), (0)', ['819012345678', '', '-5', '0']],
    ['INTEGER', 'VALUES (90123456::INTEGER)', ['90123456']],
    ['UBIGINT', 'VALUES (18446744073709551615::UBIGINT)', ['18446744073709551615']],
    [
      'DOUBLE',
      "VALUES (819012345678::DOUBLE), ('nan'::DOUBLE), (NULL), (-0.0::DOUBLE), (1e15::DOUBLE)",
      ['819012345678', '', '', '0', '1000000000000000'],
    ],
    ['DOUBLE with fractions', "VALUES (0.5::DOUBLE), (1e300::DOUBLE), ('inf'::DOUBLE)", ['0.5', '1e+300', 'inf']],
    ['DECIMAL of whole numbers', 'VALUES (819012345678::DECIMAL(18, 0))', ['819012345678']],
    [
      'DECIMAL with a scale',
      'VALUES (819012345678::DECIMAL(18, 2)), (0.50::DECIMAL(18, 2)), (10::DECIMAL(18, 2))',
      ['819012345678', '0.50', '10'],
    ],
    ['ENUM', "SELECT x::ENUM('a@b.c', 'd[1]') FROM (VALUES ('a@b.c'), ('d[1]'), (NULL)) t(x)", ['a@b.c', 'd[1]', '']],
    [
      'UUID',
      "VALUES ('6D92078A-8246-4BA4-AE5B-76104861E7DC'::UUID), (NULL)",
      ['6d92078a-8246-4ba4-ae5b-76104861e7dc', ''],
    ],
    ['JSON strings', `VALUES ('"a@b.c"'::JSON), ('null'::JSON), ('""'::JSON), (NULL)`, ['a@b.c', '', '', '']],
    ['JSON numbers', "VALUES ('819012345678'::JSON), ('8.1e11'::JSON)", ['819012345678', '810000000000']],
    ['JSON objects', `VALUES ('{"a":1}'::JSON)`, ['{}']],
    ['no rows', "SELECT 'a' WHERE false", []],
  ])('%s', async (_, rows, wanted) => {
    expect(await read(`SELECT c AS email FROM (${rows}) t(c)`)).toEqual(wanted);
  });

  test('the elements of lists, each with its row', async () => {
    const lists = "VALUES (['a', 'b']), (NULL), ([]), ([NULL]), (['c', NULL, '', 'd']), (['e']), ([NULL, NULL])";
    expect(await readList(`SELECT c::VARCHAR[] AS email FROM (${lists}) t(c)`)).toEqual([
      ['a', 'b', '', '', '', 'c', '', '', 'd', 'e', '', ''],
      [0, 0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 6],
    ]);
  });

  test('an element that holds the separator stays one, and is no identifier', async () => {
    const [lines] = await readList(
      "SELECT ['a' || chr(30) || 'b', 'c' || chr(31) || 'd', 'e' || chr(10) || 'f', '\"g\"'] AS email",
    );
    expect(lines).toEqual(['a\x01b', 'c\x1fd', 'e\rf', '"g"']);
  });

  test.each<[string, string, string[]]>([
    ['fixed arrays', "SELECT ['a', 'b']::VARCHAR[2] AS email", ['a', 'b']],
    ['lists of BIGINT', 'SELECT [819012345678, NULL, 7] AS email', ['819012345678', '', '7']],
    ['lists of DOUBLE', "SELECT [819012345678::DOUBLE, 'nan'::DOUBLE] AS email", ['819012345678', '']],
    ['lists of DECIMAL', 'SELECT [819012345678::DECIMAL(18, 2)] AS email', ['819012345678']],
    ['lists of JSON', `SELECT ['"a@b.c"'::JSON, '8.1e11'::JSON, 'null'::JSON] AS email`, ['a@b.c', '810000000000', '']],
    ['JSON arrays', `SELECT '["a@b.c", null, 8.1e11, ["x"]]'::JSON AS email`, ['a@b.c', '', '810000000000', '[]']],
    ['JSON arrays that are empty', `SELECT '[]'::JSON AS email`, ['']],
  ])('%s', async (_, select, wanted) => {
    expect((await readList(select))[0]).toEqual(wanted);
  });

  test('a list beside a scalar: rows stay together', async () => {
    const path = await write("SELECT * FROM (VALUES (['a', 'b'], 'x'), ([], 'y'), (['c'], NULL)) t(email, phone)");
    const wanted = { names: ['email', 'phone'], required: 'all' as const };
    const { values, rows } = await readSource(sources.engine, { type: 'files', path }, wanted);
    expect(values).toEqual([
      ['a', 'b', '', 'c'],
      ['x', 'y', ''],
    ]);
    expect(rows).toEqual([
      [0, 0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('rows keep their order and number over many chunks', async () => {
    const [lines, rows] = await readList(
      "SELECT CASE WHEN i % 3 = 0 THEN ['user' || i, 'twin' || i] ELSE ['user' || i] END AS email FROM range(150_000) t(i)",
    );
    const wanted = Array.from({ length: 150_000 }, (_, i) => (i % 3 === 0 ? [`user${i}`, `twin${i}`] : [`user${i}`]));
    const rowsWanted = wanted.flatMap((elements, row) => elements.map(() => row));
    // Compared as text: equality of long lists takes a second.
    expect(lines.join() === wanted.flat().join()).toBe(true);
    expect(rows.join() === rowsWanted.join()).toBe(true);
  });
});

describe('columns', () => {
  test('match without regard to case', async () => {
    expect(await read("SELECT 1 AS id, 'a@b.c' AS EMail")).toEqual(['a@b.c']);
  });

  test('any of the usual names are read, those that are there', async () => {
    const path = await write("SELECT 'x' AS IDFA, 'y' AS gaid, 1 AS id");
    const wanted = { names: ['ifa', 'idfa', 'gaid', 'advertising_id'], required: 'any' as const };
    expect(await readSource(sources.engine, { type: 'files', path }, wanted)).toMatchObject({
      columns: ['IDFA', 'gaid'],
      values: [['x'], ['y']],
    });
  });

  test.each([
    ['STRUCT', "SELECT {'a': 'x'} AS email", 'STRUCT'],
    ['lists of STRUCT', "SELECT [{'a': 'x'}] AS email", 'STRUCT[]'],
    ['lists of lists', "SELECT [['x']] AS email", 'VARCHAR[][]'],
    ['MAP', "SELECT MAP {'a': 'x'} AS email", 'MAP'],
    ['FLOAT, which rounds telephone numbers', 'SELECT 819012345670::FLOAT AS email', 'FLOAT'],
    ['lists of FLOAT', 'SELECT [819012345670::FLOAT] AS email', 'FLOAT[]'],
    ['BOOLEAN', 'SELECT true AS email', 'BOOLEAN'],
    ['DATE', "SELECT DATE '2024-01-02' AS email", 'DATE'],
    ['TIMESTAMP', "SELECT TIMESTAMP '2024-01-02 03:04:05' AS email", 'TIMESTAMP'],
    ['TIMESTAMP WITH TIME ZONE', "SELECT '2024-01-02'::TIMESTAMPTZ AS email", 'TIMESTAMP WITH TIME ZONE'],
    ['lists of DATE', "SELECT [DATE '2024-01-02'] AS email", 'DATE[]'],
    ['TIME', "SELECT TIME '09:01:23' AS email", 'TIME'],
    ['INTERVAL', 'SELECT INTERVAL 3 DAYS AS email', 'INTERVAL'],
  ])('of type %s are refused', async (_, select, type) => {
    const error = await syncErrorOf(read(select));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain(`is of type ${type}, which cannot hold identifiers.`);
  });

  test.each([
    ['BLOB', "SELECT 'marked@b.c'::BLOB AS email"],
    ['BLOB[]', "SELECT ['marked@b.c'::BLOB] AS email"],
  ])('of type %s are refused, as bytes may be a hash or text, with the SQL for both', async (type, select) => {
    const error = await syncErrorOf(read(select));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain(`is of type ${type}, which holds bytes, not text.`);
    expect(error.hint).toContain('lower(hex(email))');
    expect(error.hint).toContain('decode(email)');
    expect(error.hint).toContain('binary_as_string');
    expect(allTextOf(error)).not.toContain('marked');
  });

  test('of the Parquet type FIXED_LEN_BYTE_ARRAY, which says nothing of text, are refused as bytes', async () => {
    const bytes = readFileSync(await write('SELECT gen_random_uuid() AS email FROM range(3)'));
    // In the footer, the logical type (UUID) behind the name gets a number that Parquet does not know.
    const behindName = bytes.lastIndexOf(Buffer.from('\x05email\x6c\xec', 'latin1')) + 6;
    expect(behindName).toBeGreaterThan(6);
    bytes[behindName] = 0x7c;
    const error = await syncErrorOf(readFileColumn(sources.engine, sources.write('fixed.parquet', bytes)));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain('is of type BLOB, which holds bytes, not text.');
  });

  test('of type UUID are for advertising IDs alone', async () => {
    const path = await write("SELECT '6D92078A-8246-4BA4-AE5B-76104861E7DC'::UUID AS id");
    const config = { type: 'files' as const, path };
    const of = (identifierType: 'email' | 'phone' | 'ifa') =>
      readSource(sources.engine, config, { names: ['id'], required: 'all', identifierType });
    expect((await of('ifa')).values).toEqual([['6d92078a-8246-4ba4-ae5b-76104861e7dc']]);
    for (const type of ['email', 'phone'] as const) {
      const error = await syncErrorOf(of(type));
      expect(error.code).toBe('source.column_missing');
      expect(error.message).toContain('is of type UUID, which holds advertising IDs only.');
    }
  });

  test.each([
    ['email', 'email'],
    ['Email', 'EMAIL'],
    ['email', 'email_1'],
  ])('of the names %s and %s are told apart as the file names them', async (first, second) => {
    const whole = readFileSync(
      await write(`SELECT 'a' AS ${first}, {'email': 'c'} AS x, 'b' AS "${'*'.repeat(second.length)}"`),
    );
    const renamed = whole.toString('latin1').replaceAll('*'.repeat(second.length), second);
    const path = sources.write(`named-${++files}.parquet`, Buffer.from(renamed, 'latin1'));
    if (second === 'email_1') return expect(await readFileColumn(sources.engine, path)).toEqual(['a']);
    const error = await syncErrorOf(readFileColumn(sources.engine, path));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain('Found 2 columns named email');
  });

  test('a column that is read under two names is read once', async () => {
    const path = await write("SELECT 'a' AS email");
    const wanted = { names: ['email', 'EMAIL'], required: 'all' as const };
    expect(await readSource(sources.engine, { type: 'files', path }, wanted)).toMatchObject({ values: [['a']] });
  });

  test('folders do not stand for columns', async () => {
    const path = await write("SELECT 'a@b.c' AS email", 'email=jp/a.parquet');
    expect(await readFileColumn(sources.engine, path)).toEqual(['a@b.c']);
  });
});

describe('several files', () => {
  test('may hold the column in different types', async () => {
    await write("SELECT '0901' AS email", 'types/1.parquet');
    await write('SELECT 819012345678 AS email, 1 AS id', 'types/2.parquet');
    await write('SELECT 819012345678::DOUBLE AS EMAIL', 'types/3.parquet');
    await write("SELECT ['x', 'y'] AS email", 'types/4.parquet');
    const wanted = ['0901', '819012345678', '819012345678', 'x', 'y'];
    expect(await readFileColumn(sources.engine, `${sources.folder}/types/*.parquet`)).toEqual(wanted);
  });

  test('one that lacks the column is named, and nothing is read', async () => {
    await write("SELECT 'a' AS email", 'lacking/1.parquet');
    const lacking = await write("SELECT 'a' AS mail", 'lacking/2.parquet');
    const error = await syncErrorOf(readFileColumn(sources.engine, `${sources.folder}/lacking/*`));
    expect(error.message).toBe(`Found no column email in the file ${lacking}; it has: mail.`);
  });

  test('must all have the same of the columns that may be absent', async () => {
    await write("SELECT 'a' AS ifa", 'differing/1.parquet');
    await write("SELECT 'a' AS ifa, 'b' AS gaid", 'differing/2.parquet');
    const config = { type: 'files' as const, path: `${sources.folder}/differing/*` };
    const wanted = { names: ['ifa', 'gaid'], required: 'any' as const };
    const error = await syncErrorOf(readSource(sources.engine, config, wanted));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toBe('Some files of the source have the columns ifa, others ifa, gaid.');
  });
});

describe('a file that is not whole', () => {
  let whole: Buffer;

  beforeAll(async () => {
    whole = readFileSync(await write("SELECT 'marked' || i || '@example.com' AS email FROM range(50_000) t(i)"));
  });

  test.each<[string, (whole: Buffer) => Buffer]>([
    ['0 bytes', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('email\nmarked@example.com\n')],
    ['cut off', (file) => file.subarray(0, file.length / 2)],
    ['without its first half', (file) => file.subarray(file.length / 2)],
    ['with a broken page', (file) => Buffer.from(file).fill(0x5a, 2000, 90_000)],
    ['with a broken footer', (file) => Buffer.from(file).fill(0xff, file.length - 200, file.length - 20)],
  ])('%s', async (name, damage) => {
    const path = sources.write(`damaged-${name}.parquet`, damage(whole));
    const error = await syncErrorOf(readFileColumn(sources.engine, path));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toBe(`Cannot read the file ${path}: it is not a complete Parquet file.`);
    expect(allTextOf(error)).not.toContain('marked');
  });
});

test('a text that is not UTF-8 is an encoding error, not a broken file', async () => {
  const path = await write("SELECT 'marked' || i AS email FROM range(1000) t(i)");
  await sources.maker.run(
    `COPY (SELECT 'marked' || i AS email FROM range(1000) t(i)) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`,
  );
  const bytes = readFileSync(path).toString('latin1').replace('marked500', 'marked\xe900');
  const error = await syncErrorOf(
    readFileColumn(sources.engine, sources.write('latin.parquet', Buffer.from(bytes, 'latin1'))),
  );
  expect(error.code).toBe('source.encoding');
  expect(error.message).toContain('not UTF-8');
  expect(allTextOf(error)).not.toContain('marked');
});

/** A file whose footer names another codec, by Parquet's number, than its data have. */
async function writeWithCodec(codec: number): Promise<string> {
  const path = await write("SELECT 'marked' AS email");
  await sources.maker.run(
    `COPY (SELECT 'marked' || i AS email FROM range(1000) t(i)) TO '${path}' (FORMAT parquet, COMPRESSION lz4_raw)`,
  );
  const bytes = readFileSync(path);
  // In the footer, behind the path ["email"]: a field of type i32, which is zigzag 7 for LZ4_RAW.
  const behindPath = bytes.lastIndexOf(Buffer.from('\x05email\x15\x0e', 'latin1'));
  bytes[behindPath + 7] = codec * 2;
  return sources.write(`codec-${codec}.parquet`, bytes);
}

test.each([
  [5, 'LZ4 in the framing of Hadoop'],
  [3, 'LZO'],
])('the codec %i, which DuckDB lacks, is named, with what to write in its place', async (codec, name) => {
  const error = await syncErrorOf(readFileColumn(sources.engine, await writeWithCodec(codec)));
  expect(error.code).toBe('source.unreadable');
  expect(error.message).toContain(`is compressed with ${name}, which DuckDB does not support`);
  expect(error.hint).toContain('zstd');
});

test('an encrypted file is told from a broken one', async () => {
  const bytes = readFileSync(await write("SELECT 'marked' AS email"));
  const path = sources.write('encrypted.parquet', Buffer.concat([bytes.subarray(0, -4), Buffer.from('PARE')]));
  const error = await syncErrorOf(readFileColumn(sources.engine, path));
  expect(error.code).toBe('source.unreadable');
  expect(error.message).toContain('encrypted');
});

test('the footers of all files tell how many values each choice of columns has', async () => {
  await write("SELECT CASE WHEN r < 3 THEN 'a@b.c' END AS email, 'x' AS phone FROM range(10) t(r)", 'parts/1.parquet');
  await write("SELECT 'a@b.c' AS email, 'x' AS phone FROM range(5)", 'parts/2.parquet');
  const path = `${sources.folder}/parts/*.parquet`;
  const choices = [['email'], ['email', 'phone']].map((names) => ({ names, required: 'all' as const }));
  const source = await openFiles({ type: 'files', path }, { choices }, sources.openEngine);
  expect(await source.expectedValues?.()).toEqual([8, 23]);
});
