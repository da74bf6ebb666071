import { elementSeparator, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';

/** A column of a result, as the server describes it. */
export interface SnowflakeColumn {
  name: string;
  type: string;
  scale: number;
}

/** Snowflake's SQL; types as `snowflakeType` names them. */
export const snowflakeSql: SqlEngine = {
  dialect: 'snowflake',
  columnText(column, type, map) {
    if (type === 'ARRAY') return { sql: joinElements(column, map), isList: true };
    if (type === 'VARIANT') return { sql: variantText(column, map), isList: true };
    const sql = scalarText(column, type);
    return sql === undefined ? undefined : { sql: `NULLIF(${map(sql)}, '')`, isList: false };
  },
  scalarText,
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

/** Integral numbers, also of floating or decimal type, as their plain digits; NaN as nothing; bytes as UTF-8, or hex where they are not. */
function scalarText(value: string, type: string): string | undefined {
  const format = formats[type];
  if (format !== undefined) return `TO_VARCHAR(${value}, '${format}')`;
  if (type.startsWith('NUMBER')) return `REGEXP_REPLACE(TO_VARCHAR(${value}), '[.]0+$', '')`;
  switch (type) {
    case 'TEXT':
      return value;
    case 'BOOLEAN':
      return `TO_VARCHAR(${value})`;
    case 'BINARY':
      return `COALESCE(TRY_HEX_DECODE_STRING(HEX_ENCODE(${value})), HEX_ENCODE(${value}))`;
    case 'REAL':
      return `CASE WHEN ${value} = 'NaN'::FLOAT THEN NULL WHEN ${value} = TRUNC(${value}) AND ABS(${value}) < 1e18 THEN TO_VARCHAR(${value}::NUMBER(38,0)) ELSE TO_VARCHAR(${value}) END`;
    case 'VARIANT':
      return variantScalarText(value);
    default:
      return undefined;
  }
}

const separator = `CHR(${elementSeparator.charCodeAt(0)})`;

/** With a lambda: subqueries over the elements of a row are not supported everywhere. */
function joinElements(list: string, map: MapText): string {
  const text = map(variantScalarText('e'));
  const escaped = `REPLACE(COALESCE(${text}, ''), ${separator}, CHR(${separatorStandIn.charCodeAt(0)}))`;
  return `NULLIF(ARRAY_TO_STRING(TRANSFORM(${list}, e VARIANT -> ${escaped}), ${separator}), '')`;
}

/** Objects, and arrays inside arrays, become text that is rejected as any type. */
function variantScalarText(value: string): string {
  return `CASE WHEN IS_OBJECT(${value}) THEN '{}' WHEN IS_ARRAY(${value}) THEN '[]' ELSE ${value}::VARCHAR END`;
}

function variantText(column: string, map: MapText): string {
  const many = joinElements(`AS_ARRAY(${column})`, map);
  return `CASE WHEN IS_ARRAY(${column}) THEN ${many} ELSE NULLIF(${map(variantScalarText(column))}, '') END`;
}
