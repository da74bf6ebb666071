import { elementSeparator, type Holds, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';

/** GoogleSQL; types as `bigqueryType` names them. */
export const bigquerySql: SqlEngine = {
  dialect: 'bigquery',
  holds: (type) => holds(elementOf(type) ?? type),
  bytesAsText: (column) => [`TO_HEX(${column})`, `SAFE_CONVERT_BYTES_TO_STRING(${column})`],
  columnText(column, type, map) {
    if (type === 'JSON') return { sql: jsonText(column, map), isList: true };
    const element = elementOf(type);
    if (element === undefined) return { sql: `NULLIF(${map(scalarText(column, type))}, '')`, isList: false };
    return { sql: joinElements(column, map(scalarText('e', element))), isList: true };
  },
  scalarText: (column, type) => (scalarTypes.has(type) ? scalarText(column, type) : undefined),
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

const identifierTypes = new Set(['STRING', 'INT64', 'FLOAT64', 'NUMERIC', 'BIGNUMERIC', 'JSON']);

/** Types that keys and cursors may have. */
const scalarTypes = new Set([
  ...identifierTypes,
  ...['BYTES', 'BOOL', 'TIMESTAMP', 'DATE', 'TIME', 'DATETIME', 'INTERVAL'],
]);

function holds(type: string): Holds | undefined {
  if (type === 'BYTES') return 'bytes';
  return identifierTypes.has(type) ? 'identifiers' : undefined;
}

/** The type of the elements of an array type. */
function elementOf(type: string): string | undefined {
  return /^ARRAY<(.*)>$/.exec(type)?.[1];
}

/** Numbers as `numberText` writes them; bytes as UTF-8. */
function scalarText(value: string, type: string): string {
  switch (type) {
    case 'STRING':
      return value;
    case 'BYTES':
      return `SAFE_CONVERT_BYTES_TO_STRING(${value})`;
    case 'FLOAT64':
      return `CASE WHEN IS_NAN(${value}) THEN NULL ELSE ${doubleText(value, `CAST(${value} AS STRING)`)} END`;
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return `REGEXP_REPLACE(CAST(${value} AS STRING), '[.]0+$', '')`;
    case 'JSON':
      return jsonScalarText(value);
    default:
      return `CAST(${value} AS STRING)`;
  }
}

function doubleText(value: string, otherwise: string): string {
  return `CASE WHEN ${value} = TRUNC(${value}) AND ABS(${value}) < 1e18 THEN CAST(CAST(${value} AS INT64) AS STRING) ELSE ${otherwise} END`;
}

const separator = `CHR(${elementSeparator.charCodeAt(0)})`;

function joinElements(list: string, elementText: string): string {
  const escaped = `REPLACE(COALESCE(${elementText}, ''), ${separator}, CHR(${separatorStandIn.charCodeAt(0)}))`;
  const elements = `ARRAY(SELECT ${escaped} FROM UNNEST(${list}) AS e WITH OFFSET AS position ORDER BY position)`;
  return `NULLIF(ARRAY_TO_STRING(${elements}, ${separator}), '')`;
}

/** A JSON number with a point or an exponent is a FLOAT64. Objects, and arrays inside arrays, become text that is rejected as any type. */
function jsonScalarText(value: string): string {
  const text = `JSON_VALUE(${value})`;
  const number = `CASE WHEN REGEXP_CONTAINS(${text}, '[.eE]') THEN ${doubleText(`SAFE_CAST(${text} AS FLOAT64)`, text)} ELSE ${text} END`;
  return `CASE JSON_TYPE(${value}) WHEN 'object' THEN '{}' WHEN 'array' THEN '[]' WHEN 'number' THEN ${number} ELSE ${text} END`;
}

function jsonText(column: string, map: MapText): string {
  const many = joinElements(`JSON_QUERY_ARRAY(${column})`, map(jsonScalarText('e')));
  return `CASE JSON_TYPE(${column}) WHEN 'array' THEN ${many} ELSE NULLIF(${map(jsonScalarText(column))}, '') END`;
}
