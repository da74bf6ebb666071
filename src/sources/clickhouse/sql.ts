import { elementSeparator, type SqlEngine, separatorStandIn } from '../select.ts';

/** ClickHouse's SQL; types as the server names them. */
export const clickhouseSql: SqlEngine = {
  dialect: 'clickhouse',
  columnText(column, type, map) {
    const element = /^Array\((.*)\)$/s.exec(type)?.[1];
    const sql = scalarText(element === undefined ? column : 'e', element ?? type);
    if (sql === undefined) return undefined;
    if (element === undefined) return { sql: `nullIf(${map(sql)}, '')`, isList: false };
    return { sql: joinElements(column, map(sql)), isList: true };
  },
  scalarText,
  literal: (text, type) => `CAST(${quoteClickhouseText(text)} AS ${innerType(type)})`,
};

/** A backslash begins an escape in names and texts. */
export function quoteClickhouseName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

function quoteClickhouseText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Without what is only about how the values are kept. */
function innerType(type: string): string {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$|^SimpleAggregateFunction\([^,]*, (.*)\)$/s.exec(type);
  return inner === null ? type : innerType(inner[1] ?? inner[2]!);
}

const textTypes =
  /^(?:String|FixedString|Enum8|Enum16|UUID|U?Int\d+|Float32|Float64|BFloat16|Decimal\d*|Bool|Date|Date32|DateTime|DateTime64|Time|Time64|IPv4|IPv6|Nothing)(?:\(|$)/;

/** Integral numbers, also of decimal type, as their plain digits; NaN as nothing; fixed texts without their padding. */
function scalarText(value: string, type: string): string | undefined {
  const inner = innerType(type);
  if (!textTypes.test(inner)) return undefined;
  if (inner === 'String') return value;
  if (inner.startsWith('FixedString')) return `toStringCutToZero(${value})`;
  if (/Float/.test(inner)) return `nullIf(toString(${value}), 'nan')`;
  if (inner.startsWith('Decimal')) return `replaceRegexpOne(toString(${value}), '[.]0+$', '')`;
  return `toString(${value})`;
}

const separator = `char(${elementSeparator.charCodeAt(0)})`;

function joinElements(list: string, elementText: string): string {
  const escaped = `replaceAll(ifNull(${elementText}, ''), ${separator}, char(${separatorStandIn.charCodeAt(0)}))`;
  return `nullIf(arrayStringConcat(arrayMap(e -> ${escaped}, ${list}), ${separator}), '')`;
}
