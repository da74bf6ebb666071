import {
  appendFileSync,
  existsSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CsvConfig } from '../../../src/sources/files/config.ts';
import { allTextOf, openWith, readAll, readFileColumn, readSource, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

const person = 'marked.person';

let files = 0;

function write(content: string | Uint8Array, ending = 'csv'): string {
  return sources.write(`file-${++files}.${ending}`, content);
}

function read(content: string | Uint8Array, csv?: Partial<CsvConfig>, column = 'email'): Promise<string[]> {
  return readFileColumn(
    sources.engine,
    write(content),
    csv === undefined ? undefined : { header: true, encoding: 'utf-8', ...csv },
    column,
  );
}

describe('the dialect', () => {
  test.each<[string, string, Partial<CsvConfig> | undefined, string[]]>([
    ['commas', 'id,email\n1,a@b.c\n2,d@e.f\n', undefined, ['a@b.c', 'd@e.f']],
    ['semicolons', 'id;email\n1;a@b.c\n', undefined, ['a@b.c']],
    ['tabs', 'id\temail\n1\ta@b.c\n', undefined, ['a@b.c']],
    ['bars', 'id|email\n1|a@b.c\n', undefined, ['a@b.c']],
    ['semicolons beside a comma in a quoted name', '"a,b,c";email\n1;x@y.z\n', undefined, ['x@y.z']],
    ['a delimiter that is told', 'id:email\n1:a@b.c\n', { delimiter: ':' }, ['a@b.c']],
    ['double quotes', 'id,email\n1,"a,b@c.d"\n', undefined, ['a,b@c.d']],
    ['doubled quotes', 'id,email\n1,"a""b@c.d"\n', undefined, ['a"b@c.d']],
    ['single quotes, seen in the header', "'id','email'\n'1','a,b@c.d'\n", undefined, ['a,b@c.d']],
    ['a quote that is told', 'id,email\n1,~a,b@c.d~\n', { quote: '~' }, ['a,b@c.d']],
    ['no quotes at all', 'id,email\n1,"a@b.c\n', { quote: '' }, ['"a@b.c']],
    ['an apostrophe, which is no quote', "id,email\n1,o'neil@b.c\n2,'x@b.c\n", undefined, ["o'neil@b.c", "'x@b.c"]],
    ['one column', 'email\na@b.c\nd@e.f\n', undefined, ['a@b.c', 'd@e.f']],
    ['one column, quoted', '"email"\n"a@b.c"\n', undefined, ['a@b.c']],
    ['no last line end', 'id,email\n1,a@b.c', undefined, ['a@b.c']],
    ['CRLF', 'id,email\r\n1,a@b.c\r\n2,d@e.f\r\n', undefined, ['a@b.c', 'd@e.f']],
    ['CRLF in one column', 'email\r\na@b.c\r\nd@e.f\r\n', undefined, ['a@b.c', 'd@e.f']],
    ['CR', 'id,email\r1,a@b.c\r2,d@e.f\r', undefined, ['a@b.c', 'd@e.f']],
    ['blank lines between rows', 'id,email\n1,a@b.c\n\n2,d@e.f\n\n', undefined, ['a@b.c', 'd@e.f']],
    ['a header only', 'id,email\n', undefined, []],
    ['a header only, without line end', 'id,email', undefined, []],
    ['empty cells', 'id,email\n1,\n2,""\n3,a@b.c\n', undefined, ['', '', 'a@b.c']],
    ['cells of spaces', 'id,email\n1, \n2,  a@b.c \n', undefined, [' ', '  a@b.c ']],
    ['a BOM', '\ufeffemail,id\na@b.c,1\n', undefined, ['a@b.c']],
    ['a BOM before a quoted name', '\ufeff"email",id\na@b.c,1\n', undefined, ['a@b.c']],
    ['a BOM without a header', '\ufeffa@b.c,1\n', { header: false, columns: ['email', 'id'] }, ['a@b.c']],
    ['no header', 'a@b.c,1\nd@e.f,2\n', { header: false, columns: ['email', 'id'] }, ['a@b.c', 'd@e.f']],
    ['no header and no rows', '', { header: false, columns: ['email', 'id'] }, []],
    ['a name in another case', 'ID,E-Mail,EMAIL\n1,x,a@b.c\n', undefined, ['a@b.c']],
    ['an exact name beside one in another case', 'Email,email\nx,a@b.c\n', undefined, ['a@b.c']],
    ['other columns named alike', 'x,x,email\n1,2,a@b.c\n', undefined, ['a@b.c']],
    ['columns without a name', ',email,\n1,a@b.c,2\n', undefined, ['a@b.c']],
    ['a trailing delimiter in the header and in all lines', 'id,email,\n1,a@b.c,\n2,,\n', undefined, ['a@b.c', '']],
    ['a trailing delimiter with CRLF', 'email;\r\na@b.c;\r\nd@e.f;\r\n', undefined, ['a@b.c', 'd@e.f']],
    ['a quoted name with a line break', '"customer\nname",email\nx,a@b.c\n', undefined, ['a@b.c']],
    ['a quoted name with CRLF', '"customer\r\nname",email\r\nx,a@b.c\r\n', undefined, ['a@b.c']],
    [
      'a blank line in one column, which is an empty cell',
      'email\na@b.c\n\nd@e.f\n',
      undefined,
      ['a@b.c', '', 'd@e.f'],
    ],
    ['blank lines with CRLF', 'id,email\r\n\r\n1,a@b.c\r\n\r\n', undefined, ['a@b.c']],
    ['an unquoted delimiter at the end', 'email,id\na@b.c,', undefined, ['a@b.c']],
    ['a delimiter of several bytes', 'id¦email\n1¦a@b.c\n2¦a§b\n', { delimiter: '¦' }, ['a@b.c', 'a§b']],
    ['a delimiter of several bytes behind quotes', '"i¦d"；"email"\n"1；"；"a；"\n', { delimiter: '；' }, ['a；']],
    ['a comment sign', 'id,email\n#1,a@b.c\n', undefined, ['a@b.c']],
    ['a backslash before a quote', 'id,email\n1,"a\\"\n', undefined, ['a\\']],
    ['the words null and NA', 'id,email\n1,NULL\n2,NA\n', undefined, ['NULL', 'NA']],
  ])('%s', async (_, content, csv, wanted) => {
    expect(await read(content, csv)).toEqual(wanted);
  });
});

describe('what stays as it is written', () => {
  test.each([
    ['leading zeros', '007'],
    ['an exponent', '1e10'],
    ['a phone', '+81 90-1234-5678'],
    ['full-width digits', '２０２４'],
    ['a date', '2024-01-02'],
    ['a date with slashes', '01/02/2024'],
    ['a truth value', 'TRUE'],
    ['a UUID in mixed case', '6D92078A-8246-4BA4-ae5b-76104861e7dc'],
    ['a number with a point', '819012345678.0'],
    ['Japanese', '日本語'],
    ['Unicode spaces at the ends', '\u00a0x\u3000'],
    ['a NUL', 'a\0b'],
    ['a record separator', 'a\x1eb'],
    ['a control character', 'a\x01b'],
    ['100 kB', 'x'.repeat(100_000)],
  ])('%s', async (_, value) => {
    expect(await read(`id,email\n1,${value}\n2,z\n`)).toEqual([value, 'z']);
    expect(await read(`email\n${value}\nz\n`)).toEqual([value, 'z']);
  });

  test.each([
    ['a comma', 'a,b'],
    ['a quote', 'a"b'],
    ['nothing but quotes', '""'],
    ['a unit separator', 'a\x1fb'],
    ['a record separator', 'a\x1eb'],
    ['100 kB with quotes', 'x"y'.repeat(33_000)],
  ])('%s within quotes', async (_, value) => {
    const cell = `"${value.replaceAll('"', '""')}"`;
    expect(await read(`id,email\n1,${cell}\n2,z\n`)).toEqual([value, 'z']);
    expect(await read(`email\n${cell}\nz\n`)).toEqual([value, 'z']);
  });

  test.each([
    ['LF', '\n', '\n'],
    ['LF in a CRLF file', '\n', '\r\n'],
    ['CRLF', '\r\n', '\r\n'],
    ['CRLF in an LF file', '\r\n', '\n'],
    ['CR in an LF file', '\r', '\n'],
  ])('a line break inside a value (%s) travels as CR, in its own row', async (_, inner, outer) => {
    const rows = ['id,email', `1,"a${inner}b"`, '2,z', ''].join(outer);
    expect(await read(rows)).toEqual([`a${inner.replaceAll('\n', '\r')}b`, 'z']);
  });

  test('a file of 300 columns', async () => {
    const names = Array.from({ length: 299 }, (_, index) => `column_${index}`);
    const content = `${[...names, 'email'].join(',')}\n${names.map(() => 'x').join(',')},a@b.c\n`;
    expect(await read(content)).toEqual(['a@b.c']);
  });

  test('compressed files', async () => {
    const content = 'id,email\n1,a@b.c\n';
    expect(await readFileColumn(sources.engine, write(gzipSync(content), 'csv.gz'))).toEqual(['a@b.c']);
    expect(await readFileColumn(sources.engine, write(zstdCompressSync(content), 'csv.zst'))).toEqual(['a@b.c']);
    expect(await readFileColumn(sources.engine, write(gzipSync('id\temail\n1\ta@b.c\n'), 'TSV.GZ'))).toEqual(['a@b.c']);
  });
});

describe('several files', () => {
  test('are read as one, in the order of their names, each in its own dialect', async () => {
    sources.write('several/b.csv', 'id;EMAIL\n1;c@d.e\n');
    sources.write('several/a.csv', 'Email,id\r\na@b.c,1\r\n');
    sources.write('several/c.tsv', 'x\temail\n1\te@f.g\n');
    const path = `${sources.folder}/several/*.*sv`;
    expect(await readFileColumn(sources.engine, path)).toEqual(['a@b.c', 'c@d.e', 'e@f.g']);
  });

  test('a file that lacks the column is named', async () => {
    sources.write('lacking/a.csv', 'id,email\n1,a@b.c\n');
    const lacking = sources.write('lacking/b.csv', 'id,mail\n1,a@b.c\n');
    const error = await syncErrorOf(readFileColumn(sources.engine, `${sources.folder}/lacking/*.csv`));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toBe(`Found no column email in the file ${lacking}; it has: id, mail.`);
  });

  test('a bad line is told with the file that has it', async () => {
    sources.write('second/a.csv', 'id,email\n1,a@b.c\n2,d@e.f\n');
    const bad = sources.write('second/b.csv', 'id,email\n1,a@b.c\n2\n');
    const error = await syncErrorOf(readFileColumn(sources.engine, `${sources.folder}/second/*.csv`));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toBe(
      `Cannot read the file ${bad}: it is malformed at line 3, because the record has 1 of 2 fields.`,
    );
  });

  test.each<[string, string | Uint8Array, string, string]>([
    ['holds people, not names', `${person}@example.com,1\n`, 'source.no_header', 'first line'],
    [
      'names the column twice',
      `email,id,email\n${person},1,x\n`,
      'source.column_missing',
      'Found 2 columns named email',
    ],
    ['is missing', '', 'source.malformed', 'it is empty'],
    ['is UTF-16', utf16(`\ufeffemail\n${person}\n`), 'source.encoding', 'looks like UTF-16'],
    [
      'is Shift_JIS',
      Buffer.concat([Buffer.from('8e96bc', 'hex'), Buffer.from(',email\n')]),
      'source.encoding',
      'line 1',
    ],
  ])(
    'the header of every file is looked at, not only of the first: one that %s',
    async (title, content, code, says) => {
      const folder = title.replaceAll(/\W/g, '-');
      sources.write(`${folder}/a.csv`, 'email,id\na@b.c,1\n');
      const bad = sources.write(`${folder}/z.csv`, content);
      // Before anything is read.
      const config = { type: 'files', path: `${sources.folder}/${folder}/*.csv` } as const;
      const error = await syncErrorOf(openWith(sources.engine, config, { names: ['email'], required: 'all' }));
      expect(error.code).toBe(code);
      expect(error.message).toContain(`the file ${bad}`);
      expect(error.message).toContain(says);
      expect(allTextOf(error)).not.toContain('marked');
    },
  );

  test('rows are counted through all columns alike', async () => {
    const path = write('email,phone,id\na@b.c,,1\n,"0,9",2\nd@e.f,3,3\n');
    const { values, rows, columns } = await readSource(
      sources.engine,
      { type: 'files', path },
      { names: ['PHONE', 'Email'], required: 'all' },
    );
    expect(columns).toEqual(['phone', 'email']);
    expect(values).toEqual([
      ['', '0,9', '3'],
      ['a@b.c', '', 'd@e.f'],
    ]);
    expect(rows).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });
});

describe('names of files', () => {
  test.each(['x[1].csv', 'y*.csv', 'z?.csv', "o'neil.csv", 'a b%20.csv', 'back\\slash.csv', '日本語.csv', '{a,b}.csv'])(
    '%s is that file and no other',
    async (name) => {
      for (const other of ['x1.csv', 'yy.csv', 'zz.csv']) sources.write(`names/${other}`, 'email\nwrong\n');
      expect(await readFileColumn(sources.engine, sources.write(`names/${name}`, 'email\nright\n'))).toEqual(['right']);
    },
  );

  test('a file found by a glob may have a bracket in its name', async () => {
    sources.write('found[1]/a[1].csv', 'email\nright\n');
    sources.write('found[1]/a1.csv', 'email\nwrong\n');
    expect(await readFileColumn(sources.engine, `${sources.folder}/found?1?/a?1*.csv`)).toEqual(['right']);
  });

  test('folders do not stand for columns', async () => {
    const path = sources.write('email=jp/a.csv', 'email\na@b.c\n');
    expect(await readFileColumn(sources.engine, path)).toEqual(['a@b.c']);
  });
});

const hashLike = 'b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514';

describe('a header', () => {
  test.each([
    ['an email', `${person}@example.com,1\n`],
    ['an email in capitals', `1,${person.toUpperCase()}@EXAMPLE.COM\n`],
    ['an email in quotes', `"${person}@example.com",1\n`],
    ['a hash', `id,${hashLike}\n`],
    ['a hash in capitals', `${hashLike.toUpperCase()}\n`],
    ['a phone number', '1,+819012345678\n'],
    ['a national phone number', '09012345678\n'],
    ['a phone number with signs', '"(090) 1234-5678"\n'],
    ['a phone number in full width', '０９０１２３４５６７８\n'],
    ['an advertising ID', '6D92078A-8246-4BA4-AE5B-76104861E7DC,x\n'],
    ['an advertising ID with spaces', ' 6d92078a-8246-4ba4-ae5b-76104861e7dc ,x\n'],
  ])('that is itself %s is no header', async (_, line) => {
    const error = await syncErrorOf(read(line));
    expect(error.code).toBe('source.no_header');
    expect(error.message).toContain('first line');
    expect(allTextOf(error)).not.toMatch(/marked|b4c9a289|90.?1234.?5678|6D92078A/i);
  });

  test.each([
    ['names no wanted column', 'id,mail\n', 'it has: id, mail.'],
    ['is blank', '\nid,email\n1,a@b.c\n', 'it has: .'],
    ['has many columns', `${Array.from({ length: 60 }, (_, index) => `c${index}`).join(',')}\n`, 'c49 and 10 more.'],
    ['may be a person', 'call 0901234567,x@y,\n', 'it has: (not shown), (not shown), .'],
    ['names two columns alike', 'email,id,email\n', 'Found 2 columns named email'],
    ['names two columns alike but for case', 'Email,id,EMAIL\n', 'Found 2 columns named email'],
  ])('that %s is an error', async (_, content, message) => {
    const error = await syncErrorOf(read(content));
    expect(error.code).toBe('source.column_missing');
    expect(error.message).toContain(message);
  });

  test('is missed in an empty file', async () => {
    const error = await syncErrorOf(read(''));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('it is empty');
  });

  test('that is an identifier may stand where there is no header', async () => {
    expect(await read('a@b.c\nd@e.f\n', { header: false, columns: ['email'] })).toEqual(['a@b.c', 'd@e.f']);
  });
});

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const shiftJis = Buffer.concat([Buffer.from('id,email\n1,a@b.c\n2,'), Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x0a])]);

