import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotDecodable, toUtf8 } from '../../../src/sources/files/decode.ts';
import { type Encoding, encodings } from '../../../src/sources/files/encodings.ts';
import { mayCompare } from '../../cli/expected.ts';
import { allTextOf, readFileColumn, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

let files = 0;

function read(content: Uint8Array, encoding: Encoding, column = 'email', ending = 'csv'): Promise<string[]> {
  const path = sources.write(`file-${++files}.${ending}`, content);
  return readFileColumn(sources.engine, path, { header: true, encoding }, column);
}

/** The text, or undefined where a byte is wrong; the bytes come in parts of `size`. */
async function decode(bytes: Buffer, encoding: Encoding, size = bytes.length || 1): Promise<string | undefined> {
  async function* parts() {
    // As of a file: the memory is used again.
    const memory = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) yield memory.subarray(0, bytes.copy(memory, 0, at, at + size));
  }
  const decoded: Buffer[] = [];
  try {
    for await (const part of toUtf8(parts(), encoding)) decoded.push(Buffer.from(part));
  } catch (error) {
    if (error instanceof NotDecodable) return undefined;
    throw error;
  }
  return Buffer.concat(decoded).toString();
}

/*
 * What Python's codecs make of texts of the region. "\x80" and the like are single bytes.
 * As hexadecimal, so that no editor changes them.
 */
const texts: readonly [Encoding, string, string][] = [
  // NEC's circled digits, IBM's ladder-topped taka and tatsusaki, full-width tilde and hyphen, half-width katakana, and
  // trailing bytes that are a backslash, a bar and an at sign in ASCII.
  ['shift_jis', '①髙﨑～－ﾔﾏﾀﾞ表ソ能ポァ㈱', '8740fbfced958160817cd4cfc0de955c835c945c837c8340878a'],
  ['shift_jis', '山田太郎,東京都', '8e52936391be98592c938c8b9e9373'],
  ['euc-jp', '山田太郎,ﾔﾏﾀﾞ', 'bbb3c5c4c2c0cfba2c8ed48ecf8ec08ede'],
  ['euc-jp', '丂', '8fb0a1'],
  ['big5', '台北市,功許蓋', 'a578a55fa5ab2ca55cb35cbb5c'],
  ['windows-874', 'สวัสดี,€…', 'cac7d1cab4d52c8085'],
  ['gb18030', '北京,张伟𠀀é', 'b1b1bea92cd5c5ceb095328236a8a6'],
  ['utf-16', 'a,日本😀', 'fffe61002c00e5652c673dd800de'],
  ['utf-16', 'a,日本😀', 'feff0061002c65e5672cd83dde00'],
  ['utf-16', 'a,日本', '61002c00e5652c67'],
  ['utf-16', 'a,日本', '0061002c65e5672c'],
  ['utf-16', '日本', 'e5652c67'],
  ['utf-8', '日本😀', 'e697a5e69cacf09f9880'],
];

describe('a text of the region', () => {
  test.each(texts)('in %s is decoded: %s', async (encoding, text, hex) => {
    expect(await decode(Buffer.from(hex, 'hex'), encoding)).toBe(text);
  });

  test.each(texts)('in %s is decoded wherever its parts end: %s', async (encoding, text, hex) => {
    for (const size of [1, 2, 3, 5, 7]) expect(await decode(Buffer.from(hex, 'hex'), encoding, size)).toBe(text);
  });

  test.each(texts)('in %s that is cut within a character is refused: %s', async (encoding, text, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    for (let length = 1; length < bytes.length; length++) {
      const decoded = await decode(bytes.subarray(0, length), encoding, 2);
      if (decoded !== undefined) expect(text.startsWith(decoded)).toBe(true);
    }
    if (encoding !== 'windows-874') expect(await decode(bytes.subarray(0, -1), encoding)).toBeUndefined();
  });
});

