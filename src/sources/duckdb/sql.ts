import { type ColumnText, elementSeparator, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** DuckDB's SQL. */
export const duckdbSql: SqlEngine = {
  dialect: 'duckdb',
  columnText,
  scalarText: scalarColumnText,
  literal: (text, type) => `CAST(${quoteText(text)} AS ${type})`,
};

/**
 * How a column of a DuckDB type is read as text: integral numbers, also of floating or decimal type, as their plain
 * digits; NaN (how pandas writes a missing number) as nothing; JSON strings without quotes; lists element by element.
 * Undefined for types that hold no text, such as STRUCT.
 */
function columnText(column: string, type: string, map: MapText): ColumnText | undefined {
  if (type === 'JSON') return { sql: jsonText(column, map), isList: true };
  const element = /^(.*)\[\d*\]$/s.exec(type)?.[1];
  if (element === undefined) {
    const sql = scalarText(column, type);
    return sql === undefined ? undefined : { sql: `nullif(${map(sql)}, '')`, isList: false };
  }
  const sql = element === 'JSON' ? jsonScalarText('e') : scalarText('e', element);
  return sql === undefined ? undefined : { sql: joinElements(`${column}::${element}[]`, map(sql)), isList: true };
}

/** The same of a column whose cells hold one value each; undefined for all others. */
function scalarColumnText(column: string, type: string): string | undefined {
  const sql = type === 'JSON' ? jsonScalarText(column) : scalarText(column, type);
  return sql === undefined ? undefined : `nullif(${sql}, '')`;
}

function scalarText(value: string, type: string): string | undefined {
  if (/\]$|^(STRUCT|MAP|UNION|VARIANT|GEOMETRY)\b/.test(type)) return undefined;
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

/** Objects, and arrays inside arrays, hold no value of the column's: they become text that is rejected as any type. */
function jsonScalarText(value: string): string {
  return `CASE json_type(${value}) WHEN 'DOUBLE' THEN regexp_replace(${value}->>'$', '\\.0+$', '') WHEN 'OBJECT' THEN '{}' WHEN 'ARRAY' THEN '[]' ELSE ${value}->>'$' END`;
}

function jsonText(column: string, map: MapText): string {
  const many = joinElements(`${column}::JSON[]`, map(jsonScalarText('e')));
  const one = `replace(${map(jsonScalarText(column))}, ${quoteText(elementSeparator)}, ${quoteText(separatorStandIn)})`;
  return `CASE json_type(${column}) WHEN 'ARRAY' THEN ${many} ELSE nullif(${one}, '') END`;
}
