import { SyncError } from '../../errors.ts';

/** How the records of a CSV file are written. */
export interface CsvForm {
  /** The name of the file in messages. */
  label: string;
  /** One character. */
  delimiter: string;
  /** One ASCII character, or none. */
  quote: string;
  lineEnd: LineEnd;
  /** How many fields every record has. */
  width: number;
}

export type LineEnd = '\n' | '\r\n' | '\r';

/** The cells of one column as lines, as in `ChunkColumn`; memory that is used again. */
interface Column {
  bytes: Uint8Array;
  length: number;
}

export interface RecordReader {
  /**
   * Reads the records in `block`, which begins with one and has a byte of room behind `length`. Returns where the first
   * record begins that is not whole. `isLast` says that nothing follows. Throws `source.malformed` with the line.
   */
  read(block: Uint8Array, length: number, isLast: boolean): number;
  /** How many bytes of lines have been read since the last `take`. */
  bytesRead(): number;
  /** The lines of each column, to be used before the next `read`. */
  take(): Uint8Array[];
  /** The error for a fault in the record that begins where `read` ended. */
  malformed(fault: string): SyncError;
}

/** Meanings of a byte outside quotes. */
const inField = 0;
const delimits = 1;
const endsLine = 2;
const endsOtherLine = 3;
const quotes = 4;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

const mixedLineEnds = 'its line ends are not the same throughout (LF, CRLF or CR)';

/** The most memory that a column keeps for the next chunk. */
const keptBytes = 8 * 1024 * 1024;

/**
 * Creates a reader of the columns at `positions`, strictly by RFC 4180: every record has the same number of fields, and
 * a quote stands only around a whole field, or doubled inside one. `firstLine` is the number of the first record's line.
 * Blank lines are skipped, but in a file of one column they are its empty cells.
 */