test.each<[Encoding, string, string]>([
  ['shift_jis', 'a lead without its trail', '612c820a'],
  ['shift_jis', 'a byte that is no character', '61ff'],
  ['shift_jis', 'an EUC-JP text', 'c6fccbdc'],
  ['euc-jp', 'a byte of Shift_JIS', '8e52936391be'],
  ['euc-jp', 'a control character of eight bits', '6185'],
  ['euc-jp', 'three bytes of which one is missing', '8fb00a'],
  ['big5', 'a lead before a line feed', 'a40a'],
  ['big5', 'a control character of eight bits', '80'],
  ['big5', 'a byte that is no character', '61ff'],
  ['windows-874', 'a byte without a letter', 'cadb'],
  ['windows-874', 'a control character of eight bits', '81'],
  ['gb18030', 'four bytes of which one is missing', '8130810a'],
  ['gb18030', 'a byte that is no character', 'ff'],
  ['utf-16', 'half a surrogate pair', 'fffe00d80a00'],
  ['utf-16', 'the second half of a surrogate pair', 'fffe00dc'],
  ['utf-16', 'an odd byte', 'fffe610062'],
  ['utf-8', 'an overlong character', 'c0af'],
  ['utf-8', 'a surrogate', 'eda080'],
  ['utf-8', 'a character beyond Unicode', 'f4908080'],
  ['utf-8', 'a lone trail', '6180'],
])('%s refuses %s', async (encoding, _, hex) => {
  expect(await decode(Buffer.from(hex, 'hex'), encoding)).toBeUndefined();
  expect(await decode(Buffer.from(hex, 'hex'), encoding, 1)).toBeUndefined();
});

test('UTF-8 comes through wherever its parts end', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (text, size) => {
      const bytes = Buffer.from(text);
      // A text that begins like UTF-16 is refused.
      fc.pre(!text.includes('\0'));
      expect(await decode(bytes, 'utf-8', size)).toBe(bytes.toString());
    }),
  );
});

/**
 * Characters that Python reads otherwise: it knows the standards of Japan and Taiwan, we what Windows and the Web made
 * of them. In identifiers only the signs matter, and NFKC makes the same of either.
 */
const codecs = [
  ['shift_jis', 'cp932', 0],
  ['euc-jp', 'euc_jp', 7],
  // Big5-ETEN's signs and hiragana, which Windows has in its area for private use.
  ['big5', 'cp950', 260],
  ['windows-874', 'cp874', 0],
  // The code's edition of 2022 gives 20 characters their own place.
  ['gb18030', 'gb18030', 20],
] as const;

describe.runIf(mayCompare)('every character of one to three bytes', () => {
  test.each(codecs)('of %s is decoded as Python does (%s), but for %i', async (encoding, codec, most) => {
    const program = [
      'import json',
      'ranges = [bytes([a]) for a in range(256)] + [bytes([a, b]) for a in range(128, 256) for b in range(48, 256)]',
      'ranges += [bytes([143, a, b]) for a in range(161, 255) for b in range(161, 255)]',
      'def read(code):',
      '  try: return code.decode("CODEC")',
      '  except UnicodeDecodeError: return None',
      'print(json.dumps([[code.hex(), read(code)] for code in ranges]))',
    ].join('\n');
    const python = spawnSync('python3', ['-c', program.replace('CODEC', codec)], { maxBuffer: 1 << 26 });
    const table = (JSON.parse(python.stdout.toString()) as [string, string | null][])
      // Only what stands for one character in either.
      .filter(([, text]) => text !== null && [...text].length === 1);
    expect(table.length).toBeGreaterThan(encoding === 'windows-874' ? 200 : 7_000);
    let others = 0;
    for (const [hex, text] of table) {
      const decoded = await decode(Buffer.from(hex, 'hex'), encoding);
      // Python gives single bytes a meaning that have none in the standards: 80, A0, FD to FF.
      if (decoded === undefined) expect(hex).toMatch(/^(80|a0|f[d-f])$/);
      else if (decoded !== text) others++;
    }
    expect(others).toBeLessThanOrEqual(most);
  });
});

const header = Buffer.from('id,name,email\n');
const sjisName = Buffer.from('8e52936391be9859', 'hex');

function lines(name: Buffer, count: number): Buffer {
  return Buffer.concat([
    header,
    ...Array.from({ length: count }, (_, index) =>
      Buffer.concat([Buffer.from(`${index},`), name, Buffer.from(`,u${index}@example.com\n`)]),
    ),
  ]);
}

