import { SyncError } from '../../errors.ts';
import type { FilesSourceConfig } from '../../sourceConfig.ts';
import { isIdentifierLike } from '../columns.ts';
import type { DuckdbEngine } from '../duckdb/engine.ts';
import { notUtf8 } from '../duckdb/errors.ts';
import type { DuckdbRelation } from '../duckdb/relation.ts';
import { quoteText, textFileArguments } from '../sqlText.ts';
import { findLineNotUtf8 } from './utf8.ts';

type CsvConfig = NonNullable<FilesSourceConfig['csv']>;

/**
 * A CSV file, strictly: what its first line tells (columns, delimiter, quoting) holds for every line. DuckDB is not
 * left to guess, as it would rather read a ragged file as one wide column than complain.
 */
export async function csvRelation(file: string, config: CsvConfig, engine: DuckdbEngine): Promise<DuckdbRelation> {
  const where = `the file ${file}`;
  const firstLine = await readFirstLine(file, where, engine);
  if (firstLine === undefined && config.header) throw emptyFile(where);
  // UTF-16 without a byte order mark: plain letters, each with a NUL behind it.
  if (firstLine?.includes('\0') && config.header) throw notUtf8(where, ' at line 1');
  const quote = config.quote ?? (firstLine?.startsWith("'") ? "'" : '"');
  const delimiter = config.delimiter ?? guessDelimiter(firstLine ?? '', quote);
  const names = config.columns ?? splitLine(firstLine ?? '', delimiter, quote);
  if (config.header && names.some(isIdentifierLike)) throw noHeader(where);
  const columns = names.map((name) => ({ name, type: 'VARCHAR' }));
  return {
    where,
    from: readCsv(file, { columns: names.length, header: config.header, delimiter, quote, isStrict: true }),
    columns,
    diagnose: async () => {
      // DuckDB breaks down over a character that is not UTF-8 in a column that is read when others before it are not.
      const line = await findLineNotUtf8(file);
      return line === undefined ? undefined : notUtf8(where, ` at line ${line}`);
    },
  };
}

interface Dialect {
  columns: number;
  header: boolean;
  delimiter: string;
  quote: string;
  isStrict: boolean;
}

function readCsv(file: string, dialect: Dialect): string {
  const columns = Array.from({ length: dialect.columns }, (_, index) => `c${index}: 'VARCHAR'`).join(', ');
  const quote = quoteText(dialect.quote);
  return `read_csv(${textFileArguments(file)}, auto_detect = false, header = ${dialect.header}, columns = {${columns}}, delim = ${quoteText(dialect.delimiter)}, quote = ${quote}, escape = ${quote}, strict_mode = ${dialect.isStrict}, buffer_size = ${2 * longestLineBytes}, max_line_size = ${longestLineBytes}, ${asWritten})`;
}

/** Buffers have room for two of it: DuckDB's own are of 32 MB, several a thread. */
const longestLineBytes = 2 * 1024 * 1024;

const asWritten =
  "nullstr = '', encoding = 'utf-8', null_padding = false, ignore_errors = false, skip = 0, comment = ''";

async function readFirstLine(file: string, where: string, engine: DuckdbEngine): Promise<string | undefined> {
  // Not strictly: quotes and line breaks further down are not looked at here.
  const lines = readCsv(file, { columns: 1, header: false, delimiter: '\x1f', quote: '', isStrict: false });
  const [row] = await engine.readRows(`SELECT coalesce(c0, '') FROM ${lines} LIMIT 1`, where);
  return row?.[0];
}

/** The usual delimiter that stands most often in the line, outside quotes; a comma when none does. */
function guessDelimiter(line: string, quote: string): string {
  const count = (delimiter: string) => splitLine(line, delimiter, quote).length;
  return [',', ';', '\t', '|'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

function splitLine(line: string, delimiter: string, quote: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (isQuoted && character === quote && line[at + 1] === quote) cell += line.charAt(++at);
    else if (character === quote) isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

function emptyFile(where: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${where}: it is empty, and its first line should name the columns.`,
    'Write a header line, also when there are no rows.',
  );
}

function noHeader(where: string): SyncError {
  return new SyncError(
    'source.no_header',
    `Cannot read ${where}: its first line holds identifiers, not column names.`,
    'Add a header line, or say source.csv: { "header": false, "columns": [ … ] }.',
  );
}
