import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyncError } from '../../../src/errors.ts';
import { type CsvForm, createRecordReader } from '../../../src/sources/files/csvRecords.ts';
import { mayCompare } from '../../cli/expected.ts';

const plainForm: CsvForm = { label: 'the file', delimiter: ',', quote: '"', lineEnd: '\n', width: 2 };

/** The lines of each wanted column, or the fault that is told; the text comes in blocks that grow by these sizes. */
function read(text: string, changes: Partial<CsvForm>, sizes = [text.length + 1], positions?: number[]) {
  const form = { ...plainForm, ...changes };
  const wanted = positions ?? Array.from({ length: form.width }, (_, index) => index);
  const reader = createRecordReader(form, wanted, 1);
  const columns = wanted.map(() => '');
  const bytes = Buffer.from(text);
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  try {
    for (let turn = 0; ; turn++) {
      const part = bytes.subarray(at, at + sizes[turn % sizes.length]!);
      at += part.length;
      const block = Buffer.concat([rest, part, Buffer.alloc(1)]);
      const end = reader.read(block, block.length - 1, at === bytes.length);
      rest = Buffer.from(block.subarray(end, block.length - 1));
      // Not in every turn, as a chunk is made of several blocks.
      if (turn % 3 === 0 || at === bytes.length)
        reader.take().forEach((lines, index) => {
          columns[index] += Buffer.from(lines).toString();
        });
      if (at === bytes.length) break;
    }
  } catch (error) {
    if (error instanceof SyncError) return error.message.replace(/^.*malformed at /, '');
    throw error;
  }
  expect(rest).toHaveLength(0);
  return columns.map((lines) => lines.split('\n').slice(0, -1));
}

interface Row {
  cells: string[];
  /** Whether a cell was quoted. A row of one empty cell that was not is a blank line. */
  isQuoted: boolean;
}

/** The rows of a CSV text, read character by character. Written without a look at the program. */
function parse(text: string, { delimiter, quote, lineEnd }: CsvForm): Row[] | 'malformed' {
  const rows: Row[] = [];
  let row: Row = { cells: [], isQuoted: false };
  let rest = text;
  while (rest !== '' || row.cells.length > 0) {
    let cell = '';
    if (quote !== '' && rest.startsWith(quote)) {
      row.isQuoted = true;
      rest = rest.slice(1);
      while (!rest.startsWith(quote) || rest.startsWith(quote + quote)) {
        if (rest === '') return 'malformed';
        cell += rest[0];
        rest = rest.slice(rest.startsWith(quote) ? 2 : 1);
      }
      rest = rest.slice(1);
    } else {
      while (rest !== '' && ![delimiter, quote || '\n', '\r', '\n'].includes(rest[0]!)) {
        cell += rest[0];
        rest = rest.slice(1);
      }
    }
    row.cells.push(cell);
    if (rest.startsWith(delimiter)) rest = rest.slice(1);
    else if (rest === '' || rest.startsWith(lineEnd)) {
      rest = rest.slice(lineEnd.length);
      rows.push(row);
      row = { cells: [], isQuoted: false };
    } else return 'malformed';
  }
  return rows;
}

/** What the reader is to make of the text, if it is not malformed. */
function columnsOf(text: string, form: CsvForm): string[][] | 'malformed' {
  const rows = parse(text, form);
  if (rows === 'malformed') return rows;
  const kept = rows.filter((row) => form.width === 1 || !isBlankLine(row)).map(({ cells }) => cells);
  if (kept.some((row) => row.length !== form.width)) return 'malformed';
  return Array.from({ length: form.width }, (_, index) => kept.map((row) => row[index]!.replaceAll('\n', '\r')));
}

function isBlankLine({ cells, isQuoted }: Row): boolean {
  return cells.length === 1 && cells[0] === '' && !isQuoted;
}

const lineEnds = fc.constantFrom('\n', '\r\n', '\r') as fc.Arbitrary<CsvForm['lineEnd']>;
const delimiters = fc.constantFrom(',', ';', '\t', '|', '¦', '；');
const quotes = fc.constantFrom('"', "'");
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const cells = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    ' ',
    ',',
    ';',
    '|',
    '"',
    "'",
    '\n',
    '\r',
    '\t',
    '\0',
    '\x1e',
    '\x1f',
    '日',
    'Â',
    '；',
  ),
  maxLength: 6,
});