describe('a CSV file', () => {
  test.each<[Encoding, string]>([
    ['shift_jis', '8e52936391be9859'],
    ['euc-jp', 'bbb3c5c4c2c0cfba'],
    ['big5', 'b3afa470a9fa'],
    ['windows-874', 'cac1aad2c2'],
    ['gb18030', 'd5c5ceb0'],
  ])('in %s gives its cells, also compressed, also when it is long', async (encoding, hex) => {
    const content = lines(Buffer.from(hex, 'hex'), 12_000);
    const emails = Array.from({ length: 12_000 }, (_, index) => `u${index}@example.com`);
    expect(await read(content, encoding)).toEqual(emails);
    expect(await read(gzipSync(content), encoding, 'email', 'csv.gz')).toEqual(emails);
  });

  test.each(['utf16le', 'swapped'])('in UTF-16 (%s) gives its cells, with its mark or without', async (order) => {
    const text = `名前,email\r\n${'山田,"a@b.c"\r\n'.repeat(30_000)}`;
    for (const mark of ['\ufeff', '']) {
      const content = Buffer.from(mark + text, 'utf16le');
      if (order === 'swapped') content.swap16();
      expect(await read(content, 'utf-16')).toEqual(Array(30_000).fill('a@b.c'));
    }
  });

  test('may have a wanted column whose name and cells are beyond ASCII', async () => {
    const content = Buffer.concat([sjisName, Buffer.from(',id\n'), sjisName, Buffer.from(',1\n')]);
    expect(await read(content, 'shift_jis', '山田太郎')).toEqual(['山田太郎']);
  });

  test('may have a delimiter sign and a quote as second byte of a character', async () => {
    // In Shift_JIS, "ポ" ends with a bar, "ソ" with a backslash.
    const content = Buffer.concat([
      Buffer.from('name|email\n'),
      Buffer.from('837c835c', 'hex'),
      Buffer.from('|a@b.c\n'),
    ]);
    expect(await read(content, 'shift_jis', 'name')).toEqual(['ポソ']);
    expect(await read(content, 'shift_jis')).toEqual(['a@b.c']);
  });

  test('in Shift_JIS keeps control characters as they are', async () => {
    expect(await read(Buffer.from('email\na\x1ab\x1cc\x7fd\n'), 'shift_jis')).toEqual(['a\x1ab\x1cc\x7fd']);
  });

  test('in any encoding tells a ragged line by its number', async () => {
    const content = Buffer.concat([lines(sjisName, 20_000), Buffer.from('marked\n')]);
    const error = await syncErrorOf(read(content, 'shift_jis'));
    expect(error.message).toContain('malformed at line 20002, because the record has 1 of 3 fields');
  });
});

describe('a wrong byte is told with its line', () => {
  const wrong = Buffer.from('1,marked\xff,x\n', 'latin1');

  test.each(encodings.filter((encoding) => encoding !== 'utf-16' && encoding !== 'utf-8'))(
    'in %s',
    async (encoding) => {
      const names = {
        shift_jis: '8e52',
        'euc-jp': 'bbb3',
        big5: 'b3af',
        'windows-874': 'cac1',
        gb18030: 'd5c5',
      } as Record<Encoding, string>;
      const good = lines(Buffer.from(names[encoding], 'hex'), 9_000);
      for (const content of [Buffer.concat([good, wrong, good]), Buffer.concat([good, wrong])])
        for (const [bytes, ending] of [
          [content, 'csv'],
          [gzipSync(content, { level: 1 }), 'csv.gz'],
        ] as const) {
          const error = await syncErrorOf(read(bytes, encoding, 'email', ending));
          expect(error.code).toBe('source.encoding');
          // One wrong byte is no reason to take the file for one in another encoding.
          expect(error.message).toMatch(/at line 9002\.$/);
          expect(allTextOf(error)).not.toContain('marked');
        }
    },
  );

  test.each<[string, string, number]>([
    ['behind LF', 'email\na\nb\n', 4],
    ['behind CRLF', 'email\r\na\r\nb\r\n', 4],
    ['behind CR', 'email\ra\rb\r', 4],
    ['behind blank lines', 'email\n\n\n', 4],
    ['behind line breaks in quotes', 'email,x\n"a\n\nb",', 4],
    ['in the header', 'email,', 1],
  ])('%s', async (_, before, line) => {
    const content = Buffer.concat([Buffer.from(before), Buffer.from([0xff])]);
    const error = await syncErrorOf(read(content, 'utf-8'));
    expect(error.message).toContain(`it is not UTF-8 at line ${line}`);
  });

  test('in UTF-16, where an LF may be half of a character', async () => {
    const text = `email\n${'ਊ\n'.repeat(100_000)}`;
    const content = Buffer.concat([Buffer.from(`\ufeff${text}x`, 'utf16le'), Buffer.from([0, 0xd8, 10, 0])]);
    const error = await syncErrorOf(read(content, 'utf-16'));
    expect(error.message).toContain('it is not UTF-16 at line 100002');
  });

  test('as a character that the end of the file cuts off', async () => {
    const error = await syncErrorOf(read(Buffer.concat([lines(sjisName, 3), Buffer.from([0x93])]), 'shift_jis'));
    expect(error.message).toContain('it is not Shift_JIS at line 5');
    const utf8 = await syncErrorOf(read(Buffer.from('email\na\nb\xe6\x97', 'latin1'), 'utf-8'));
    expect(utf8.message).toContain('it is not UTF-8 at line 3');
  });
});