export function createRecordReader(form: CsvForm, positions: readonly number[], firstLine: number): RecordReader {
  const { label, width } = form;
  const delimiter = Buffer.from(form.delimiter);
  const quote = form.quote === '' ? -1 : form.quote.charCodeAt(0);
  const meanings = meaningsOf(form, delimiter[0]!, quote);
  const endByte = form.lineEnd.charCodeAt(0);
  const endLength = form.lineEnd.length;
  /** The last byte of a line end: it is counted as a line inside quotes, too. */
  const lineByte = form.lineEnd.charCodeAt(endLength - 1);
  const columns = positions.map((): Column => ({ bytes: new Uint8Array(), length: 0 }));
  /** The column of each field, undefined for those that are not wanted and for those too many. */
  const columnOf = Array.from({ length: width + 1 }, (_, field) => columns[positions.indexOf(field)]);
  const lengthsBefore = columns.map(() => 0);
  let line = firstLine;
  /** Line ends inside the quotes of the record that is being read. */
  let quotedLines = 0;

  function malformed(fault: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${label}: malformed at line ${line}, ${fault}.`,
      'Fix the line, or say how the file is written with csv.delimiter and csv.quote of the source.',
    );
  }

  function isDelimiter(block: Uint8Array, at: number): boolean {
    return delimiter.length === 1 || delimiter.every((byte, index) => block[at + index] === byte);
  }

  /** Reads a field without quotes. Returns where it ends. */
  function readPlain(block: Uint8Array, start: number, column: Column | undefined): number {
    let at = start;
    if (column === undefined) {
      for (; ; at++) {
        while (meanings[block[at]!] === inField) at++;
        if (meanings[block[at]!] !== delimits || isDelimiter(block, at)) return at;
      }
    }
    const { bytes } = column;
    let to = column.length;
    for (; ; bytes[to++] = block[at++]!) {
      while (meanings[block[at]!] === inField) bytes[to++] = block[at++]!;
      if (meanings[block[at]!] !== delimits || isDelimiter(block, at)) break;
    }
    bytes[to++] = lineFeed;
    column.length = to;
    return at;
  }

  /** Reads a quoted field. Returns where it ends, or -1 when its closing quote is not in the block. */
  function readQuoted(block: Uint8Array, length: number, start: number, column: Column | undefined): number {
    const bytes = column?.bytes;
    let to = column?.length ?? 0;
    for (let at = start + 1; at < length; at++) {
      const byte = block[at]!;
      if (byte === quote && block[++at] !== quote) {
        if (column !== undefined) {
          column.bytes[to++] = lineFeed;
          column.length = to;
        }
        return at;
      }
      if (byte === lineByte) quotedLines++;
      if (bytes !== undefined) bytes[to++] = byte === lineFeed ? carriageReturn : byte;
    }
    return -1;
  }

  /** Returns where the next record begins behind the line end at `at`, or -1 when the block does not tell. */
  function passLineEnd(block: Uint8Array, length: number, at: number, isLast: boolean): number {
    if (at === length) return isLast ? length : -1;
    if (endLength === 1) return at + 1;
    if (at + 1 < length && block[at + 1] === lineFeed) return at + 2;
    if (at + 1 === length && !isLast) return -1;
    throw malformed(mixedLineEnds);
  }

  /** Reads the record at `start`. Returns where the next one begins, or -1 when it is not whole. */
  function readRecord(block: Uint8Array, length: number, start: number, isLast: boolean): number {
    quotedLines = 0;
    let at = start;
    for (let field = 0; ; field++) {
      const column = columnOf[field < width ? field : width];
      const isQuoted = meanings[block[at]!] === quotes;
      at = isQuoted ? readQuoted(block, length, at, column) : readPlain(block, at, column);
      if (at === -1) {
        if (isLast) throw malformed('it has a quote that is not closed');
        return -1;
      }
      const meaning = meanings[block[at]!];
      if (meaning === delimits && isDelimiter(block, at)) {
        at += delimiter.length;
        continue;
      }
      // A delimiter of several bytes may be cut.
      if (!isLast && at + delimiter.length > length) return -1;
      if (meaning !== endsLine) throw malformed(faultBehind(meaning, isQuoted));
      const next = passLineEnd(block, length, at, isLast);
      if (next === -1) return -1;
      if (field + 1 !== width) throw malformed(`it has ${field + 1} of ${width} fields`);
      line += 1 + quotedLines;
      return next;
    }
  }

  return {
    read(block, length, isLast) {
      for (const column of columns) reserve(column, length + 1);
      // Ends every field, so that the loops above need not look out for the end of the block.
      block[length] = endByte;
      let at = 0;
      while (at < length) {
        for (let index = 0; index < columns.length; index++) lengthsBefore[index] = columns[index]!.length;
        const isBlank = width > 1 && block[at] === endByte;
        const next = isBlank ? passLineEnd(block, length, at, isLast) : readRecord(block, length, at, isLast);
        if (next === -1) {
          for (const [index, column] of columns.entries()) column.length = lengthsBefore[index]!;
          break;
        }
        if (isBlank) line++;
        at = next;
      }
      return at;
    },
    bytesRead: () => columns.reduce((sum, { length }) => sum + length, 0),
    take() {
      return columns.map((column) => {
        const lines = column.bytes.subarray(0, column.length);
        column.length = 0;
        if (column.bytes.length > keptBytes) column.bytes = new Uint8Array();
        return lines;
      });
    },
    malformed,
  };
}

function faultBehind(meaning: number | undefined, isQuoted: boolean): string {
  if (meaning === endsOtherLine) return mixedLineEnds;
  return isQuoted ? 'it has text behind a closing quote' : 'it has a quote inside a field that does not begin with one';
}

function meaningsOf({ lineEnd }: CsvForm, delimiter: number, quote: number): Uint8Array {
  const meanings = new Uint8Array(256);
  meanings[lineFeed] = endsOtherLine;
  meanings[carriageReturn] = endsOtherLine;
  meanings[lineEnd.charCodeAt(0)] = endsLine;
  meanings[delimiter] = delimits;
  if (quote !== -1) meanings[quote] = quotes;
  return meanings;
}

/** Makes room for `bytes` more. */
function reserve(column: Column, bytes: number): void {
  if (column.bytes.length >= column.length + bytes) return;
  const larger = new Uint8Array(2 * column.length + bytes);
  larger.set(column.bytes.subarray(0, column.length));
  column.bytes = larger;
}
