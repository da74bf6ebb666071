/** The parts of `hashExpression` that differ between the SQL dialects. */
export interface SqlWords {
  /** The column as it is, of a type that stands beside the other results. */
  raw(column: string): string;
  /** The column as text, without spaces at both ends. */
  trim(column: string): string;
  /** Returns a test that all characters, line breaks included, are of a class, which is given without its brackets. */
  isOnlyOf(text: string, characters: string): string;
  /**
   * Returns a test that a text of printable ASCII matches an anchored pattern. (Engines differ in "$" before line
   * breaks.) Patterns mean the same in POSIX, RE2, ICU and PCRE, and in every literal: no backslash, no "(?", "." in
   * classes only.
   */
  matches(text: string, pattern: string): string;
  /** Returns the SHA-256 in lower-case hex. */
  sha256(text: string): string;
  concat(...texts: string[]): string;
}

function joinWithBars(...texts: string[]): string {
  return texts.join(' || ');
}

function callConcat(...texts: string[]): string {
  return `concat(${texts.join(', ')})`;
}

const duckdb: SqlWords = {
  raw: (column) => column,
  trim: (column) => `trim(${column}, ' ')`,
  isOnlyOf: (text, characters) => `regexp_matches(${text}, '^[${characters}]*$')`,
  matches: (text, pattern) => `regexp_matches(${text}, '${pattern}')`,
  sha256: (text) => `sha256(${text})`,
  concat: joinWithBars,
};

/** Uses the collation "C": others change the rules of lower(), and some refuse patterns. */
const postgres: SqlWords = {
  raw: (column) => column,
  trim: (column) => `btrim(CAST(${column} AS text) COLLATE "C", ' ')`,
  isOnlyOf: (text, characters) => `${text} ~ '^[${characters}]*$'`,
  matches: (text, pattern) => `${text} ~ '${pattern}'`,
  sha256: (text) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`,
  concat: joinWithBars,
};

function mysqlText(column: string): string {
  return `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_bin`;
}

/**
 * MySQL (patterns by ICU) and MariaDB (by PCRE), tested on the latter. In both "$" also matches before a line break at
 * the end. Without the binary collation patterns would fold case, and take "ſ" for "s".
 */
const mysql: SqlWords = {
  raw: mysqlText,
  trim: (column) => `trim(${mysqlText(column)})`,
  isOnlyOf: (text, characters) =>
    `(length(${text}) = char_length(${text}) AND NOT (${text} REGEXP '[^${characters}]'))`,
  matches: (text, pattern) => `${text} REGEXP '${pattern}'`,
  sha256: (text) => `sha2(${text}, 256)`,
  concat: callConcat,
};

/** Does not cast: in Redshift `text` is varchar(256). "^" and "$" are documented to match at lines. */
const redshift: SqlWords = {
  raw: (column) => column,
  trim: (column) => `btrim(${column}, ' ')`,
  isOnlyOf: (text, characters) => `(octet_length(${text}) = length(${text}) AND NOT (${text} ~ '[^${characters}]'))`,
  matches: (text, pattern) => `${text} ~ '${pattern}'`,
  sha256: (text) => `lower(sha2(${text}, 256))`,
  concat: joinWithBars,
};

const bigquery: SqlWords = {
  raw: (column) => column,
  trim: (column) => `trim(${column}, ' ')`,
  isOnlyOf: (text, characters) => `REGEXP_CONTAINS(${text}, '^[${characters}]*$')`,
  matches: (text, pattern) => `REGEXP_CONTAINS(${text}, '${pattern}')`,
  sha256: (text) => `to_hex(sha256(${text}))`,
  concat: joinWithBars,
};

/** regexp_like matches the whole text, regexp_instr a part of it. Columns with a collation are refused. */
const snowflake: SqlWords = {
  raw: (column) => column,
  trim: (column) => `trim(${column}, ' ')`,
  isOnlyOf: (text, characters) =>
    `(octet_length(${text}) = length(${text}) AND regexp_instr(${text}, '[^${characters}]') = 0)`,
  matches: (text, pattern) => `regexp_like(${text}, '${pattern}')`,
  sha256: (text) => `sha2(${text}, 256)`,
  concat: joinWithBars,
};

/** Texts are bytes that may not be UTF-8, so tests use patterns that match and never negate them. */
const clickhouse: SqlWords = {
  raw: (column) => column,
  trim: (column) => `trimBoth(${column})`,
  isOnlyOf: (text, characters) => `match(${text}, '^[${characters}]*$')`,
  matches: (text, pattern) => `match(${text}, '${pattern}')`,
  sha256: (text) => `lower(hex(SHA256(${text})))`,
  concat: callConcat,
};

export const dialects = { duckdb, postgres, mysql, redshift, bigquery, snowflake, clickhouse };

/** `mysql` is also the dialect of MariaDB. */
export type Dialect = keyof typeof dialects;

export const dialectNames = Object.keys(dialects) as Dialect[];
