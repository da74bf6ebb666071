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

test('a path of a JSON column gives texts, and numbers by the one rule', () => {
  expect(clickhouseSql.columnText('c', 'Dynamic(max_types=16)', same)).toEqual({
    sql: "nullIf(multiIf(dynamicType(c) = 'None', NULL, dynamicType(c) = 'Float64', nullIf(toString(dynamicElement(c, 'Float64')), 'nan'), match(dynamicType(c), '^(String|U?Int[0-9]+)$'), toString(c), '{}'), '')",
    isList: false,
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
  'Float32',
  'BFloat16',
  'Nullable(Float32)',
  'Array(Float32)',
  'Bool',
  'Date',
  'Date32',
  'LowCardinality(Date)',
  'DateTime',
  "DateTime('Asia/Tokyo')",
  'DateTime64(3)',
  'Time',
  'IPv4',
  'Nullable(IPv6)',
  'Array(Nullable(DateTime))',
  'IntervalDay',
  'Variant(String, UInt64)',
])('a column of %s holds no identifiers', (type) => {
  expect(clickhouseSql.holds(type)).toBeUndefined();
});

test.each([
  'String',
  'LowCardinality(Nullable(String))',
  'FixedString(64)',
  'SimpleAggregateFunction(anyLast, Nullable(String))',
  "Enum8('a' = 1)",
  'UInt64',
  'Int256',
  'Nullable(Float64)',
  'Decimal(18, 2)',
  'Array(LowCardinality(Nullable(String)))',
  'Array(UInt64)',
  'Dynamic',
  'Nullable(Nothing)',
])('a column of %s holds identifiers', (type) => {
  expect(clickhouseSql.holds(type)).toBe('identifiers');
});

test.each(['UUID', 'Nullable(UUID)', 'Array(UUID)'])('a column of %s holds advertising IDs alone', (type) => {
  expect(clickhouseSql.holds(type)).toBe('uuids');
});

test('literals and names are escaped as ClickHouse reads them', () => {
  expect(clickhouseSql.literal("it's \\ here", 'Nullable(String)')).toBe("CAST('it\\'s \\\\ here' AS String)");
  expect(quoteClickhouseName('a`b\\c')).toBe('`a\\`b\\\\c`');
});