describe('a malformed file', () => {
  test.each<[string, string | Uint8Array, string, string, Partial<CsvConfig>?]>([
    [
      'too few fields',
      `id,email\n1,a@b.c\n${person}\n`,
      'source.malformed',
      'at line 3, because the record has 1 of 2 fields',
    ],
    [
      'too many fields',
      `id,email\n1,a@b.c\n2,${person},x\n`,
      'source.malformed',
      'at line 3, because the record has 3 of 2 fields',
    ],
    [
      'too many fields at once',
      `id,email\n1,${person},x\n`,
      'source.malformed',
      'at line 2, because the record has 3 of 2 fields',
    ],
    [
      'too many fields for one column',
      `email\n${person},x\n`,
      'source.malformed',
      'at line 2, because the record has 2 of 1 fields',
    ],
    [
      'a line of spaces',
      'id,email\n1,a@b.c\n  \n',
      'source.malformed',
      'at line 3, because the record has 1 of 2 fields',
    ],
    [
      'raggedness in CRLF',
      `id,email\r\n1,a@b.c\r\n${person}\r\n`,
      'source.malformed',
      'at line 3, because the record has 1 of 2 fields',
    ],
    [
      'raggedness in CR',
      `id,email\r1,a@b.c\r${person}\r`,
      'source.malformed',
      'at line 3, because the record has 1 of 2 fields',
    ],
    [
      'raggedness after blank lines',
      `id,email\n\n\n${person}\n`,
      'source.malformed',
      'at line 4, because the record has 1 of 2 fields',
    ],
    [
      'raggedness without a header',
      `1,a@b.c\n${person}\n`,
      'source.malformed',
      'at line 2, because the record has 1 of 2 fields',
      { header: false, columns: ['id', 'email'] },
    ],
    [
      'fewer columns than told',
      `${person}\n`,
      'source.malformed',
      'at line 1, because the record has 1 of 2 fields',
      { header: false, columns: ['id', 'email'] },
    ],
    [
      'a quote that is not closed',
      `id,email\n1,"${person}\n2,x\n`,
      'source.malformed',
      'at line 2, because a quote is not closed',
    ],
    [
      'a quote that is not closed behind quoted line breaks',
      `id,email\n"1\n1",b\n\n"${person}\n\n2,x\n`,
      'source.malformed',
      'at line 5, because a quote is not closed',
    ],
    [
      'text behind a quote',
      `id,email\n1,"${person}"x\n`,
      'source.malformed',
      'at line 2, because text follows a closing',
    ],
    [
      'a blank behind a quote',
      `id,email\n"${person}" ,x\n`,
      'source.malformed',
      'at line 2, because text follows a closing',
    ],
    [
      'a quote inside a cell without quotes',
      `id,email\n1,a@b.c\n5" ${person},x\n`,
      'source.malformed',
      'at line 3, because a quote is inside a field',
    ],
    [
      'a blank before a quote',
      `id,email\n1, "${person}"\n`,
      'source.malformed',
      'at line 2, because a quote is inside a field',
    ],
    ['a quote inside a name', `id,e"mail\n1,${person}\n`, 'source.malformed', 'at line 1'],
    ['text behind a quoted name', `id,"email"x\n1,${person}\n`, 'source.malformed', 'at line 1'],
    ['a quoted name that is not closed', `id,"email\n1,${person}\n`, 'source.malformed', 'at line 1'],
    [
      'fields too many that are empty',
      `name,home,email\nYamada, Taro,${person},\n`,
      'source.malformed',
      'the record has 4 of 3',
    ],
    [
      'fields too many that are quoted and empty',
      `id,email\n1,${person},""\n`,
      'source.malformed',
      'the record has 3 of 2',
    ],
    [
      'fields too many that are empty, in one line of many',
      `id,email\n${'1,x\n'.repeat(1000)}2,${person},\n${'1,x\n'.repeat(1000)}`,
      'source.malformed',
      'at line 1002, because the record has 3 of 2 fields',
    ],
    [
      'a trailing delimiter in the header only',
      `id,email,\n1,${person}\n`,
      'source.malformed',
      'at line 2, because the record has 2 of 3 fields',
    ],
    [
      'fields too many that are empty, where there is no header',
      `${person},\n`,
      'source.malformed',
      'at line 1, because the record has 2 of 1 fields',
      { header: false, columns: ['email'] },
    ],
    ['a lone CR at the end of CRLF lines', `email\r\n${person}\r`, 'source.malformed', 'mixes line ends'],
    ['LF among CRLF', `id,email\r\n1,${person}\n2,x\r\n`, 'source.malformed', 'mixes line ends'],
    ['CRLF among LF', `id,email\n1,${person}\r\n2,x\n`, 'source.malformed', 'mixes line ends'],
    ['a CR among LF', `email\n${person}\rx\n`, 'source.malformed', 'mixes line ends'],
    ['Latin-1', latin1(`id,email\n1,a@b.c\n2,caf\xe9${person}\n`), 'source.encoding', 'not UTF-8 at line 3'],
    ['Latin-1 in the header', latin1(`id,email,pr\xe9nom\n1,${person},x\n`), 'source.encoding', 'not UTF-8 at line 1'],
    ['Shift-JIS', shiftJis, 'source.encoding', 'not UTF-8 at line 3'],
    ['UTF-16 with a BOM', utf16(`\ufeffid,email\n1,${person}\n`), 'source.encoding', 'not UTF-8 at line 1'],
    ['UTF-16 without a BOM', utf16(`id,email\n1,${person}\n`), 'source.encoding', 'not UTF-8 at line 1'],
    [
      'a lone surrogate',
      Buffer.concat([Buffer.from('email\n'), Buffer.from([0xed, 0xa0, 0x80, 0x0a])]),
      'source.encoding',
      'at line 2',
    ],
    [
      'an overlong character',
      Buffer.concat([Buffer.from('email\n'), Buffer.from([0xc0, 0xaf, 0x0a])]),
      'source.encoding',
      'at line 2',
    ],
  ])('by %s is an error that tells where and shows nothing', async (_, content, code, message, csv) => {
    const error = await syncErrorOf(read(content, csv));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
    expect(allTextOf(error)).not.toContain('marked');
  });

  test.each(['gz', 'zst'])('by being no .%s at all is an error', async (ending) => {
    const error = await syncErrorOf(readFileColumn(sources.engine, write(`email\n${person}\n`, `csv.${ending}`)));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('truncated or damaged');
    expect(allTextOf(error)).not.toContain('marked');
  });

  test('by being compressed under a plain name is an error', async () => {
    const error = await syncErrorOf(read(gzipSync(`email\n${person}\n`)));
    expect(error.code).toBe('source.encoding');
    expect(allTextOf(error)).not.toContain('marked');
  });

  const many = `email\n${Array.from({ length: 50_000 }, (_, index) => `user${index * 7919}@example.com\n`).join('')}`;

  const frame = zstdCompressSync(many);
  const jsonFrame = zstdCompressSync('{"email":"a@b.c"}\n');

  test.each<[string, string, Buffer]>([
    ['gzip cut in half', 'csv.gz', gzipSync(many).subarray(0, 60_000)],
    ['gzip without its trailer', 'csv.gz', gzipSync(many).subarray(0, -8)],
    ['gzip with a wrong checksum', 'csv.gz', withByteChanged(gzipSync(many), -6)],
    ['gzip with a wrong checksum, of JSON lines', 'jsonl.gz', withByteChanged(gzipSync('{"email":"a@b.c"}\n'), -6)],
    ['zstd cut in half', 'csv.zst', zstdCompressSync(many).subarray(0, 40_000)],
    ['zstd without its last byte', 'csv.zst', zstdCompressSync(many).subarray(0, -1)],
    ['a second gzip member that is cut', 'csv.gz', Buffer.concat([gzipSync(many), gzipSync(many).subarray(0, -9)])],
    ['one byte of a second gzip member', 'csv.gz', Buffer.concat([gzipSync(many), gzipSync(many).subarray(0, 1)])],
    ['a second zstd frame that is cut', 'csv.zst', Buffer.concat([frame, frame.subarray(0, -9)])],
    [
      'a second zstd frame that is cut, of JSON lines',
      'jsonl.zst',
      Buffer.concat([jsonFrame, jsonFrame.subarray(0, -3)]),
    ],
    ['one byte of a second zstd frame', 'csv.zst', Buffer.concat([frame, frame.subarray(0, 1)])],
    ['text behind a zstd frame', 'csv.zst', Buffer.concat([frame, Buffer.from('x@y.z\n')])],
    ['text behind a gzip member', 'csv.gz', Buffer.concat([gzipSync(many), Buffer.from('x@y.z\n')])],
    ['an empty .gz', 'csv.gz', Buffer.alloc(0)],
    ['an empty .zst', 'csv.zst', Buffer.alloc(0)],
  ])('by a compressed file that is not whole is an error: %s', async (_, ending, content) => {
    const error = await syncErrorOf(readFileColumn(sources.engine, write(content, ending)));
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('truncated or damaged');
  });

  test('of several compressed members is read to the end of the last', async () => {
    const parts = ['email\na@b.c\n', 'd@e.f\n', 'g@h.i'];
    const wanted = ['a@b.c', 'd@e.f', 'g@h.i'];
    const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
    expect(await readFileColumn(sources.engine, write(gzip, 'csv.gz'))).toEqual(wanted);
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    const zstd = Buffer.concat([skippable, ...parts.map((part) => zstdCompressSync(part)), skippable]);
    expect(await readFileColumn(sources.engine, write(zstd, 'csv.zst'))).toEqual(wanted);
  });
});

