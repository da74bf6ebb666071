import { elementSeparator, type Holds, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';

/** A column of a result, as the server describes it. */
export interface SnowflakeColumn {
  name: string;
  type: string;
  scale: number;
}

/** Snowflake's SQL; types as `snowflakeType` names them. */
export const snowflakeSql: SqlEngine = {
  dialect: 'snowflake',
  holds,
  bytesAsText: (column) => [`LOWER(HEX_ENCODE(${column}))`, `TRY_HEX_DECODE_STRING(HEX_ENCODE(${column}))`],
  columnText(column, type, map) {
    if (type === 'ARRAY') return { sql: joinElements(column, map), isList: true };
    if (type === 'VARIANT') return { sql: variantText(column, map), isList: true };
    return { sql: `NULLIF(${map(scalarText(column, type))}, '')`, isList: false };
  },
  scalarText: keyText,
  literal,
};

/** Numbers with their scale, so that a literal can be made of the same. */
export function snowflakeType({ type, scale }: SnowflakeColumn): string {
  const name = type.toUpperCase();
  return name === 'FIXED' ? `NUMBER(38,${scale})` : name;
}

/** How times are written so that they can be read again, to the nanosecond. */
const formats: Record<string, string> = {
  DATE: 'YYYY-MM-DD',
  TIME: 'HH24:MI:SS.FF9',
  TIMESTAMP_NTZ: 'YYYY-MM-DD HH24:MI:SS.FF9',
  TIMESTAMP_LTZ: 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM',
  TIMESTAMP_TZ: 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM',
};

function literal(text: string, type: string): string {
  const format = formats[type];
  if (format !== undefined) return `TO_${type}(${quoteSnowflakeText(text)}, '${format}')`;
  if (type === 'REAL') return `CAST(${quoteSnowflakeText(text)} AS FLOAT)`;
  return type === 'TEXT' ? quoteSnowflakeText(text) : `CAST(${quoteSnowflakeText(text)} AS ${type})`;
}

/** A backslash begins an escape in texts. */
function quoteSnowflakeText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function holds(type: string): Holds | undefined {
  if (type === 'BINARY') return 'bytes';
  return /^(?:TEXT|REAL|VARIANT|ARRAY|NUMBER\(.*\))$/.test(type) ? 'identifiers' : undefined;
}

/** Times so that they can be read again; bytes as UTF-8, or as hex where they are not. */
function keyText(value: string, type: string): string | undefined {
  const format = formats[type];
  if (format !== undefined) return `TO_VARCHAR(${value}, '${format}')`;
  if (type === 'BOOLEAN') return `TO_VARCHAR(${value})`;
  if (type === 'BINARY') return `COALESCE(TRY_HEX_DECODE_STRING(HEX_ENCODE(${value})), HEX_ENCODE(${value}))`;
  return holds(type) === undefined || type === 'ARRAY' ? undefined : scalarText(value, type);
}

/** Numbers as `numberText` writes them. */
function scalarText(value: string, type: string): string {
  if (type.startsWith('NUMBER')) return withoutZeros(`TO_VARCHAR(${value})`);
  if (type === 'REAL') return doubleText(value);
  return type === 'VARIANT' ? variantScalarText(value) : value;
}

function doubleText(value: string): string {
  return `CASE WHEN ${value} = 'NaN'::FLOAT THEN NULL WHEN ${value} = TRUNC(${value}) AND ABS(${value}) < 1e18 THEN TO_VARCHAR(${value}::NUMBER(38,0)) ELSE TO_VARCHAR(${value}) END`;
}

function withoutZeros(text: string): string {
  return `REGEXP_REPLACE(${text}, '[.]0+$', '')`;
}

const separator = `CHR(${elementSeparator.charCodeAt(0)})`;

/** With a lambda: subqueries over the elements of a row are not supported everywhere. */
function joinElements(list: string, map: MapText): string {
  const text = map(variantScalarText('e'));
  const escaped = `REPLACE(COALESCE(${text}, ''), ${separator}, CHR(${separatorStandIn.charCodeAt(0)}))`;
  return `NULLIF(ARRAY_TO_STRING(TRANSFORM(${list}, e VARIANT -> ${escaped}), ${separator}), '')`;
}

/**
 * Only texts, numbers and truth values as they are. IS_DECIMAL is true of integers as well, and IS_DOUBLE of all numbers.
 * Objects, arrays inside arrays, times and bytes become text that is rejected as any type.
 */
function variantScalarText(value: string): string {
  const cases = [
    `IS_VARCHAR(${value}) OR IS_BOOLEAN(${value}) THEN ${value}::VARCHAR`,
    `IS_DECIMAL(${value}) THEN ${withoutZeros(`${value}::VARCHAR`)}`,
    `IS_DOUBLE(${value}) THEN ${doubleText(`AS_DOUBLE(${value})`)}`,
    `IS_ARRAY(${value}) THEN '[]'`,
    `${value} IS NULL OR IS_NULL_VALUE(${value}) THEN NULL`,
  ];
  return `CASE ${cases.map((line) => `WHEN ${line}`).join(' ')} ELSE '{}' END`;
}

function variantText(column: string, map: MapText): string {
  const many = joinElements(`AS_ARRAY(${column})`, map);
  return `CASE WHEN IS_ARRAY(${column}) THEN ${many} ELSE NULLIF(${map(variantScalarText(column))}, '') END`;
}
