import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { findLineNotUtf8 } from '../../../src/sources/files/utf8.ts';
import { useSources } from '../sourceSetup.ts';

const sources = useSources();

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const long = 'x'.repeat(63);

test.each<[string, Buffer, number | undefined]>([
  ['nothing', bytes(''), undefined],
  ['all of it valid', Buffer.from('é\n日本\n𝄞'), undefined],
  ['the first line', bytes('\xe9\nx\n'), 1],
  ['the third line', bytes('x\nx\n\xe9\nx\n'), 3],
  ['the last line without its end', bytes('x\nx\n\xe9'), 3],
  ['a line after CRLF', bytes('x\r\nx\r\n\xe9\r\n'), 3],
  ['a line after CR', bytes('x\rx\r\xe9\rx\r'), 3],
  ['a line behind many', bytes(`${`${long}\n`.repeat(5000)}\xe9`), 5001],
  ['a line behind many with CRLF', bytes(`${`${long}\r\n`.repeat(5000)}\xe9`), 5001],
  ['a line behind many with CR', bytes(`${`${long}\r`.repeat(5000)}\xe9`), 5001],
  ['characters that the reading cuts in two', Buffer.from(`a${'é'.repeat(100_000)}\n`), undefined],
])('%s', async (_, content, line) => {
  expect(await findLineNotUtf8(sources.write('text.csv', content))).toBe(line);
  expect(await findLineNotUtf8(sources.write('text.csv.gz', gzipSync(content)))).toBe(line);
  expect(await findLineNotUtf8(sources.write('text.csv.ZST', zstdCompressSync(content)))).toBe(line);
});
