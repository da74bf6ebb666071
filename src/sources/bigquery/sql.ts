import { elementSeparator, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';

/** GoogleSQL; types as `bigqueryType` names them. */
export const bigquerySql: SqlEngine = {
  dialect: 'bigquery',
  columnText(column, type, map) {
    if (type === 'JSON') return { sql: jsonText(column, map), isList: true };
    const element = /^ARRAY<(.*)>$/.exec(type)?.[1];
    if (element !== undefined) return listText(column, element, map);
    const sql = scalarText(column, type);
    return sql === undefined ? undefined : { sql: `NULLIF(${map(sql)}, '')`, isList: false };
  },
  scalarText,
  literal: (text, type) => `CAST(${quoteBigqueryText(text)} AS ${type})`,
};

export interface BigqueryField {
  name: string;
  type: string;
  mode?: string;
}

const standardNames: Record<string, string> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
};

/** The type of a field of a schema, which has old names, as it is called in SQL. */
export function bigqueryType({ type, mode }: BigqueryField): string {
  const name = standardNames[type] ?? type;
  return mode === 'REPEATED' ? `ARRAY<${name}>` : name;
}

/** A backslash begins an escape in names and texts. */
export function quoteBigqueryName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

function quoteBigqueryText(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `'${escaped}'`;
}

/** Integral numbers, also of floating or decimal type, as their plain digits; NaN as nothing; bytes as UTF-8. */
function scalarText(value: string, type: string): string | undefined {
  switch (type) {
    case 'STRING':
      return value;
    case 'BYTES':
      return `SAFE_CONVERT_BYTES_TO_STRING(${value})`;
    case 'FLOAT64':
      return `CASE WHEN IS_NAN(${value}) THEN NULL WHEN ${value} = TRUNC(${value}) AND ABS(${value}) < 1e18 THEN CAST(CAST(${value} AS INT64) AS STRING) ELSE CAST(${value} AS STRING) END`;
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return `REGEXP_REPLACE(CAST(${value} AS STRING), '[.]0+$', '')`;
    case 'INT64':
    case 'BOOL':
    case 'TIMESTAMP':
    case 'DATE':
    case 'TIME':
    case 'DATETIME':
    case 'INTERVAL':
      return `CAST(${value} AS STRING)`;
    case 'JSON':
      return jsonScalarText(value);
    default:
      return undefined;
  }
}

const separator = `CHR(${elementSeparator.charCodeAt(0)})`;

function listText(column: string, element: string, map: MapText) {
  const sql = scalarText('e', element);
  return sql === undefined ? undefined : { sql: joinElements(column, map(sql)), isList: true };
}

function joinElements(list: string, elementText: string): string {
  const escaped = `REPLACE(COALESCE(${elementText}, ''), ${separator}, CHR(${separatorStandIn.charCodeAt(0)}))`;
  const elements = `ARRAY(SELECT ${escaped} FROM UNNEST(${list}) AS e WITH OFFSET AS position ORDER BY position)`;
  return `NULLIF(ARRAY_TO_STRING(${elements}, ${separator}), '')`;
}

/** Objects, and arrays inside arrays, become text that is rejected as any type. */
function jsonScalarText(value: string): string {
  return `CASE JSON_TYPE(${value}) WHEN 'object' THEN '{}' WHEN 'array' THEN '[]' WHEN 'number' THEN REGEXP_REPLACE(JSON_VALUE(${value}), '[.]0+$', '') ELSE JSON_VALUE(${value}) END`;
}

function jsonText(column: string, map: MapText): string {
  const many = joinElements(`JSON_QUERY_ARRAY(${column})`, map(jsonScalarText('e')));
  return `CASE JSON_TYPE(${column}) WHEN 'array' THEN ${many} ELSE NULLIF(${map(jsonScalarText(column))}, '') END`;
}
