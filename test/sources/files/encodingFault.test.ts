import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findEncodingFault } from '../../../src/sources/files/encodingFault.ts';
import { type Encoding, encodingNames, encodings } from '../../../src/sources/files/encodings.ts';
import { likelyEncoding } from '../../../src/sources/files/likelyEncoding.ts';
import { mayCompare } from '../../cli/expected.ts';
import { readFileColumn, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

/* Customers as their country's systems export them; nobody is in here. */
const exports: Record<string, { codecs: Partial<Record<Encoding, string>>; text: string }> = {
  'Japanese names in kanji': {
    codecs: { shift_jis: 'cp932', 'euc-jp': 'euc_jp' },
    text: '氏名,住所,email\n山田太郎,東京都千代田区丸の内,a@b.c\n佐藤花子,大阪市北区梅田,d@e.f\n鈴木一郎,名古屋市中区栄,x@y.z\n',
  },
  'one Japanese name': { codecs: { shift_jis: 'cp932', 'euc-jp': 'euc_jp' }, text: 'name,email\n高橋 健一,a@b.c\n' },
  'Japanese names in kana': {
    codecs: { shift_jis: 'cp932', 'euc-jp': 'euc_jp' },
    text: 'なまえ,email\nやまだ たろう,a@b.c\nスズキ イチロー,d@e.f\n',
  },
  'Japanese names in half-width katakana': {
    codecs: { shift_jis: 'cp932' },
    text: 'ﾒｲ,email\nﾔﾏﾀﾞ ﾀﾛｳ,a@b.c\nｽｽﾞｷ ｲﾁﾛｳ,d@e.f\nｻﾄｳ ﾊﾅｺ,x@y.z\n',
  },
  'Taiwanese names': {
    codecs: { big5: 'cp950' },
    text: '姓名,地址,email\n陳小明,台北市大安區忠孝東路四段,a@b.c\n林美玲,高雄市三民區建國路,d@e.f\n張志豪,台中市西屯區,x@y.z\n',
  },
  'one Taiwanese name': { codecs: { big5: 'cp950' }, text: 'name,email\n王小明,a@b.c\n' },
  'Thai names': {
    codecs: { 'windows-874': 'cp874' },
    text: 'ชื่อ,ที่อยู่,email\nสมชาย ใจดี,กรุงเทพมหานคร,a@b.c\nสุดารัตน์ แก้วมณี,เชียงใหม่,d@e.f\n',
  },
  'Chinese names': {
    codecs: { gb18030: 'gb18030' },
    text: '姓名,地址,email\n张伟,北京市朝阳区建国路,a@b.c\n杨秀英,上海市徐汇区中山西路,d@e.f\n赵强,深圳市南山区,x@y.z\n',
  },
  'any names': { codecs: { 'utf-16': 'utf-16' }, text: '氏名,email\n山田,a@b.c\n' },
  'names in UTF-16 without a mark': { codecs: { 'utf-16': 'utf-16-be' }, text: '氏名,email\n山田,a@b.c\n' },
};

const cases = Object.entries(exports).flatMap(([title, { codecs, text }]) =>
  Object.entries(codecs).map(([encoding, codec]) => ({ title, encoding: encoding as Encoding, codec, text })),
);

function encode(text: string, codec: string): Buffer {
  const program = 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode().encode(sys.argv[1]))';
  return spawnSync('python3', ['-c', program, codec], { input: text }).stdout;
}

describe.runIf(mayCompare)('a CSV file in another encoding than UTF-8', () => {
  test.each(cases)('is told as what it is: $title in $encoding', async ({ encoding, codec, text }) => {
    const content = encode(text, codec);
    for (const [ending, bytes] of [
      ['csv', content],
      ['csv.gz', gzipSync(content)],
    ] as const) {
      const path = sources.write(`${encoding}.${ending}`, bytes);
      const error = await syncErrorOf(readFileColumn(sources.engine, path));
      expect(error.code).toBe('source.encoding');
      expect(error.message).toMatch(/it is not UTF-8 at line [12], and looks like /);
      expect(error.message).toContain(`looks like ${encodingNames[encoding]}.`);
      expect(error.hint).toContain(`source.csv.encoding to "${encoding}"`);
      // What the hint says helps.
      expect(await readFileColumn(sources.engine, path, { header: true, encoding })).toContain('a@b.c');
    }
  });
});

describe('no other encoding is named', () => {
  test.each<[string, string]>([
    ['Western names in Latin-1', 'name,email\nJos\xe9,a@b.c\nFran\xe7ois M\xfcller,d@e.f\nS\xf8ren,x@y.z\n'],
    ['a stray byte', 'name,email\nx\xff,a@b.c\n'],
    ['a UTF-8 character that is cut', `name,email\n${Buffer.from('山田太郎').toString('latin1').slice(0, -1)},a@b.c\n`],
  ])('for %s', async (_, text) => {
    const path = sources.write('none.csv', Buffer.from(text, 'latin1'));
    const error = await syncErrorOf(readFileColumn(sources.engine, path));
    expect(error.message).toMatch(/it is not UTF-8 at line 2\.$/);
    expect(error.hint).toContain('csv.encoding');
  });

  test.each(encodings)('for text that is in %s already', (encoding) => {
    expect(likelyEncoding(Buffer.from('a,b\n'), encoding)).toBeUndefined();
  });
});

describe('a file in UTF-8 for which another encoding is configured', () => {
  test.each(encodings.filter((encoding) => encoding !== 'utf-8'))(
    'is told as UTF-8: %s, with a mark',
    async (encoding) => {
      const path = sources.write(`mark-${encoding}.csv`, '\ufeffemail\na@b.c\n');
      const error = await syncErrorOf(readFileColumn(sources.engine, path, { header: true, encoding }));
      expect(error.code).toBe('source.encoding');
      expect(error.message).toContain(`it is not ${encodingNames[encoding]} at line 1, and looks like UTF-8.`);
      expect(error.hint).toContain('"utf-8"');
    },
  );

  test.each(['shift_jis', 'euc-jp', 'windows-874'] as const)(
    'is told as UTF-8: %s, without a mark',
    async (encoding) => {
      const path = sources.write(`no-mark-${encoding}.csv`, '名前,email\n山田太郎様,a@b.c\n鈴木,d@e.f\n');
      const error = await syncErrorOf(readFileColumn(sources.engine, path, { header: true, encoding }));
      expect(error.message).toContain('looks like UTF-8.');
    },
  );

  test('has nothing wrong when all of it is ASCII', async () => {
    const path = sources.write('ascii.csv', 'email\na@b.c\n');
    for (const encoding of encodings)
      if (encoding !== 'utf-16')
        expect(await readFileColumn(sources.engine, path, { header: true, encoding })).toEqual(['a@b.c']);
  });
});

test('a fault of a file whose encoding cannot be configured is told with the hint to convert it', async () => {
  const expected = { encoding: 'utf-8', isConfigurable: false } as const;
  const bad = sources.write('bad.jsonl', Buffer.from('7b2261223a2293fa967b227d0a', 'hex'));
  expect(await findEncodingFault(bad, expected)).toMatchObject({
    code: 'source.encoding',
    message: `Cannot read the file ${bad}: it is not UTF-8 at line 1, and looks like Shift_JIS.`,
    hint: expect.stringContaining('Convert the file to UTF-8'),
  });
  expect(await findEncodingFault(sources.write('good.jsonl', '{"a":"日本"}\n'), expected)).toBeUndefined();
});
