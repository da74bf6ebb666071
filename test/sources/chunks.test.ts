import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutRows, fieldSeparator, toChunk } from '../../src/sources/chunks.ts';
import { elementSeparator } from '../../src/sources/select.ts';

/** A field as DuckDB's COPY writes it. */
function writeField(value: string): string {
  if (![fieldSeparator, '"', '\r', '\n'].some((special) => value.includes(special))) return value;
  return `"${value.replaceAll('"', '""')}"`;
}

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', '"', '\n', '\r', '\x1f', ',', 'é'), maxLength: 12 }),
  fc.constant(''),
);

function table(width: number) {
  return fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 40 });
}

async function readTable(rows: readonly string[][], sizes: readonly number[], isList: readonly boolean[]) {
  const bytes = Buffer.from(rows.map((row) => `${row.map(writeField).join(fieldSeparator)}\n`).join(''));
  const columns = isList.map(() => [] as [number, string][]);
  let before = 0;
  for await (const whole of cutRows(inPieces(bytes, sizes))) {
    const chunk = toChunk(whole, isList);
    let rowsInChunk = 0;
    chunk.columns.forEach(({ lines, rowIndex }, column) => {
      const texts = Buffer.from(lines).toString().split('\n').slice(0, -1);
      if (rowIndex !== undefined) expect(rowIndex.length).toBe(texts.length);
      for (const [at, text] of texts.entries()) columns[column]!.push([before + (rowIndex?.[at] ?? at), text]);
      rowsInChunk = (rowIndex?.at(-1) ?? texts.length - 1) + 1;
    });
    before += rowsInChunk;
  }
  return columns;
}

const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });

test.each([1, 2, 5])('%i columns come out as they went in, wherever the bytes are cut', async (width) => {
  await fc.assert(
    fc.asyncProperty(table(width), pieces, async (rows, sizes) => {
      const isList = Array.from({ length: width }, () => false);
      const wanted = isList.map((_, column) => rows.map((row, at) => [at, row[column]!.replaceAll('\n', '\r')]));
      expect(await readTable(rows, sizes, isList)).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

test('elements of lists come out as lines of their own, each with its row', async () => {
  const cells = fc.array(fc.tuple(value, fc.array(value, { minLength: 1, maxLength: 4 })), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(cells, pieces, async (rows, sizes) => {
      const written = rows.map(([scalar, elements]) => [scalar, elements.join(elementSeparator)]);
      const wanted = rows.flatMap(([, elements], row) => elements.map((text) => [row, text.replaceAll('\n', '\r')]));
      expect((await readTable(written, sizes, [false, true]))[1]).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

test('whole rows come about two mebibytes at a time, in the same memory', async () => {
  const rows = Buffer.from(`${'x'.repeat(99)}\n`.repeat(80_000));
  const memories = new Set<ArrayBufferLike>();
  let bytes = 0;
  for await (const whole of cutRows(inPieces(rows, [65_536]))) {
    memories.add(whole.buffer);
    bytes += whole.length;
    expect(whole.length).toBeLessThanOrEqual(1 << 21);
  }
  expect(bytes).toBe(rows.length);
  expect(memories.size).toBe(1);
});
