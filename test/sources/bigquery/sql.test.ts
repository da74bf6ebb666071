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
  ['BYTES', "NULLIF(SAFE_CONVERT_BYTES_TO_STRING(c), '')"],
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

test.each(['STRUCT', 'ARRAY<STRUCT>', 'GEOGRAPHY', 'RANGE'])('a column of %s holds none', (type) => {
  expect(bigquerySql.columnText('c', type, same)).toBeUndefined();
});

test('literals and names are escaped as GoogleSQL reads them', () => {
  expect(bigquerySql.literal("it's \\ two\nlines", 'STRING')).toBe("CAST('it\\'s \\\\ two\\nlines' AS STRING)");
  expect(quoteBigqueryName('a`b')).toBe('`a\\`b`');
});
