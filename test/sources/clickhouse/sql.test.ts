import { expect, test } from 'vitest';
import { clickhouseSql, quoteClickhouseName } from '../../../src/sources/clickhouse/sql.ts';

/*
 * What is said for which type; no server has read it.
 */

const same = (text: string) => text;

test.each([
  ['String', "nullIf(c, '')"],
  ['LowCardinality(Nullable(String))', "nullIf(c, '')"],
  ['SimpleAggregateFunction(anyLast, Nullable(String))', "nullIf(c, '')"],
  ['FixedString(64)', "nullIf(toStringCutToZero(c), '')"],
  ['Nullable(Float64)', "nullIf(nullIf(toString(c), 'nan'), '')"],
  ['Decimal(18, 2)', "nullIf(replaceRegexpOne(toString(c), '[.]0+$', ''), '')"],
  ['UInt64', "nullIf(toString(c), '')"],
  ["Enum8('a' = 1)", "nullIf(toString(c), '')"],
])('a column of %s holds one text', (type, sql) => {
  expect(clickhouseSql.columnText('c', type, same)).toEqual({ sql, isList: false });
});

test('an Array holds a text an element', () => {
  expect(clickhouseSql.columnText('c', 'Array(LowCardinality(Nullable(String)))', (text) => `hash(${text})`)).toEqual({
    sql: "nullIf(arrayStringConcat(arrayMap(e -> replaceAll(ifNull(hash(e), ''), char(30), char(1)), c), char(30)), '')",
    isList: true,
  });
});

test.each([
  'Map(String, String)',
  'Tuple(String, String)',
  'Array(Array(String))',
  'Nested(a String)',
  'JSON',
  "Object('json')",
  'AggregateFunction(uniq, String)',
  'Point',
  'Stringy',
])('a column of %s holds none', (type) => {
  expect(clickhouseSql.columnText('c', type, same)).toBeUndefined();
});

test('literals and names are escaped as ClickHouse reads them', () => {
  expect(clickhouseSql.literal("it's \\ here", 'Nullable(String)')).toBe("CAST('it\\'s \\\\ here' AS String)");
  expect(quoteClickhouseName('a`b\\c')).toBe('`a\\`b\\\\c`');
});