describe('the reader of records', () => {
  test('gives back every cell that was written, wherever the blocks end', () => {
    const files = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.record({
        width: fc.constant(width),
        lineEnd: lineEnds,
        delimiter: delimiters,
        quote: quotes,
        rows: fc.array(fc.array(fc.tuple(cells, fc.boolean()), { minLength: width, maxLength: width }), {
          maxLength: 6,
        }),
        blankLines: fc.array(fc.nat({ max: 2 }), { minLength: 6, maxLength: 6 }),
        hasEnd: fc.boolean(),
        sizes,
      }),
    );
    fc.assert(
      fc.property(files, ({ width, lineEnd, delimiter, quote, rows, blankLines, hasEnd, sizes }) => {
        const write = ([cell, isQuoted]: [string, boolean]) =>
          isQuoted || [delimiter, quote, '\n', '\r'].some((sign) => cell.includes(sign)) || width === 1
            ? quote + cell.replaceAll(quote, quote + quote) + quote
            : cell;
        const lines = rows.map((row, index) => {
          const blank = width > 1 ? lineEnd.repeat(blankLines[index]!) : '';
          return blank + row.map(write).join(delimiter);
        });
        const text = lines.join(lineEnd) + (hasEnd && lines.length > 0 ? lineEnd : '');
        const wanted = Array.from({ length: width }, (_, index) =>
          rows.map((row) => row[index]![0].replaceAll('\n', '\r')),
        );
        expect(read(text, { width, lineEnd, delimiter, quote }, sizes)).toEqual(wanted);
        // Of fewer columns, the same lines.
        expect(read(text, { width, lineEnd, delimiter, quote }, sizes, [width - 1])).toEqual(wanted.slice(-1));
      }),
      { numRuns: 1000 },
    );
  });

  const anyText = fc.string({
    unit: fc.constantFrom('a', 'a', ',', ',', '"', '"', '\n', '\n', '\r', '\r\n'),
    maxLength: 16,
  });
  const anyForm = fc.record({
    lineEnd: lineEnds,
    quote: fc.constantFrom('"', '"', '"', ''),
    width: fc.integer({ min: 1, max: 3 }),
  });

  test('reads any text as an independent parser does, or finds it malformed where that does', () => {
    fc.assert(
      fc.property(anyText, anyForm, (text, changes) => {
        const found = read(text, changes);
        expect(typeof found === 'string' ? 'malformed' : found).toEqual(columnsOf(text, { ...plainForm, ...changes }));
      }),
      // A blank line before a cell with a quoted line of two quotes.
      { numRuns: 5000, examples: [['\r\n"\r""\r",', { lineEnd: '\r\n', quote: '"', width: 2 }]] },
    );
  });

  test('reads any text alike, and tells of the same fault, wherever the blocks end', () => {
    fc.assert(
      fc.property(anyText, anyForm, sizes, (text, changes, sizes) => {
        expect(read(text, changes, sizes)).toEqual(read(text, changes));
      }),
      { numRuns: 5000 },
    );
  });

  test.runIf(mayCompare)("never reads what it accepts otherwise than Python's csv module", () => {
    const texts = fc.sample(anyText, { numRuns: 3000, seed: 7 });
    const accepted = texts.flatMap((text) =>
      ([1, 2, 3] as const).flatMap((width) =>
        (['\n', '\r\n', '\r'] as const).flatMap((lineEnd) => {
          const columns = read(text, { width, lineEnd });
          return typeof columns === 'string' ? [] : [{ text, width, columns }];
        }),
      ),
    );
    expect(accepted.length).toBeGreaterThan(300);
    const program = [
      'import csv, io, json, sys',
      'rows = lambda text: list(csv.reader(io.StringIO(text, newline=""), strict=True))',
      'print(json.dumps([rows(text) for text in json.load(sys.stdin)]))',
    ].join('\n');
    const input = JSON.stringify(accepted.map(({ text }) => text));
    const python = spawnSync('python3', ['-c', program], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    const rows = JSON.parse(python.stdout) as string[][][];
    accepted.forEach(({ text, width, columns }, index) => {
      // Python gives a blank line as a row without cells.
      const cells = rows[index]!.flatMap((row) => (row.length > 0 ? [row] : width === 1 ? [['']] : []));
      const wanted = columns.map((_, column) => cells.map((row) => row[column]?.replaceAll('\n', '\r')));
      expect(columns, JSON.stringify(text)).toEqual(wanted);
    });
  });
});

describe('a fault is told with the line that its record begins in', () => {
  test.each<[string, string, Partial<CsvForm>, string]>([
    ['in the first line', 'a\n', {}, 'line 1, because the record has 1 of 2 fields'],
    ['behind blank lines', '\n\na\n', {}, 'line 3, because the record has 1 of 2 fields'],
    ['behind line breaks in quotes', '"a\n\nb",c\nd\n', {}, 'line 4, because the record has 1 of 2 fields'],
    [
      'behind CRLF in quotes',
      '"a\r\n\r\nb",c\r\nd\r\n',
      { lineEnd: '\r\n' },
      'line 4, because the record has 1 of 2 fields',
    ],
    ['behind CR in quotes', '"a\rb",c\rd\r', { lineEnd: '\r' }, 'line 3, because the record has 1 of 2 fields'],
    ['after several lines of its own', 'a,b\n"x\ny\nz",b,c\n', {}, 'line 2, because the record has 3 of 2 fields'],
    ['at the end without a line end', 'a,b\nc', {}, 'line 2, because the record has 1 of 2 fields'],
    ['of an open quote', 'a,b\n"x\n\n\n', {}, 'line 2, because a quote is not closed'],
  ])('%s', (_, text, changes, fault) => {
    expect(read(text, changes)).toBe(`${fault}.`);
    expect(read(text, changes, [1])).toBe(`${fault}.`);
  });
});
