import { SyncError } from '../../errors.ts';

/**
 * Returns the meaning of a DuckDB error to the user. Its text quotes the data ("Original Line: …", "Could not convert
 * string …"), so only its kind, line and column are kept, and it is not passed as a cause.
 */
export function sourceError(error: unknown, label: string): SyncError {
  const text = (error instanceof Error ? error.message : '').replace(/^Failed to extract statements: /, '');
  const rule = rules.find(({ when }) => when.test(text));
  if (rule !== undefined) return rule.make(label, text);
  return /\.parquet$/i.test(label) || /magic bytes|thrift/i.test(text)
    ? brokenParquet(label)
    : unknownError(text, label);
}

interface Rule {
  when: RegExp;
  make(label: string, text: string): SyncError;
}

const rules: readonly Rule[] = [
  {
    when: /^(Parser|Binder|Catalog) Error/,
    make: (label, text) =>
      new SyncError(
        'source.query_failed',
        `DuckDB refused ${label}${atPosition(text)}: ${queryFault(text)}.`,
        'Try the query in the DuckDB shell, and mend source.query.',
      ),
  },
  {
    when: /no space left on device/i,
    make: (label) =>
      new SyncError(
        'state.disk_full',
        `The disk is full while reading ${label}.`,
        'Free space where the state directory is.',
      ),
  },
  {
    when: /^Out of Memory Error/,
    make: (label) =>
      new SyncError(
        'source.query_failed',
        `DuckDB needs more memory to read ${label} than it may take.`,
        'Allow the run more: --max-memory 2g, say, or a higher limit of the container; DuckDB takes a quarter of what is above 150 MB. Write Parquet in smaller row groups, or let the query sort and group less.',
      ),
  },
  {
    when: /invalid string encoding found in parquet/i,
    make: (label) =>
      new SyncError(
        'source.encoding',
        `Cannot read ${label}: a text in a Parquet column is not UTF-8.`,
        'Write the texts in UTF-8, or the column as bytes.',
      ),
  },
  {
    when: /unsupported compression codec/i,
    make: (label, text) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: its Parquet data is compressed with ${codecIn(text)}, which DuckDB cannot read.`,
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
        `Cannot read ${label}: malformed${atLine(text)}, ${csvFault(text)}.`,
        'Fix the line, or say in the query how the file is written: read_csv takes delim and quote.',
      ),
  },
  {
    when: /state machine reached an invalid state/i,
    make: (label) =>
      new SyncError(
        'source.malformed',
        `Cannot read ${label}: its line ends are not the same throughout (LF, CRLF or CR), or its quotes are not.`,
        'Write all lines alike.',
      ),
  },
  {
    when: /malformed json|json transform error/i,
    make: (label, text) =>
      new SyncError(
        'source.malformed',
        `Cannot read ${label}: malformed${atLine(text)}, not a valid JSON object.`,
        'Every line must be one JSON object, in UTF-8.',
      ),
  },
  {
    when: /no files found that match/i,
    make: (label) =>
      new SyncError(
        'source.not_found',
        `Cannot read ${label}: there is no such file.`,
        'Relative paths are relative to the working directory.',
      ),
  },
  {
    when: /could not set lock/i,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}: another process has it locked.`,
        'DuckDB lets nobody read a database while a process has it open for writing; run when that has ended.',
      ),
  },
  {
    when: /permission denied/i,
    make: (label) =>
      new SyncError('source.unreadable', `Cannot read ${label}: permission denied.`, 'Give this user read access.'),
  },
  {
    when: /^(IO|HTTP) Error/,
    make: (label) =>
      new SyncError(
        'source.unreadable',
        `Cannot read ${label}.`,
        'Check that it exists, is whole, and that this user may read it.',
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
    `Cannot read ${label}: it is not a whole Parquet file.`,
    'Check that the file was written to its end and is really Parquet.',
  );
}

function unknownError(text: string, label: string): SyncError {
  const kind = /^([A-Z][A-Za-z ]{2,40} Error)\b/.exec(text)?.[1];
  return new SyncError(
    'source.query_failed',
    `Cannot read ${label}${kind === undefined ? '' : ` (DuckDB: ${kind})`}.`,
    "DuckDB's own text is not shown, as it quotes the data; run the same read in the DuckDB shell to see it.",
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
  if (counts !== null) return `it has ${counts[2]} of ${counts[1]} fields`;
  if (/quote/i.test(text.slice(0, text.indexOf('Possible'))))
    return 'a quote that is not closed or stands in the wrong place';
  if (/maximum line size/i.test(text)) return 'the line is too long';
  return 'it cannot be read as CSV';
}

/** Line and column of the caret under the query text that DuckDB quotes. */
function atPosition(text: string): string {
  const quoted = /^LINE (\d+): (.*)\n(\s*)\^/m.exec(text);
  return quoted === null ? '' : ` at line ${quoted[1]}`;
}

function queryFault(text: string): string {
  if (text.startsWith('Parser')) return 'it is not valid SQL';
  if (/table .*does not exist/i.test(text)) return 'it names a table that does not exist';
  if (/column .*not found/i.test(text)) return 'it names a column that does not exist';
  if (/function .*does not exist/i.test(text)) return 'it names a function that does not exist here';
  return text.startsWith('Catalog') ? 'it names something that does not exist' : 'its names or types do not fit';
}
