import { expect, test } from 'vitest';
import { bigquerySql, bigqueryType, quoteBigqueryName } from '../../../src/sources/bigquery/sql.ts';

/*
 * What is said for which type; no server has read it.
 */

const same = (text: string) => text;

test.each([
  ['INTEGER', undefined, 'INT64'],
  ['FLOAT', 'NULLABLE', 'FLOAT64'],
  ['BOOLEAN', 'REQUIRED', 'BOOL'],
  ['STRING', 'REPEATED', 'ARRAY<STRING>'],
  ['RECORD', 'REPEATED', 'ARRAY<STRUCT>'],
])('a field of %s, %s, is of type %s', (type, mode, expected) => {
  expect(bigqueryType({ name: 'c', type, ...(mode !== undefined && { mode }) })).toBe(expected);
});

test.each([
  ['STRING', "NULLIF(c, '')"],
  ['INT64', "NULLIF(CAST(c AS STRING), '')"],
  ['NUMERIC', "NULLIF(REGEXP_REPLACE(CAST(c AS STRING), '[.]0+$', ''), '')"],
])('a column of %s holds one text', (type, sql) => {
  expect(bigquerySql.columnText('c', type, same)).toEqual({ sql, isList: false });
});

test('an ARRAY holds a text an element', () => {
  expect(bigquerySql.columnText('c', 'ARRAY<STRING>', (text) => `hash(${text})`)).toEqual({
    sql: "NULLIF(ARRAY_TO_STRING(ARRAY(SELECT REPLACE(COALESCE(hash(e), ''), CHR(30), CHR(1)) FROM UNNEST(c) AS e WITH OFFSET AS position ORDER BY position), CHR(30)), '')",
    isList: true,
  });
});

test('JSON may hold one or several', () => {
  expect(bigquerySql.columnText('c', 'JSON', same)).toMatchObject({ isList: true });
});

test('integers in JSON come as digits, whether as integers or FLOAT64', () => {
  expect(bigquerySql.columnText('c', 'ARRAY<JSON>', same).sql).toContain(
    "WHEN 'number' THEN CASE WHEN REGEXP_CONTAINS(JSON_VALUE(e), '[.eE]') THEN CASE WHEN SAFE_CAST(JSON_VALUE(e) AS FLOAT64) = TRUNC(SAFE_CAST(JSON_VALUE(e) AS FLOAT64)) AND ABS(SAFE_CAST(JSON_VALUE(e) AS FLOAT64)) < 1e18 THEN CAST(CAST(SAFE_CAST(JSON_VALUE(e) AS FLOAT64) AS INT64) AS STRING) ELSE JSON_VALUE(e) END ELSE JSON_VALUE(e) END",
  );
});

test.each([
  ...['STRUCT', 'ARRAY<STRUCT>', 'GEOGRAPHY', 'RANGE', 'BOOL', 'DATE', 'DATETIME', 'TIME', 'TIMESTAMP', 'INTERVAL'],
  ...['ARRAY<DATE>', 'ARRAY<BOOL>', 'FLOAT32'],
])('a column of %s holds no identifiers', (type) => {
  expect(bigquerySql.holds(type)).toBeUndefined();
});

test.each(['STRING', 'INT64', 'FLOAT64', 'NUMERIC', 'BIGNUMERIC', 'JSON', 'ARRAY<STRING>', 'ARRAY<INT64>'])(
  'a column of %s holds identifiers',
  (type) => {
    expect(bigquerySql.holds(type)).toBe('identifiers');
  },
);

test.each(['BYTES', 'ARRAY<BYTES>'])('a column of %s holds bytes', (type) => {
  expect(bigquerySql.holds(type)).toBe('bytes');
  expect(bigquerySql.bytesAsText('email')[0]).toBe('TO_HEX(email)');
});

test('literals and names are escaped as GoogleSQL reads them', () => {
  expect(bigquerySql.literal("it's \\ two\nlines", 'STRING')).toBe("CAST('it\\'s \\\\ two\\nlines' AS STRING)");
  expect(quoteBigqueryName('a`b')).toBe('`a\\`b`');
});
