import { SyncError } from '../../errors.ts';
import { carriageReturn, lineFeed, singleQuote } from '../ascii.ts';
import { isIdentifierLike } from '../columns.ts';
import type { CsvConfig } from './config.ts';
import { type CsvBlock, maxRecordBytes } from './csvBlock.ts';
import type { CsvForm, LineEnd } from './csvRecords.ts';
import { beginsAsUtf8 } from './encodings.ts';

/** The form and the names of a CSV file, read from its first record. */
export interface CsvHeader {
  form: CsvForm;
  names: readonly string[];
  /** Bytes in front of the first row, and the number of that row's line. */
  bytes: number;
  firstLine: number;
}

/** Reads the first record, and more of the file into `block` as far as that needs it. */
export async function readCsvHeader(block: CsvBlock, label: string, config: CsvConfig): Promise<CsvHeader> {
  await block.fill();
  const start = beginsAsUtf8(block.bytes.subarray(0, block.length)) ? 3 : 0;
  if (block.length === start && config.header) throw emptyFile(label);
  const quote = config.quote ?? (block.bytes[start] === singleQuote ? "'" : '"');
  let first = findFirstRecord(block, start, quote);
  while (first === undefined) {
    if (!block.drop(0)) throw tooLong(label);
    await block.fill();
    first = findFirstRecord(block, start, quote);
  }
  const text = block.bytes.toString('utf8', start, first.end);
  const delimiter = config.delimiter ?? guessDelimiter(text, quote);
  const names = config.columns ?? splitRecord(text, delimiter, quote);
  if (names === undefined) throw badHeader(label);
  if (config.header && names.some(isIdentifierLike)) throw noHeader(label);
  const { lineEnd } = first;
  const header = text + lineEnd;
  return {
    form: { label, delimiter, quote, lineEnd, width: names.length },
    names,
    bytes: config.header ? Math.min(first.end + lineEnd.length, block.length) : start,
    firstLine: config.header ? header.split(lineEnd.slice(-1)).length : 1,
  };
}

/** Finds the end of the first record and its line end, LF when nothing follows. Undefined when more bytes are needed. */
function findFirstRecord(block: CsvBlock, start: number, quote: string): { end: number; lineEnd: LineEnd } | undefined {
  const { bytes, length, isLast } = block;
  const quoteByte = quote === '' ? -1 : quote.charCodeAt(0);
  let isQuoted = false;
  for (let at = start; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === quoteByte) isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (byte === lineFeed) return { end: at, lineEnd: '\n' };
    if (byte !== carriageReturn) continue;
    if (at + 1 === length && !isLast) return undefined;
    return { end: at, lineEnd: at + 1 < length && bytes[at + 1] === lineFeed ? '\r\n' : '\r' };
  }
  return isLast ? { end: length, lineEnd: '\n' } : undefined;
}

/** The usual delimiter that stands most often in the record, outside quotes; a comma when none does. */
function guessDelimiter(record: string, quote: string): string {
  const everyOther = (_: string, index: number) => index % 2 === 0;
  const unquoted = quote === '' ? record : record.split(quote).filter(everyOther).join('');
  const count = (delimiter: string) => unquoted.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

/** The fields of a record, or undefined when a quote stands in the wrong place. */
function splitRecord(record: string, delimiter: string, quote: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let field = '';
    if (quote !== '' && record[at] === quote) {
      for (at++; record[at] !== quote || record[++at] === quote; at++) {
        if (at >= record.length) return undefined;
        field += record[at];
      }
      if (at < record.length && record[at] !== delimiter) return undefined;
    } else {
      const end = record.indexOf(delimiter, at);
      field = record.slice(at, end === -1 ? undefined : end);
      if (quote !== '' && field.includes(quote)) return undefined;
      at += field.length;
    }
    fields.push(field);
    if (at >= record.length) return fields;
  }
}

function emptyFile(label: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${label}: it is empty, and its first line must name the columns.`,
    'Write a header line even if the file has no rows.',
  );
}

function badHeader(label: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${label}: it is malformed at line 1, because a quote is not closed or is in the wrong place.`,
    'Fix the line, or set source.csv.delimiter and source.csv.quote as in the file.',
  );
}

function tooLong(label: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${label}: it is malformed at line 1, because the record is longer than ${maxRecordBytes / 2 ** 20} MiB.`,
    'Check that the file is in CSV format, and that every quote in its first line is closed.',
  );
}

function noHeader(label: string): SyncError {
  return new SyncError(
    'source.no_header',
    `Cannot read ${label}: its first line contains identifiers, not column names.`,
    'Add a header line, or set source.csv to { "header": false, "columns": [ … ] }.',
  );
}
