import { SyncError } from '../../errors.ts';
import { carriageReturn, lineFeed } from '../ascii.ts';
import { type CsvColumn, reserve, takeLines } from './csvColumns.ts';

/** How the records of a CSV file are written. */
export interface CsvForm {
  /** The name of the file in messages. */
  label: string;
  /** One character. */
  delimiter: string;
  /** One ASCII character, or none. */
  quote: string;
  lineEnd: LineEnd;
  /** The number of fields of every record. */
  width: number;
}

export type LineEnd = '\n' | '\r\n' | '\r';

/** Meanings of a byte outside quotes. */
const inField = 0;
const delimits = 1;
const endsLine = 2;
const endsOtherLine = 3;
const quotes = 4;

const mixedLineEnds = 'the file mixes line ends (LF, CRLF, CR)';

/**
 * Reads columns of a CSV file strictly by RFC 4180: every record has the same number of fields, and a quote stands only
 * around a whole field, or doubled inside one. Blank lines are skipped, but in a file of one column they are its empty
 * cells.
 */
export class RecordReader {
  readonly #form: CsvForm;
  readonly #delimiter: Buffer;
  readonly #quote: number;
  readonly #meanings: Uint8Array;
  /** The last byte of a line end. Inside quotes it counts as a line, too. */
  readonly #lineByte: number;
  readonly #columns: readonly CsvColumn[];
  /** The column of each field. Undefined for fields that are not read, and for surplus ones. */
  readonly #columnOf: readonly (CsvColumn | undefined)[];
  readonly #lengthsBefore: number[];
  #line: number;
  /** Line ends inside the quotes of the current record. */
  #quotedLines = 0;

  /** Reads the columns at `positions`. `firstLine` is the number of the first record's line. */
  constructor(form: CsvForm, positions: readonly number[], firstLine: number) {
    this.#form = form;
    this.#delimiter = Buffer.from(form.delimiter);
    this.#quote = form.quote === '' ? -1 : form.quote.charCodeAt(0);
    this.#meanings = meaningsOf(form, this.#delimiter[0]!, this.#quote);
    this.#lineByte = form.lineEnd.charCodeAt(form.lineEnd.length - 1);
    this.#columns = positions.map(() => ({ bytes: new Uint8Array(), length: 0 }));
    this.#columnOf = Array.from({ length: form.width + 1 }, (_, field) => this.#columns[positions.indexOf(field)]);
    this.#lengthsBefore = positions.map(() => 0);
    this.#line = firstLine;
  }

  /**
   * Reads the records in `block`, which begins with one and has a byte of room behind `length`. Returns the place of the
   * first record that is not whole. `isLast` means that nothing follows. Throws `source.malformed` with the line.
   */
  read(block: Uint8Array, length: number, isLast: boolean): number {
    const endByte = this.#form.lineEnd.charCodeAt(0);
    reserve(this.#columns, length + 1);
    // Ends every field, so that the loops below need not look out for the end of the block.
    block[length] = endByte;
    let at = 0;
    while (at < length) {
      this.#noteLengths();
      const isBlank = this.#form.width > 1 && block[at] === endByte;
      const next = isBlank ? this.#passLineEnd(block, length, at, isLast) : this.#readRecord(block, length, at, isLast);
      if (next === -1) {
        this.#restoreLengths();
        break;
      }
      if (isBlank) this.#line++;
      at = next;
    }
    return at;
  }

  /** Returns the number of bytes in lines since the last `take`. */
  bytesRead(): number {
    return this.#columns.reduce((sum, { length }) => sum + length, 0);
  }

  /** Returns the lines of each column, to be used before the next `read`. */
  take(): Uint8Array[] {
    return takeLines(this.#columns);
  }

  /** Makes the error for a fault in the record at the place where `read` ended. */
  malformed(fault: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${this.#form.label}: it is malformed at line ${this.#line}, because ${fault}.`,
      'Fix the line, or set source.csv.delimiter and source.csv.quote as in the file.',
    );
  }

  #noteLengths(): void {
    const lengths = this.#lengthsBefore;
    for (let index = 0; index < lengths.length; index++) lengths[index] = this.#columns[index]!.length;
  }

  #restoreLengths(): void {
    for (const [index, column] of this.#columns.entries()) column.length = this.#lengthsBefore[index]!;
  }

  #isDelimiter(block: Uint8Array, at: number): boolean {
    const delimiter = this.#delimiter;
    return delimiter.length === 1 || delimiter.every((byte, index) => block[at + index] === byte);
  }

