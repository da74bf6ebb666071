import { expect, test } from 'vitest';
import { snowflakeSql, snowflakeType } from '../../../src/sources/snowflake/sql.ts';

/*
 * What is said for which type; no server has read it.
 */

const same = (text: string) => text;

test.each([
  ['text', 0, 'TEXT'],
  ['fixed', 2, 'NUMBER(38,2)'],
  ['timestamp_ltz', 9, 'TIMESTAMP_LTZ'],
])('a column of %s with scale %i is of type %s', (type, scale, expected) => {
  expect(snowflakeType({ name: 'C', type, scale })).toBe(expected);
});

test.each([
  ['TEXT', "NULLIF(c, '')"],
  ['NUMBER(38,0)', "NULLIF(REGEXP_REPLACE(TO_VARCHAR(c), '[.]0+$', ''), '')"],
])('a column of %s holds one text', (type, sql) => {
  expect(snowflakeSql.columnText('c', type, same)).toEqual({ sql, isList: false });
});

test('an ARRAY holds a text an element', () => {
  const text =
    "CASE WHEN IS_VARCHAR(e) OR IS_BOOLEAN(e) THEN e::VARCHAR WHEN IS_DECIMAL(e) THEN REGEXP_REPLACE(e::VARCHAR, '[.]0+$', '') WHEN IS_DOUBLE(e) THEN CASE WHEN AS_DOUBLE(e) = 'NaN'::FLOAT THEN NULL WHEN AS_DOUBLE(e) = TRUNC(AS_DOUBLE(e)) AND ABS(AS_DOUBLE(e)) < 1e18 THEN TO_VARCHAR(AS_DOUBLE(e)::NUMBER(38,0)) ELSE TO_VARCHAR(AS_DOUBLE(e)) END WHEN IS_ARRAY(e) THEN '[]' WHEN e IS NULL OR IS_NULL_VALUE(e) THEN NULL ELSE '{}' END";
  expect(snowflakeSql.columnText('c', 'ARRAY', (element) => `hash(${element})`)).toEqual({
    sql: `NULLIF(ARRAY_TO_STRING(TRANSFORM(c, e VARIANT -> REPLACE(COALESCE(hash(${text}), ''), CHR(30), CHR(1))), CHR(30)), '')`,
    isList: true,
  });
});

test('VARIANT may hold one or several', () => {
  expect(snowflakeSql.columnText('c', 'VARIANT', same)).toMatchObject({ isList: true });
});

test.each([
  ...['OBJECT', 'MAP', 'GEOGRAPHY', 'VECTOR', 'BOOLEAN', 'DATE', 'TIME'],
  ...['TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ'],
])('a column of %s holds no identifiers', (type) => {
  expect(snowflakeSql.holds(type)).toBeUndefined();
});

test.each(['TEXT', 'NUMBER(38,0)', 'NUMBER(38,2)', 'REAL', 'VARIANT', 'ARRAY'])(
  'a column of %s holds identifiers',
  (type) => {
    expect(snowflakeSql.holds(type)).toBe('identifiers');
  },
);

test('a column of BINARY holds bytes', () => {
  expect(snowflakeSql.holds('BINARY')).toBe('bytes');
  expect(snowflakeSql.bytesAsText('email')[0]).toBe('LOWER(HEX_ENCODE(email))');
});

test.each([
  ['DATE', "TO_VARCHAR(c, 'YYYY-MM-DD')"],
  ['BOOLEAN', 'TO_VARCHAR(c)'],
  ['BINARY', 'COALESCE(TRY_HEX_DECODE_STRING(HEX_ENCODE(c)), HEX_ENCODE(c))'],
  ['ARRAY', undefined],
  ['OBJECT', undefined],
])('a key or cursor column of %s', (type, sql) => {
  expect(snowflakeSql.scalarText('c', type)).toBe(sql);
});

test.each([
  ["it's \\ here", 'TEXT', "'it''s \\\\ here'"],
  ['1.50', 'NUMBER(38,2)', "CAST('1.50' AS NUMBER(38,2))"],
  ['1.5', 'REAL', "CAST('1.5' AS FLOAT)"],
  ['2026-01-02', 'DATE', "TO_DATE('2026-01-02', 'YYYY-MM-DD')"],
])('the literal of %s as %s', (text, type, sql) => {
  expect(snowflakeSql.literal(text, type)).toBe(sql);
});
