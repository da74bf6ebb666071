import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { JsonScan } from '../../../src/sources/files/jsonScan.ts';
import { allTextOf, readFileColumn, readSource, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

let files = 0;

function read(content: string | Uint8Array, ending = 'jsonl'): Promise<string[]> {
  return readFileColumn(sources.engine, sources.write(`file-${++files}.${ending}`, content));
}

/** A line for each value, which is JSON already. */
function linesOf(values: readonly string[]): string {
  return values.map((value) => `{"id":1,"email":${value}}\n`).join('');
}

describe('values become text', () => {
  test.each<[string, string[], string[]]>([
    ['strings', ['"a@b.c"', '""', '" "', '"0901"'], ['a@b.c', '', ' ', '0901']],
    ['strings with quotes', ['"a\\"b"', '"a\\\\b"', '"a,b"'], ['a"b', 'a\\b', 'a,b']],
    ['null', ['null', '"null"'], ['', 'null']],
    [
      'whole numbers',
      ['819012345678', '-5', '0', '18446744073709551615'],
      ['819012345678', '-5', '0', '18446744073709551615'],
    ],
    [
      'whole numbers with an exponent',
      ['8.1e11', '8.19012345678E+11', '1E+3'],
      ['810000000000', '819012345678', '1000'],
    ],
    ['whole numbers with a point', ['819012345678.0', '819012345678.00'], ['819012345678', '819012345678']],
    ['fractions', ['0.5', '819012345678.5'], ['0.5', '819012345678.5']],
    ['numbers beyond 64 bits', ['12345678901234567890123'], ['12345678901234567890123']],
    ['truth values', ['true'], ['true']],
    ['objects, which hold no value of the column', ['{"a":"q@q.co"}'], ['{}']],
    ['arrays in arrays and objects in arrays', ['[["z@z.co"],{"k":"z@z.co"},"a"]'], ['[]', '{}', 'a']],
    [
      'escapes',
      ['"\\u0061@b.c"', '"a\\/b"', '"日本"', '"\\u65e5"', '"\\ud834\\udd1e"'],
      ['a@b.c', 'a/b', '日本', '日', '𝄞'],
    ],
    ['escaped line breaks', ['"a\\nb"', '"a\\r\\nb"', '"\\u2028"'], ['a\rb', 'a\r\rb', '\u2028']],
    ['an escaped NUL', ['"a\\u0000b"', '"c"'], ['a\0b', 'c']],
    ['escaped separators', ['"a\\u001eb"', '"a\\u001fb"'], ['a\x01b', 'a\x1fb']],
    [
      'dates and UUIDs',
      ['"2024-01-02"', '"6D92078A-8246-4BA4-ae5b-76104861e7dc"'],
      ['2024-01-02', '6D92078A-8246-4BA4-ae5b-76104861e7dc'],
    ],
    [
      'arrays',
      ['["a","b"]', '[]', 'null', '"c"', '[null,"d"]', '[8.1e11]'],
      ['a', 'b', '', '', 'c', '', 'd', '810000000000'],
    ],
    ['arrays in arrays', ['[["a"],{"b":1}]'], ['[]', '{}']],
  ])('%s', async (_, values, wanted) => {
    expect(await read(linesOf(values))).toEqual(wanted);
  });

  test('a missing key is nothing', async () => {
    expect(await read('{"email":"a"}\n{"id":1}\n{}\n{"email":"b"}\n')).toEqual(['a', '', '', 'b']);
  });

  test('a line that is null is nothing', async () => {
    expect(await read('{"email":"a"}\nnull\n{"email":"b"}\n')).toEqual(['a', '', 'b']);
  });

  test('elements keep their row', async () => {
    const path = sources.write('rows.jsonl', linesOf(['["a","b"]', '"c"', '[]', '["d"]']));
    const { values, rows } = await readSource(
      sources.engine,
      { type: 'files', path },
      { names: ['email', 'id'], required: 'all' },
    );
    expect(values).toEqual([
      ['a', 'b', 'c', '', 'd'],
      ['1', '1', '1', '1'],
    ]);
    expect(rows).toEqual([
      [0, 0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });
});

describe('files', () => {
  test.each<[string, string, string[]]>([
    ['CRLF', '{"email":"a"}\r\n{"email":"b"}\r\n', ['a', 'b']],
    ['blank lines', '{"email":"a"}\n\n\n{"email":"b"}\n\n', ['a', 'b']],
    ['spaces', ' { "email" : "a" } \n', ['a']],
    ['no last line end', '{"email":"a"}', ['a']],
    ['nothing', '', []],
    ['blank lines only', '\n\n', []],
    ['a key in another case', '{"E-Mail":"x","EMAIL":"a"}\n', ['a']],
    ['an escaped key', '{"em\\u0061il":"a"}\n', ['a']],
    ['a key of that name with a number', '{"email":"a","email_1":"b"}\n', ['a']],
    ['300 keys', `{${Array.from({ length: 300 }, (_, index) => `"key${index}":1`).join(',')},"email":"a"}\n`, ['a']],
  ])('of JSON lines with %s', async (_, content, wanted) => {
    expect(await read(content)).toEqual(wanted);
    expect(await read(content, 'ndjson')).toEqual(wanted);
  });

  test.each<[string, string, string[]]>([
    ['an array of objects', '[{"email":"a"},\n{"email":["b","c"]}, null]', ['a', 'b', 'c', '']],
    ['an array of nothing', '[]', []],
    ['objects over several lines', '{\n"email":\n"a"}\n{"email":"b"}', ['a', 'b']],
    ['JSON lines', '{"email":"a"}\n{"email":"b"}\n', ['a', 'b']],
  ])('.json as %s', async (_, content, wanted) => {
    expect(await read(content, 'json')).toEqual(wanted);
  });

  test('with a byte order mark, which is no part of the first line', async () => {
    expect(await read('\ufeff{"email":"a@b.c"}\n{"email":"d@e.f"}\n')).toEqual(['a@b.c', 'd@e.f']);
  });

  test('compressed', async () => {
    const content = linesOf(['"a"', '"b"']);
    expect(await read(gzipSync(content), 'jsonl.gz')).toEqual(['a', 'b']);
    expect(await read(zstdCompressSync(content), 'ndjson.zst')).toEqual(['a', 'b']);
    expect(await read(gzipSync('[{"email":"a"}]'), 'JSON.GZ')).toEqual(['a']);
  });

  test('of objects that have few keys in common', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `{"key${index}":1}\n`);
    const emails = await read(`${lines.join('')}{"email":"a"}\n`);
    expect(emails.filter((email) => email !== '')).toEqual(['a']);
    expect(emails.length).toBe(1001);
  });

  test('whose key first appears behind line 30,000', async () => {
    const emails = await read(`${'{"id":1}\n'.repeat(30_000)}{"email":"a"}\n`);
    expect(emails.length).toBe(30_001);
    expect(emails.at(-1)).toBe('a');
  });

  test('of which one is empty, beside others', async () => {
    sources.write('beside/1.jsonl', '');
    sources.write('beside/2.jsonl', linesOf(['"a"']));
    expect(await readFileColumn(sources.engine, `${sources.folder}/beside/*.jsonl`)).toEqual(['a']);
  });

  test('in folders that look like columns', async () => {
    const path = sources.write('email=jp/dt=2024-01-01/a.jsonl', linesOf(['"a"']));
    expect(await readFileColumn(sources.engine, path)).toEqual(['a']);
  });
});

const marked = '"marked.person@example.com"';

describe('a malformed file', () => {
  test.each<[string, string | Uint8Array, string, string]>([
    [
      'a line that is cut off',
      `${linesOf(['"a"'])}{"email":${marked}\n${linesOf(['"b"'])}`,
      'source.malformed',
      'at line 2',
    ],
    ['a cut-off first line', `{"email":${marked}`, 'source.malformed', 'at line 1'],
    ['a string without its end', `{"email":"marked\n${linesOf(['"b"'])}`, 'source.malformed', 'at line 1'],
    ['a bare word', linesOf(['"a"', '"b"', 'marked']), 'source.malformed', 'at line 3'],
    [
      'a bare word in CRLF',
      linesOf(['"a"', '"b"', 'marked']).replaceAll('\n', '\r\n'),
      'source.malformed',
      'at line 3',
    ],
    ['two objects in a line', `{"email":"a"}\n{"email":${marked}}{"email":"b"}\n`, 'source.malformed', 'at line 2'],
    ['a lone surrogate', linesOf(['"a"', '"marked\\ud800"']), 'source.malformed', 'at line 2'],
    ['a key twice', `{"email":"a"}\n{"email":${marked},"email":"b"}\n`, 'source.malformed', 'at line 2'],
    ['scalars', `${marked}\n"b"\n`, 'source.malformed', 'not JSON objects'],
    ['arrays', `[${marked}]\n`, 'source.malformed', 'not JSON objects'],
    ['a scalar among objects', `{"email":"a"}\n${marked}\n`, 'source.malformed', 'not JSON objects'],
    ['Latin-1', Buffer.from(linesOf(['"a"', '"marked\xe9"']), 'latin1'), 'source.encoding', 'at line 2'],
    ['UTF-16', Buffer.from(`\ufeff${linesOf([marked])}`, 'utf16le'), 'source.encoding', 'at line 1'],
    ['CSV under a wrong name', `id,email\n1,${marked}\n`, 'source.malformed', 'at line 1'],
  ])('by %s is an error that tells where and shows nothing', async (_, content, code, message) => {
    const error = await syncErrorOf(read(content));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
    expect(allTextOf(error)).not.toContain('marked');
  });

  test.each<[string, string, string]>([
    ['a bare word', '[{"email":"a"},\n{"email":"b"},{"email":marked}]', 'at record 3'],
    ['a scalar', `[{"email":"a"},\n${marked}]`, 'not JSON objects'],
    ['no end', `[{"email":"a"},{"email":${marked}}`, 'truncated at line 1 (byte 52), before its array is closed'],
    ['an end right behind a comma', `[{"email":"a"},\n{"email":${marked}},\n`, 'truncated at line 3'],
    ['no object behind a comma', `[{"email":"a"},\n{"email":${marked}},\n]`, 'malformed at line 3'],
    ['two commas', `[{"email":"a"},,{"email":${marked}}]`, 'malformed at line 1'],
    ['no comma', `[{"email":"a"}\n{"email":${marked}}]`, 'malformed at line 2'],
    ['something behind the array', `[{"email":"a"}]\n{"email":${marked}}`, 'malformed at line 2'],
    ['two arrays', `[{"email":"a"}][{"email":${marked}}]`, 'malformed at line 1'],
    ['a second opening', `[{"email":"a"},[{"email":${marked}}]]`, 'not JSON objects'],
    ['an object that is not closed', `{"email":"a"}\n{"email":\n{"a":${marked}}`, 'truncated at line 3'],
    ['a bracket in place of a brace', `[{"email":${marked}]]`, 'malformed at line 1'],
    ['a key twice', `[{"email":"a"},\n{"email":${marked},"email":"b"}]`, 'malformed at line 2'],
    ['a line break in a string', `[{"email":"marked\n"}]`, 'malformed at line 1'],
    ['a NUL behind it', `[{"email":${marked}}]\0`, 'malformed at line 1'],
  ])('.json by %s', async (_, content, message) => {
    const error = await syncErrorOf(read(content, 'json'));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain(message);
    expect(allTextOf(error)).not.toContain('marked');
  });

  test.each([
    ['UTF-16LE with a mark', Buffer.from(`\ufeff[{"email":${marked}}]`, 'utf16le')],
    ['UTF-16LE without one', Buffer.from(`[{"email":${marked}}]`, 'utf16le')],
    ['UTF-16BE', Buffer.from(`\ufeff[{"email":${marked}}]`, 'utf16le').swap16()],
  ])('by %s is an encoding error', async (_, content) => {
    for (const ending of ['json', 'jsonl']) {
      const error = await syncErrorOf(read(content, ending));
      expect(error.code).toBe('source.encoding');
      expect(allTextOf(error)).not.toContain('marked');
    }
  });

  test('by a missing key says which there are', async () => {
    const error = await syncErrorOf(read('{"id":1,"mail":"a"}\n'));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain('it has: id, mail.');
  });

  test('by a key in several spellings is refused, as objects would be passed over', async () => {
    const error = await syncErrorOf(read('{"email":"a"}\n{"Email":"b"}\n'));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain('has several spellings');
  });
});

describe('the end of a file is proved', () => {
  const objects = ['{"email":"a"}', '{"id":[1,{"b":"]}"}],"email":"b\\"}"}', 'null', '{"email":["c,","d]"],"x":{}}'];
  const wanted = ['a', 'b"}', '', 'c,', 'd]'];
  const array = Buffer.from(`\ufeff[${objects.join(',\r\n')}]\n`);
  const lines = Buffer.from(objects.join('\n'));

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['plain', (bytes) => bytes, ''],
    ['gzip', (bytes) => gzipSync(bytes), '.gz'],
    ['zstd', (bytes) => zstdCompressSync(bytes), '.zst'],
  ])('an array that is cut at any byte is refused, %s', async (_, pack, ending) => {
    expect(await read(pack(array), `json${ending}`)).toEqual(wanted);
    expect(await read(pack(array.subarray(0, -1)), `json${ending}`)).toEqual(wanted);
    const step = ending === '' ? 1 : 7;
    for (let bytes = 4; bytes < array.length - 1; bytes += step) {
      const error = await syncErrorOf(read(pack(array.subarray(0, bytes)), `json${ending}`));
      expect([bytes, error.code]).toEqual([bytes, 'source.malformed']);
    }
  });

  test('every zstd frame of a file is read, and the last one must be whole', async () => {
    const [first, second] = [array.subarray(0, 40), array.subarray(40)].map((part) => zstdCompressSync(part));
    expect(await read(Buffer.concat([first!, second!]), 'json.zst')).toEqual(wanted);
    const error = await syncErrorOf(read(Buffer.concat([first!, second!.subarray(0, -3)]), 'json.zst'));
    expect(error.code).toBe('source.malformed');
  });

  test.each(['jsonl', 'json'])(
    'an object that is larger than DuckDB reads is named, at the end of .%s',
    async (ending) => {
      const error = await syncErrorOf(read(`{"email":"a"}\n{"email":"lost","x":"${'x'.repeat(17 << 20)}"}`, ending));
      expect(error.code).toBe('source.malformed');
      expect(error.message).toContain('at line 2');
      expect(error.message).toContain('an object is larger than 16 MiB');
    },
  );

  test('JSON lines that are cut at any byte but a line end are refused', async () => {
    for (let bytes = 1; bytes < lines.length; bytes++) {
      const isWhole = [...objects.keys()].some((count) => {
        const length = objects.slice(0, count + 1).join('\n').length;
        return bytes === length || bytes === length + 1;
      });
      const cut = read(lines.subarray(0, bytes));
      if (isWhole) expect(wanted).toEqual(expect.arrayContaining(await cut));
      else expect([bytes, (await syncErrorOf(cut)).code]).toEqual([bytes, 'source.malformed']);
    }
  });

  test('an array of 100,000 objects that is cut behind a comma is refused when it is read', async () => {
    const many = Array.from(
      { length: 100_000 },
      (_, index) => `{"email":"user${index}@example.com","note":"${'x'.repeat(30)}"}`,
    );
    const error = await syncErrorOf(read(`[${many.join(',')},`, 'json'));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('before its array is closed');
    expect(sources.leftovers()).toEqual([]);
  });
});