const manyRows = Buffer.from(`email\n${'user@example.com\n'.repeat(400_000)}`);

describe('a file that changes between its opening and its end is an error:', () => {
  const wanted = { names: ['email'], required: 'all' } as const;

  test.each<[string, (path: string) => void]>([
    ['it grows', (path) => appendFileSync(path, 'x@y.z\n')],
    ['it is cut off', (path) => truncateSync(path, 1_000_000)],
  ])('%s', async (_, change) => {
    const path = write(manyRows);
    const source = await openWith(sources.engine, { type: 'files', path }, wanted);
    const reading = (async () => {
      for await (const _chunk of source.chunks(new AbortController().signal)) change(path);
    })();
    const error = await syncErrorOf(reading);
    expect(error.code).toBe('source.malformed');
    expect(error.message).toContain('it changed while it was read');
  });

  test('another takes its place', async () => {
    const path = write('id,email\n1,a@b.c\n');
    const source = await openWith(sources.engine, { type: 'files', path }, wanted);
    writeFileSync(path, 'email,id\na@b.c,1\n');
    const error = await syncErrorOf(readAll(source));
    expect(error.message).toContain('it changed while it was read');
  });
});

describe('a file is closed', () => {
  function openFilesAt(path: string): number {
    const links = readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`);
    return links.filter((link) => existsSync(link) && readlinkSync(link) === realpathSync(path)).length;
  }

  test.skipIf(process.platform !== 'linux').each(['csv', 'csv.gz', 'csv.zst'])(
    'by a reader that stops early: %s',
    async (ending) => {
      const compress = ending === 'csv.gz' ? gzipSync : ending === 'csv.zst' ? zstdCompressSync : Buffer.from;
      const path = write(compress(manyRows), ending);
      const config = { type: 'files', path } as const;
      const source = await openWith(sources.engine, config, { names: ['email'], required: 'all' });
      expect(openFilesAt(path)).toBe(0);
      for await (const _ of source.chunks(new AbortController().signal)) {
        expect(openFilesAt(path)).toBe(1);
        break;
      }
      expect(openFilesAt(path)).toBe(0);
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of source.chunks(stop.signal)) stop.abort(new Error('stopped'));
      })();
      await expect(reading).rejects.toThrow('stopped');
      expect(openFilesAt(path)).toBe(0);
    },
  );
});

describe('in a file of 400,000 lines', () => {
  const linesFrom = (first: number, count: number) =>
    latin1(Array.from({ length: count }, (_, at) => `${first + at},user${first + at}@example.com\n`).join(''));
  const before = linesFrom(1, 359_999);
  const after = linesFrom(360_001, 40_000);
  const fileWith = (line: string) => Buffer.concat([latin1('id,email\n'), before, latin1(line), after]);

  test.each<[string, string, string]>([
    ['a ragged line', person, 'malformed at line 360001, because the record has 1 of 2 fields'],
    ['a Latin-1 line', `1,\xe9${person}`, 'it is not UTF-8 at line 360001'],
  ])('%s near the end is told by its number, and nothing is taken for the whole', async (_, bad, message) => {
    const error = await syncErrorOf(read(fileWith(`${bad}\n`)));
    expect(error.message).toContain(message);
    expect(allTextOf(error)).not.toContain('marked');
    expect(sources.leftovers()).toEqual([]);
  });

  test('every row comes, in order', async () => {
    const emails = await read(fileWith('360000,user360000@example.com\n'));
    expect(emails.length).toBe(400_000);
    expect(emails.every((email, index) => email === `user${index + 1}@example.com`)).toBe(true);
  });
});

function withByteChanged(content: Buffer, at: number): Buffer {
  const changed = Buffer.from(content);
  changed[changed.length + at]! ^= 1;
  return changed;
}
