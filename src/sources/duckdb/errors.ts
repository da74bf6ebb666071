import { SyncError } from '../../errors.ts';
import type { SelectedRows } from '../selected.ts';

type PlaceOf = SelectedRows['placeOf'];

/**
 * Returns the meaning of a DuckDB error to the user. Its text quotes the data ("Original Line: …", "Could not convert
 * string …"), so only its kind and line are kept, and it is not passed as a cause. `placeOf` is given if the statement
 * that failed is the user's SELECT.
 */
export function sourceError(error: unknown, label: string, placeOf: PlaceOf = () => undefined): SyncError {
  const text = (error instanceof Error ? error.message : '').replace(/^Failed to extract statements: /, '');
  const rule = rules.find(({ when }) => when.test(text));
  if (rule !== undefined) return rule.make(label, text, placeOf);
  return /\.parquet$/i.test(label) || /magic bytes|thrift/i.test(text)
    ? brokenParquet(label)
    : unknownError(text, label);
}

interface Rule {
  when: RegExp;
  make(label: string, text: string, placeOf: PlaceOf): SyncError;
}

const rules: readonly Rule[] = [
  {
    when: /^(Parser|Binder|Catalog) Error/,
    make: (label, text, placeOf) =>
      new SyncError(
        'source.query_failed',
        `DuckDB refused ${label}, because ${queryFault(text)}${inPlace(text, placeOf)}.`,
        'Try the same SELECT in the DuckDB shell, and correct it in the source.',
      ),
  },
  {
    when: /no space left on device/i,
    make: (label) =>
      new SyncError(
        'state.disk_full',
        `The disk became full while DuckDB read ${label}.`,
        'Free space on the disk of the state directory (preview and check: TMPDIR).',
      ),
  },
  {
    when: /^Out of Memory Error/,
    make: (label) =>
      new SyncError(
        'source.query_failed',
        `DuckDB reached its memory limit while it read ${label}.`,
        'Raise --max-memory (for example to 2g) or the memory limit of the container: DuckDB may use a quarter of the memory above 150 MB. Or write Parquet in smaller row groups, or sort and group less in the query.',
      ),
  },
  {
    when: /invalid string encoding found in parquet/i,
    make: (label) =>
      new SyncError(
        'source.encoding',
        `Cannot read ${label}: a text in a Parquet column is not UTF-8.`,
        'Write the texts in UTF-8, or declare the column as bytes.',
      ),
  },
  {
    when: /unsupported compression codec/i,
    make: (label, text) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: its Parquet data is compressed with ${codecIn(text)}, which DuckDB does not support.`,
        'Write the file with zstd, snappy, gzip, brotli or lz4_raw, or uncompressed (in Spark: set spark.sql.parquet.compression.codec to zstd).',
      ),
  },
  {
    when: /is encrypted, but/i,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: it is an encrypted Parquet file.`,
        'Write the file without Parquet encryption.',
      ),
  },
  {
    when: /invalid unicode|not utf-?8|invalid UTF-8|UTF-16 encoding|failure in decode/i,
    make: (label, text) => notUtf8(label, atLine(text)),
  },
  {
    when: /CSV Error on Line/i,
    make: (label, text) =>
      new SyncError(
        'source.malformed',
        `Cannot read ${label}: it is malformed${atLine(text)}, because ${csvFault(text)}.`,
        'Fix the line, or describe the format of the file in the query, with the options delim and quote of read_csv.',
      ),
  },
  {
    when: /state machine reached an invalid state/i,
    make: (label) =>
      new SyncError(
        'source.malformed',
        `Cannot read ${label}: it mixes line ends (LF, CRLF, CR), or ways of quoting.`,
        'Write all lines with the same line end and the same quotes.',
      ),
  },
  {
    when: /malformed json|json transform error/i,
    make: (label, text) =>
      new SyncError(
        'source.malformed',
        `Cannot read ${label}: it is malformed${atLine(text)}, because a JSON object is not valid.`,
        'Write one valid JSON object on each line, in UTF-8.',
      ),
  },
  {
    when: /no files found that match/i,
    make: (label) =>
      new SyncError(
        'source.not_found',
        `Cannot read ${label}: a required file does not exist.`,
        'Check the path. A relative path starts at the working directory.',
      ),
  },
  {
    when: /could not set lock/i,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: another process has locked it.`,
        'Run again when that process has closed the database: DuckDB allows no other reader while one process writes.',
      ),
  },
  {
    when: /permission denied/i,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: permission was denied.`,
        'Give this user read access to the file.',
      ),
  },
  {
    when: /^(IO|HTTP) Error/,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: DuckDB could not open or read a file.`,
        'Check that the file exists and is complete, and that this user may read it.',
      ),
  },
];

/** `place` is " at line 3", or empty if the line is not known. */
export function notUtf8(label: string, place: string): SyncError {
  return new SyncError(
    'source.encoding',
    `Cannot read ${label}: it is not UTF-8${place}.`,
    'Convert it to UTF-8 (for example with iconv) and run again.',
  );
}

/** Parquet's codec LZ4 has the framing of Hadoop. Plain LZ4 is its LZ4_RAW. */
function codecIn(text: string): string {
  const codec = /compression codec "([A-Z0-9_]{1,20})"/.exec(text)?.[1] ?? 'a codec';
  return codec === 'LZ4' ? 'LZ4 in the framing of Hadoop' : codec;
}

function brokenParquet(label: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read ${label}: it is not a complete Parquet file.`,
    'Check that the file is in Parquet format and was written to its end.',
  );
}

