import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutRows } from '../../../src/sources/chunks.ts';
import { endOfLastTsvRow, tsvToChunk, unescapeTsv } from '../../../src/sources/clickhouse/tsv.ts';

/*
 * The wire format as ClickHouse's manual and its writeAnyEscapedString describe it, not the real engine.
 */

const escapes = new Map([
  [0x08, 'b'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x0a, 'n'],
  [0x09, 't'],
  [0x00, '0'],
  [0x5c, '\\'],
  [0x27, "'"],
]);

function escapeBytes(value: Uint8Array): Buffer {
  const bytes = [...value].flatMap((byte) => (escapes.has(byte) ? [0x5c, escapes.get(byte)!.charCodeAt(0)] : [byte]));
  return Buffer.from(bytes);
}

const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...escapes.keys(), 0x4e, 0x22, 0x1e));
const field = fc.oneof(fc.array(byte, { maxLength: 12 }), fc.constant(null));

/** A field on its way: null as \N. */
function written(value: number[] | null): Buffer {
  return value === null ? Buffer.from('\\N') : escapeBytes(Uint8Array.from(value));
}

/** What becomes of it: a line break is CR. */
function expected(value: number[] | null): number[] {
  return (value ?? []).map((each) => (each === 0x0a ? 0x0d : each));
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readTable(rows: (number[] | null)[][], width: number, size: number): Promise<Buffer[]> {
  const bytes = Buffer.concat(
    rows.flatMap((row) =>
      row.flatMap((value, index) => [written(value), Buffer.from(index + 1 < width ? '\t' : '\n')]),
    ),
  );
  const columns: Buffer[][] = Array.from({ length: width }, () => []);
  for await (const whole of cutRows(inPieces(bytes, size), endOfLastTsvRow)) {
    const chunk = tsvToChunk(whole, Array(width).fill(false), false);
    for (const [index, { lines }] of chunk.columns.entries()) columns[index]!.push(Buffer.from(lines));
  }
  return columns.map((parts) => Buffer.concat(parts));
}

test('any bytes come back as they were, but for line breaks', async () => {
  const tables = fc
    .integer({ min: 1, max: 3 })
    .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(tables, fc.integer({ min: 1, max: 40 }), async (rows, size) => {
      const width = rows[0]?.length ?? 1;
      const columns = await readTable(rows, width, size);
      columns.forEach((lines, column) => {
        const values = rows.flatMap((row) => [...expected(row[column]!), 0x0a]);
        expect(lines).toEqual(Buffer.from(values));
      });
    }),
  );
});

test('a single column without a backslash is handed on in the memory it came in', () => {
  const rows = Buffer.from(new ArrayBuffer(4));
  rows.write('a\nb\n');
  expect(tsvToChunk(rows, [false], false).columns[0]!.lines).toBe(rows);
});

test('elements of lists become lines with the row that they are of', () => {
  const rows = Buffer.from('a\x1eb\tk1\n\\N\tk2\nc\tk3\n');
  const chunk = tsvToChunk(rows, [true], true);
  expect(Buffer.from(chunk.columns[0]!.lines).toString()).toBe('a\nb\n\nc\n');
  expect([...chunk.columns[0]!.rowIndex!]).toEqual([0, 0, 1, 2]);
  expect(Buffer.from(chunk.key!).toString()).toBe('k1\nk2\nk3\n');
});

test('a field with more tabs than columns harms no other column', () => {
  const { columns } = tsvToChunk(Buffer.from('a\tb\tc\nd\te\n'), [false, false], false);
  expect(columns.map(({ lines }) => Buffer.from(lines).toString())).toEqual(['a\nd\n', 'b\nc\ne\n']);
});

test.each([
  ['plain', 'plain'],
  ["it\\'s", "it's"],
  ["Enum8(\\'a\\\\b\\' = 1)", "Enum8('a\\b' = 1)"],
  ['tab\\tbreak\\n', 'tab\tbreak\r'],
])('the field %j reads %j', (escaped, value) => {
  expect(unescapeTsv(escaped)).toBe(value);
});
