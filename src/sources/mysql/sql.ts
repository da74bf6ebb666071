import mysql, { type FieldPacket } from 'mysql2';
import type { Holds, SqlEngine } from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** SQL of MySQL and MariaDB; types as `mysqlType` names them. There are no lists. */
export const mysqlSql: SqlEngine = {
  dialect: 'mysql',
  holds,
  bytesAsText: (column) => [`lower(hex(${column}))`, `CONVERT(${column} USING utf8mb4)`],
  columnText: (column, type, map) => ({ sql: `nullif(${map(scalarText(column, type))}, '')`, isList: false }),
  scalarText: (column, type) => (type === 'geometry' ? undefined : scalarText(column, type)),
  literal: (text) => quoteMysqlText(text),
};

export function quoteMysqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Correct for every meaning of a backslash to the server. */
function quoteMysqlText(text: string): string {
  return text.includes('\\') ? `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)` : quoteText(text);
}

const { Types } = mysql;

/** Types whose name does not depend on the character set. */
const typeNames: Record<number, string> = {
  [Types.TINY]: 'integer',
  [Types.SHORT]: 'integer',
  [Types.INT24]: 'integer',
  [Types.LONG]: 'integer',
  [Types.LONGLONG]: 'integer',
  [Types.DOUBLE]: 'double',
  [Types.DECIMAL]: 'decimal',
  [Types.NEWDECIMAL]: 'decimal',
  [Types.JSON]: 'json',
  [Types.NULL]: 'null',
  [Types.FLOAT]: 'float',
  [Types.BIT]: 'bit',
  [Types.YEAR]: 'year',
  [Types.DATE]: 'date',
  [Types.NEWDATE]: 'date',
  [Types.TIME]: 'time',
  [Types.TIMESTAMP]: 'timestamp',
  [Types.DATETIME]: 'datetime',
  [Types.GEOMETRY]: 'geometry',
};

/** Types that hold bytes when their character set is "binary", and text otherwise. */
const bytesNames: Record<number, string> = {
  [Types.VARCHAR]: 'varbinary',
  [Types.VAR_STRING]: 'varbinary',
  [Types.STRING]: 'binary',
  [Types.TINY_BLOB]: 'blob',
  [Types.MEDIUM_BLOB]: 'blob',
  [Types.LONG_BLOB]: 'blob',
  [Types.BLOB]: 'blob',
};

const binaryCharacterSet = 63;

/** The type of a column of a result. MariaDB tells JSON, UUID and INET columns from text by its extended metadata. */
export function mysqlType(field: FieldPacket): string {
  const { columnType = -1, characterSet, extendedTypeName, extendedFormat } = field;
  if (extendedFormat === 'json') return 'json';
  const named = typeNames[columnType];
  if (named !== undefined) return named;
  if (extendedTypeName !== undefined) return extendedTypeName;
  // A column of nothing but NULL, as a derived table has it.
  if (columnType === Types.STRING && field.columnLength === 0) return 'null';
  if (columnType === Types.ENUM || columnType === Types.SET) return 'text';
  return (
    (characterSet === binaryCharacterSet ? bytesNames[columnType] : textName(columnType)) ?? `number ${columnType}`
  );
}

function textName(columnType: number): string | undefined {
  return columnType in bytesNames ? 'text' : undefined;
}

function holds(type: string): Holds | undefined {
  if (type === 'uuid') return 'uuids';
  if (Object.values(bytesNames).includes(type)) return 'bytes';
  return ['text', 'integer', 'double', 'decimal', 'json', 'null'].includes(type) ? 'identifiers' : undefined;
}

/** Numbers as `numberText` writes them; bytes, of keys and cursors, as UTF-8. */
function scalarText(value: string, type: string): string {
  switch (type) {
    case 'double':
    case 'float':
      return doubleText(value, `CAST(${value} AS CHAR)`);
    case 'decimal':
      return withoutZeros(`CAST(${value} AS CHAR)`);
    case 'json':
      return jsonText(value);
    default:
      return `CONVERT(${value} USING utf8mb4)`;
  }
}

function doubleText(value: string, otherwise: string): string {
  return `CASE WHEN ${value} = truncate(${value}, 0) AND abs(${value}) < 1e18 THEN CAST(CAST(${value} AS SIGNED) AS CHAR) ELSE ${otherwise} END`;
}

function withoutZeros(text: string): string {
  return `regexp_replace(${text}, '[.]0+$', '')`;
}

/**
 * MariaDB keeps a JSON number as it was written, with its exponent. Arrays, objects, and MySQL's dates and bytes in JSON
 * become text that is rejected as any type.
 */
function jsonText(value: string): string {
  const text = `CONVERT(json_unquote(${value}) USING utf8mb4)`;
  const number = `CASE WHEN ${text} REGEXP '[eE]' THEN ${doubleText(`(${text} + 0e0)`, text)} ELSE ${withoutZeros(text)} END`;
  const isOf = (...types: string[]) => `json_type(${value}) IN (${types.map(quoteText).join(', ')})`;
  return `CASE WHEN ${isOf('STRING', 'BOOLEAN')} THEN ${text} WHEN ${isOf('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')} THEN ${number} WHEN ${isOf('ARRAY')} THEN '[]' WHEN ${value} IS NULL OR ${isOf('NULL')} THEN NULL ELSE '{}' END`;
}