function unknownError(text: string, label: string): SyncError {
  const kind = /^([A-Z][A-Za-z ]{2,40} Error)\b/.exec(text)?.[1];
  return new SyncError(
    'source.query_failed',
    `Cannot read ${label}${kind === undefined ? '' : ` (DuckDB: ${kind})`}.`,
    "Run the same read in the DuckDB shell to see DuckDB's message. It is not shown here, because it quotes the data.",
  );
}

function atLine(text: string): string {
  const csv = /CSV Error on Line: (\d+)/i.exec(text);
  if (csv !== null) return ` at line ${csv[1]}`;
  const json = /in (line|record)(?:\/value)? (\d+)/i.exec(text);
  if (json === null) return '';
  // DuckDB's number is one too high for malformed JSON, and right for JSON of another shape.
  const isOneBehind = /malformed json/i.test(text);
  return ` at ${json[1]} ${Number(json[2]) - (isOneBehind ? 1 : 0)}`;
}

function csvFault(text: string): string {
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/i.exec(text);
  if (counts !== null) return `the line has ${counts[2]} of ${counts[1]} fields`;
  if (/quote/i.test(text.slice(0, text.indexOf('Possible')))) return 'a quote is not closed or is in the wrong place';
  if (/maximum line size/i.test(text)) return 'the line is too long';
  return 'it cannot be read as CSV';
}

/** The line of the statement that DuckDB quotes with a caret below. The start of a long line is not quoted. */
function inPlace(text: string, placeOf: PlaceOf): string {
  const line = /^LINE (\d+): .*\n\s*\^/m.exec(text)?.[1];
  const place = line === undefined ? undefined : placeOf({ line: Number(line) });
  return place === undefined ? '' : ` (${place})`;
}

/** The start of a refusal, and its meaning. Only the first line is matched: others quote the user's SQL. */
const queryFaults: readonly (readonly [RegExp, string])[] = [
  [/^Parser/, 'it is not valid SQL'],
  [/^Binder Error: Catalog .* does not exist/, 'it names a database that does not exist'],
  [/^Catalog Error: .* because schema .* does not exist/, 'it names a schema that does not exist'],
  [/^Catalog Error: \w+ (?:Function|Macro) with name/, 'it names a function that does not exist here'],
  [/^(?:Catalog Error: Table with name|Binder Error: Referenced table)/, 'it names a table that does not exist'],
  [
    /^Binder Error: (?:Referenced column .* not found|Table .* does not have a column)/,
    'it names a column that does not exist',
  ],
  [/^Catalog/, 'it names an object that does not exist'],
];

function queryFault(text: string): string {
  return queryFaults.find(([start]) => start.test(text))?.[1] ?? 'its names or types do not fit';
}