  /** Reads the record at `start`. Returns the place of the next one, or -1 when the record is not whole. */
  #readRecord(block: Uint8Array, length: number, start: number, isLast: boolean): number {
    const { width } = this.#form;
    const meanings = this.#meanings;
    this.#quotedLines = 0;
    let at = start;
    for (let field = 0; ; field++) {
      const column = this.#columnOf[field < width ? field : width];
      const isQuoted = meanings[block[at]!] === quotes;
      at = isQuoted ? this.#readQuoted(block, length, at, column) : this.#readPlain(block, at, column);
      if (at === -1) {
        if (isLast) throw this.malformed('a quote is not closed');
        return -1;
      }
      const meaning = meanings[block[at]!];
      if (meaning === delimits && this.#isDelimiter(block, at)) {
        at += this.#delimiter.length;
        continue;
      }
      // A delimiter of several bytes may be cut.
      if (!isLast && at + this.#delimiter.length > length) return -1;
      if (meaning !== endsLine) throw this.malformed(faultBehind(meaning, isQuoted));
      const next = this.#passLineEnd(block, length, at, isLast);
      if (next === -1) return -1;
      if (field + 1 !== width) throw this.malformed(`the record has ${field + 1} of ${width} fields`);
      this.#line += 1 + this.#quotedLines;
      return next;
    }
  }

  /** Reads a field without quotes. Returns its end. */
  #readPlain(block: Uint8Array, start: number, column: CsvColumn | undefined): number {
    const meanings = this.#meanings;
    let at = start;
    if (column === undefined) {
      for (; ; at++) {
        while (meanings[block[at]!] === inField) at++;
        if (meanings[block[at]!] !== delimits || this.#isDelimiter(block, at)) return at;
      }
    }
    const { bytes } = column;
    let to = column.length;
    for (; ; bytes[to++] = block[at++]!) {
      while (meanings[block[at]!] === inField) bytes[to++] = block[at++]!;
      if (meanings[block[at]!] !== delimits || this.#isDelimiter(block, at)) break;
    }
    bytes[to++] = lineFeed;
    column.length = to;
    return at;
  }

  /** Reads a quoted field. Returns its end, or -1 when its closing quote is not in the block. */
  #readQuoted(block: Uint8Array, length: number, start: number, column: CsvColumn | undefined): number {
    const quote = this.#quote;
    const lineByte = this.#lineByte;
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
      if (byte === lineByte) this.#quotedLines++;
      if (bytes !== undefined) bytes[to++] = byte === lineFeed ? carriageReturn : byte;
    }
    return -1;
  }

  /** Returns the place of the record behind the line end at `at`, or -1 when more bytes are needed. */
  #passLineEnd(block: Uint8Array, length: number, at: number, isLast: boolean): number {
    if (at === length) return isLast ? length : -1;
    if (this.#form.lineEnd.length === 1) return at + 1;
    if (at + 1 < length && block[at + 1] === lineFeed) return at + 2;
    if (at + 1 === length && !isLast) return -1;
    throw this.malformed(mixedLineEnds);
  }
}

function faultBehind(meaning: number | undefined, isQuoted: boolean): string {
  if (meaning === endsOtherLine) return mixedLineEnds;
  return isQuoted ? 'text follows a closing quote' : 'a quote is inside a field that does not begin with one';
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
