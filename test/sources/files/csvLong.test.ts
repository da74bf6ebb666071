import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CsvConfig } from '../../../src/sources/files/config.ts';
import { allTextOf, readFileColumn, readSource, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

const mebibyte = 1024 * 1024;
const compressions = [
  ['plain', 'csv', (content: Buffer) => content],
  ['as .csv.gz', 'csv.gz', (content: Buffer) => gzipSync(content, { level: 1 })],
  ['as .csv.zst', 'csv.zst', zstdCompressSync],
] as const;

let files = 0;

function read(content: Buffer, ending: string, csv?: CsvConfig): Promise<string[]> {
  return readFileColumn(sources.engine, sources.write(`file-${++files}.${ending}`, content), csv);
}

const few = Array.from({ length: 10 }, (_, index) => `user${index}@example.com`);
const rows = few.map((email) => `${email},x\n`).join('');

describe('a record longer than any buffer', () => {
  const long = 'a'.repeat(5 * mebibyte);
  const all = [...few, 'last@example.com'];

  test.each<[string, string, string[]]>([
    ['as the last one with its LF', `email,note\n${rows}last@example.com,${long}\n`, all],
    ['as the only one', `email,note\nlast@example.com,${long}`, ['last@example.com']],
    ['in front of others', `email,note\nfirst@example.com,${long}\n${rows}`, ['first@example.com', ...few]],
    ['in the middle', `email,note\n${rows}mid@example.com,${long}\n${rows}`, [...few, 'mid@example.com', ...few]],
    ['that is of quotes', `email,note\n${rows}"last@example.com","${'""'.repeat(mebibyte)}"`, all],
    ['that is of line breaks', `email,note\n${rows}last@example.com,"${'\n'.repeat(mebibyte)}"\n`, all],
    ['that is of NUL bytes', `email,note\n${rows}last@example.com,${'\0'.repeat(5 * mebibyte)}`, all],
    ['as the header', `email,${long}\n${rows}`, few],
  ])('is read %s', async (_title, content, wanted) => {
    expect(await read(Buffer.from(content), 'csv')).toEqual(wanted);
  });

  test.each(compressions)('is read as the last one, %s', async (_, ending, compress) => {
    const content = Buffer.from(`email,note\n${rows}last@example.com,${long}`);
    expect(await read(compress(content), ending)).toEqual(all);
  });

  test('is read with its own cell whole', async () => {
    const emails = await read(Buffer.from(`email,note\n${rows}${long},x`), 'csv');
    expect(emails.length).toBe(11);
    expect(emails[10] === long).toBe(true);
  });

  const tooLong = 'marked'.repeat(3 * mebibyte);

  test.each<[string, string, string, string]>([
    ['last', 'csv', `email,note\n${rows}${tooLong}`, 'line 12'],
    ['in the middle', 'csv', `email,note\n${rows}\n"${tooLong}\n",x\n${rows}`, 'line 13'],
    ['the only one', 'csv', `email,note\n${tooLong},x\n`, 'line 2'],
    ['the only one, compressed', 'csv.gz', `email,note\n${tooLong},x\n`, 'line 2'],
    ['the header', 'csv', `email,${tooLong}\n${rows}`, 'line 1'],
    ['of an open quote', 'csv', `email,note\n"${rows.repeat(90_000)}`, 'line 2'],
  ])('is refused when it is longer than 16 MiB and %s', async (_title, ending, content, line) => {
    const bytes = Buffer.from(content);
    const error = await syncErrorOf(read(ending === 'csv' ? bytes : gzipSync(bytes, { level: 1 }), ending));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain(`at ${line}, because the record is longer than 16 MiB`);
    expect(allTextOf(error)).not.toContain('marked');
  });

  test('is refused when its fields are not as many as those of the header', async () => {
    const error = await syncErrorOf(read(Buffer.from(`email,note\n${rows}last@example.com,${long},\n`), 'csv'));
    expect(error.message).toContain('malformed at line 12, because the record has 3 of 2 fields');
  });

  test('takes time that is linear in its length', async () => {
    // With time that grows with the square, these 45 MB would take minutes.
    const record = `x,${'y'.repeat(15 * mebibyte)}\n`;
    expect(await read(Buffer.from(`email,note\n${record.repeat(3)}`), 'csv')).toEqual(Array(3).fill('x'));
  });
});

/* A file is read 256 KiB at a time; whatever stands there must come as it is written. */
describe.each(compressions)('across the end of what is read at once, %s,', (_, ending, compress) => {
  const part = 256 * 1024;

  test.each<[string, string, string, CsvConfig?]>([
    ['an LF', '{\n}', '{|}'],
    ['a CRLF', '{\r\n}', '{|}'],
    ['a CR', '{\r}', '{|}'],
    ['blank lines', '{\n\n\n}', '{|||}'],
    ['a quoted LF', '"{\n}"', '{\r}'],
    ['a quoted CRLF', '"{\r\n}"', '{\r\r}'],
    ['a doubled quote', '"{""}"', '{"}'],
    ['a closing quote', '"{"\n"}"', '{|}'],
    ['empty quotes', '""\n"}"', '|}'],
    ['a character of two bytes', '{é}', '{é}'],
    ['a character of three bytes', '{日}', '{日}'],
    ['a character of four bytes', '{𠮷}', '{𠮷}'],
    ['a NUL', '{\0}', '{\0}'],
  ])('%s stays what it is', async (_title, text, wanted) => {
    const lineEnd = /\r\n(?!\}")/.test(text) ? '\r\n' : /\r(?!\n)/.test(text) ? '\r' : '\n';
    for (let before = 0; before <= Buffer.byteLength(text); before++) {
      const filler = 'x'.repeat(part - Buffer.byteLength(`email${lineEnd}${lineEnd}`) - before);
      const content = `email${lineEnd}${filler}${lineEnd}${text}${lineEnd}z`;
      const cells = await read(compress(Buffer.from(content)), ending);
      expect(cells.slice(1)).toEqual([...wanted.split('|'), 'z']);
      expect(cells[0] === filler).toBe(true);
    }
  });

  test('a delimiter stays what it is, also one of several bytes', async () => {
    for (const delimiter of [',', '；'])
      for (let before = 0; before <= 4; before++) {
        const head = `id${delimiter}email\n`;
        const filler = 'x'.repeat(part - Buffer.byteLength(head) - before);
        const content = `${head}${filler}${delimiter}a@b.c\n1${delimiter}"z"\n`;
        const csv = { header: true, encoding: 'utf-8', delimiter } as const;
        expect(await read(compress(Buffer.from(content)), ending, csv)).toEqual(['a@b.c', 'z']);
      }
  });
});

test('many columns and a key come from one reading, each in step with the others', async () => {
  const count = 50_000;
  const line = (index: number) => `${index},u${index}@example.com,"+8190${index}","n,${index}"\n`;
  const path = sources.write(
    'wide.csv',
    `id,email,phone,note\n${Array.from({ length: count }, (_, i) => line(i)).join('')}`,
  );
  const wanted = { names: ['note', 'EMAIL', 'phone'], required: 'all', key: 'Id' } as const;
  const { columns, values, keys } = await readSource(sources.engine, { type: 'files', path }, wanted);
  expect(columns).toEqual(['note', 'email', 'phone']);
  expect(keys).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
  expect(values[0]).toEqual(keys.map((key) => `n,${key}`));
  expect(values[1]).toEqual(keys.map((key) => `u${key}@example.com`));
  expect(values[2]).toEqual(keys.map((key) => `+8190${key}`));
});

test('the key column may be one of the columns that are read', async () => {
  const path = sources.write('key.csv', 'id,email\n1,a@b.c\n2,d@e.f\n');
  const wanted = { names: ['email'], required: 'all', key: 'email' } as const;
  const { values, keys } = await readSource(sources.engine, { type: 'files', path }, wanted);
  expect(values).toEqual([['a@b.c', 'd@e.f']]);
  expect(keys).toEqual(['a@b.c', 'd@e.f']);
});
