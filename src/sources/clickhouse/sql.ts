import { elementSeparator, type Holds, type SqlEngine, separatorStandIn } from '../select.ts';

/** ClickHouse's SQL. Types have the server's names. */
export const clickhouseSql: SqlEngine = {
  dialect: 'clickhouse',
  holds: (type) => holds(innerType(elementOf(type) ?? type)),
  bytesAsText: (column) => [`lower(hex(${column}))`, column],
  columnText(column, type, map) {
    const element = elementOf(type);
    if (element === undefined) return { sql: `nullIf(${map(scalarText(column, type))}, '')`, isList: false };
    return { sql: joinElements(column, map(scalarText('e', element))), isList: true };
  },
  scalarText: (column, type) => (scalarTypes.test(innerType(type)) ? scalarText(column, type) : undefined),
  literal: (text, type) => `CAST(${quoteClickhouseText(text)} AS ${innerType(type)})`,
};

/** A backslash begins an escape in names and texts. */
export function quoteClickhouseName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

function quoteClickhouseText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Returns a type without the wrappers that concern storage only. */
function innerType(type: string): string {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$|^SimpleAggregateFunction\([^,]*, (.*)\)$/s.exec(type);
  return inner === null ? type : innerType(inner[1] ?? inner[2]!);
}

/** Returns the type of the elements of an array type. */
function elementOf(type: string): string | undefined {
  return /^Array\((.*)\)$/s.exec(type)?.[1];
}

/** Dynamic is the type of a path of a JSON column. */
const identifierTypes = /^(?:String|FixedString|Enum8|Enum16|U?Int\d+|Float64|Decimal\d*|Dynamic|Nothing)(?:\(|$)/;

/** Types that keys and cursors may have. */
const scalarTypes =
  /^(?:String|FixedString|Enum8|Enum16|UUID|U?Int\d+|Float32|Float64|BFloat16|Decimal\d*|Bool|Date|Date32|DateTime|DateTime64|Time|Time64|IPv4|IPv6|Nothing)(?:\(|$)/;

/** A String may hold any bytes, so no type holds bytes alone. */
function holds(type: string): Holds | undefined {
  if (type === 'UUID') return 'uuids';
  return identifierTypes.test(type) ? 'identifiers' : undefined;
}

/** Writes numbers as `numberText` does, and fixed texts without their padding. */
function scalarText(value: string, type: string): string {
  const inner = innerType(type);
  if (inner === 'String') return value;
  if (inner.startsWith('FixedString')) return `toStringCutToZero(${value})`;
  if (/Float/.test(inner)) return `nullIf(toString(${value}), 'nan')`;
  if (inner.startsWith('Decimal')) return `replaceRegexpOne(toString(${value}), '[.]0+$', '')`;
  return inner.startsWith('Dynamic') ? dynamicText(value) : `toString(${value})`;
}

/** Keeps texts and numbers. Everything else becomes text that every identifier type rejects. */
function dynamicText(value: string): string {
  const type = `dynamicType(${value})`;
  const double = `nullIf(toString(dynamicElement(${value}, 'Float64')), 'nan')`;
  return `multiIf(${type} = 'None', NULL, ${type} = 'Float64', ${double}, match(${type}, '^(String|U?Int[0-9]+)$'), toString(${value}), '{}')`;
}

const separator = `char(${elementSeparator.charCodeAt(0)})`;

function joinElements(list: string, elementText: string): string {
  const escaped = `replaceAll(ifNull(${elementText}, ''), ${separator}, char(${separatorStandIn.charCodeAt(0)}))`;
  return `nullIf(arrayStringConcat(arrayMap(e -> ${escaped}, ${list}), ${separator}), '')`;
}