describe('a rule holds for the whole file', () => {
  const start = '{"id":1,"email":"a@example.com"}\n'.repeat(150_000);

  test('a key that is spelt otherwise in the last of 150,001 lines is refused', async () => {
    const error = await syncErrorOf(read(`${start}{"id":2,"Email":"lost@example.com"}\n`));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain('has several spellings');
    expect(allTextOf(error)).not.toContain('lost');
  });

  test('a key that stands twice in the last of 150,001 objects is refused', async () => {
    const error = await syncErrorOf(read(`${start}{"email":"lost@example.com","email":"b"}\n`));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('at line 150001');
  });

  test('two spellings in one object are refused', async () => {
    const error = await syncErrorOf(read('{"email":"a","EMAIL":"b"}\n'));
    expect(error.code).toBe('source.column_missing');
  });

  test('a key of the default IFA columns that first appears late is found', async () => {
    const line = `{"idfa":"x","note":"${'x'.repeat(100)}"}\n`;
    const path = sources.write('late-ifa.jsonl', `${line.repeat(50_000)}{"gaid":"late"}\n`);
    const wanted = { names: ['ifa', 'idfa', 'gaid', 'advertising_id'], required: 'any' as const };
    const { columns, values } = await readSource(sources.engine, { type: 'files', path }, wanted);
    expect(columns).toEqual(['idfa', 'gaid']);
    expect(values[1]!.at(-1)).toBe('late');
  });

  test('a key that is wanted by no one may have several spellings, stand twice, or be of any name', async () => {
    const content = '{"email":"a","id":1,"ID":2,"id":3,"":4,"it\'s":5,"\\u0000":6}\n{"email":"b"}\n';
    expect(await read(content)).toEqual(['a', 'b']);
  });

  test('a file whose only key is called json is read', async () => {
    const path = sources.write('only-json.jsonl', '{"json":"a"}\n{"json":"b"}\n');
    expect(await readFileColumn(sources.engine, path, undefined, 'json')).toEqual(['a', 'b']);
    const array = sources.write('only-json.json', '[{"json":"a"},{"json":["b"]}]');
    expect(await readFileColumn(sources.engine, array, undefined, 'json')).toEqual(['a', 'b']);
  });

  test('keys, strings and escapes may be cut anywhere by the parts in which a file is read', () => {
    const content = Buffer.from('{"em\\u0061il":"a\\\\\\"b","x":[{"y":"}"}]}\n null \n{ "email" : "c" }');
    for (let size = 1; size < content.length; size++) {
      const scan = new JsonScan({ label: 'here', isLines: true, wanted: new Set(['email']) });
      for (let at = 0; at < content.length; at += size) scan.scan(content.subarray(at, at + size));
      scan.end();
      expect(scan.contents()).toEqual({ format: 'newline_delimited', objects: 2, nulls: 1, keys: ['email', 'x'] });
    }
  });

  test('NaN is nothing, and infinite numbers are no digits', async () => {
    expect(await read(linesOf(['NaN', 'nan', '[NaN, "NaN"]', 'Infinity', '-Infinity', '1e400']))).toEqual([
      ...['', '', '', 'NaN', 'Infinity', '-Infinity', '1e400'],
    ]);
  });
});

describe('in a file of 300,000 lines', () => {
  const linesFrom = (first: number, count: number) =>
    Buffer.from(Array.from({ length: count }, (_, index) => `{"email":"user${first + index}@example.com"}\n`).join(''));
  const before = linesFrom(1, 269_999);
  const after = linesFrom(270_001, 30_000);

  test.each<[string, string, string]>([
    ['a cut-off line', '{"email":"marked', 'source.malformed'],
    ['a scalar', marked, 'source.malformed'],
    ['a line in Latin-1', '{"email":"marked\xe9"}', 'source.encoding'],
  ])('%s at nine tenths is told by its number', async (_, bad, code) => {
    const error = await syncErrorOf(read(Buffer.concat([before, Buffer.from(`${bad}\n`, 'latin1'), after])));
    expect(error.code).toBe(code);
    expect(error.message).toContain('at line 270000');
    expect(allTextOf(error)).not.toContain('marked');
    expect(sources.leftovers()).toEqual([]);
  });

  test('every row comes, in order', async () => {
    const emails = await read(Buffer.concat([before, linesFrom(270_000, 1), after]));
    expect(emails.length).toBe(300_000);
    expect(emails.every((email, index) => email === `user${index + 1}@example.com`)).toBe(true);
  });
});
