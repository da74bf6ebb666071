import {
  type ColumnText,
  elementSeparator,
  type Holds,
  type MapText,
  type SqlEngine,
  separatorStandIn,
} from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** DuckDB's SQL. */
export const duckdbSql: SqlEngine = {
  dialect: 'duckdb',
  holds: (type) => holds(elementOf(type) ?? type),
  // Older writers of Parquet, such as Impala, do not say which of their bytes are text.
  bytesAsText: (column) => [
    `lower(hex(${column}))`,
    `decode(${column}), or read_parquet with binary_as_string = true,`,
  ],
  columnText,
  scalarText: scalarColumnText,
  literal: (text, type) => `CAST(${quoteText(text)} AS ${type})`,
};

const identifierTypes =
  /^(?:VARCHAR|ENUM\(.*\)|JSON|U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|DOUBLE|DECIMAL\(\d+,\s*\d+\)|"NULL")$/s;

function holds(type: string): Holds | undefined {
  if (type === 'UUID') return 'uuids';
  if (type === 'BLOB') return 'bytes';
  return identifierTypes.test(type) ? 'identifiers' : undefined;
}

/** The type of the elements of a list type. */
function elementOf(type: string): string | undefined {
  return /^(.*)\[\d*\]$/s.exec(type)?.[1];
}

/** Lists come element by element, JSON strings without quotes. */
function columnText(column: string, type: string, map: MapText): ColumnText {
  if (type === 'JSON') return { sql: jsonText(column, map), isList: true };
  const element = elementOf(type);
  if (element === undefined) return { sql: `nullif(${map(scalarText(column, type))}, '')`, isList: false };
  const sql = element === 'JSON' ? jsonScalarText('e') : scalarText('e', element);
  return { sql: joinElements(`${column}::${element}[]`, map(sql)), isList: true };
}

function scalarColumnText(column: string, type: string): string | undefined {
  if (/\]$|^(STRUCT|MAP|UNION|VARIANT|GEOMETRY)\b/.test(type)) return undefined;
  return `nullif(${type === 'JSON' ? jsonScalarText(column) : scalarText(column, type)}, '')`;
}

/** Numbers as `numberText` writes them. */
function scalarText(value: string, type: string): string {
  if (type === 'VARCHAR') return value;
  if (type === 'BLOB') return `decode(${value})`;
  if (type === 'DOUBLE' || type === 'FLOAT')
    return `CASE WHEN isnan(${value}) THEN NULL WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e18 THEN ${value}::BIGINT::VARCHAR ELSE ${value}::VARCHAR END`;
  if (type.startsWith('DECIMAL')) return `regexp_replace(${value}::VARCHAR, '\\.0+$', '')`;
  return `${value}::VARCHAR`;
}

function joinElements(list: string, elementText: string): string {
  const escaped = `replace(coalesce(${elementText}, ''), ${quoteText(elementSeparator)}, ${quoteText(separatorStandIn)})`;
  return `nullif(array_to_string(list_transform(${list}, lambda e: ${escaped}), ${quoteText(elementSeparator)}), '')`;
}

/**
 * One JSON value. DuckDB writes a JSON number below 1e18 without an exponent, and takes NaN for a number. Objects, and
 * arrays inside arrays, hold no value of the column's: they become text that is rejected as any type.
 */
function jsonScalarText(value: string): string {
  const text = `${value}->>'$'`;
  const number = `CASE WHEN regexp_full_match(${text}, '-?nan', 'i') THEN NULL ELSE regexp_replace(${text}, '\\.0+$', '') END`;
  return `CASE json_type(${value}) WHEN 'DOUBLE' THEN ${number} WHEN 'OBJECT' THEN '{}' WHEN 'ARRAY' THEN '[]' ELSE ${text} END`;
}

function jsonText(column: string, map: MapText): string {
  const many = joinElements(`${column}::JSON[]`, map(jsonScalarText('e')));
  const one = `replace(${map(jsonScalarText(column))}, ${quoteText(elementSeparator)}, ${quoteText(separatorStandIn)})`;
  return `CASE json_type(${column}) WHEN 'ARRAY' THEN ${many} ELSE nullif(${one}, '') END`;
}
