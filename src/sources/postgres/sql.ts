import { elementSeparator, type Holds, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** PostgreSQL's SQL; types as `format_type` names them. */
export const postgresSql: SqlEngine = {
  dialect: 'postgres',
  holds: (type) => holds(elementOf(type) ?? type),
  bytesAsText: (column) => [`encode(${column}, 'hex')`, `convert_from(${column}, 'UTF8')`],
  columnText(column, type, map) {
    if (isJson(type)) return { sql: jsonText(column, map), isList: true };
    const element = elementOf(type);
    if (element === undefined) return { sql: `nullif(${map(scalarText(column, type))}, '')`, isList: false };
    const text = isJson(element) ? jsonScalarText('e::jsonb') : scalarText('e', element);
    return { sql: joinElements(`unnest(${column}) AS u(e)`, map(text)), isList: true };
  },
  scalarText: (column, type) => (/\]$|^record$|^jsonb?$/.test(type) ? undefined : scalarText(column, type)),
  literal: (text, type) => `CAST(${quoteText(text)} AS ${type})`,
};

/** Redshift's, which differs in how it hashes; it has no lists. */
export const redshiftSql: SqlEngine = {
  ...postgresSql,
  dialect: 'redshift',
  bytesAsText: (column) => [`lower(to_hex(${column}))`, `from_varbyte(${column}, 'utf-8')`],
};

const identifierTypes = new Set([
  ...['text', 'character varying', 'character', 'bpchar', 'name', 'citext', '"char"', 'unknown'],
  ...['smallint', 'integer', 'bigint', 'double precision', 'numeric', 'json', 'jsonb'],
]);

function holds(type: string): Holds | undefined {
  if (type === 'uuid') return 'uuids';
  if (/^(?:bytea|binary varying|varbyte)$/.test(type)) return 'bytes';
  return identifierTypes.has(type) ? 'identifiers' : undefined;
}

/** The type of the elements of an array type. */
function elementOf(type: string): string | undefined {
  return /^(.*)\[\]$/s.exec(type)?.[1];
}

function isJson(type: string): boolean {
  return type === 'json' || type === 'jsonb';
}

/** Numbers as `numberText` writes them. */
function scalarText(value: string, type: string): string {
  if (type === 'bytea') return `convert_from(${value}, 'UTF8')`;
  if (type === 'double precision' || type === 'real')
    return `CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e18 THEN ${value}::bigint::text ELSE nullif(${value}::text, 'NaN') END`;
  if (type === 'numeric') return `nullif(regexp_replace(${value}::text, '[.]0+$', ''), 'NaN')`;
  return `${value}::text`;
}

const separator = `chr(${elementSeparator.charCodeAt(0)})`;

function joinElements(elements: string, text: string): string {
  const escaped = `replace(coalesce(${text}, ''), ${separator}, chr(${separatorStandIn.charCodeAt(0)}))`;
  return `nullif(array_to_string(ARRAY(SELECT ${escaped} FROM ${elements}), ${separator}), '')`;
}

/**
 * One value of type jsonb, which writes numbers without an exponent. Objects, and arrays inside arrays, become text that
 * is rejected as any type.
 */
function jsonScalarText(value: string): string {
  const text = `${value} #>> '{}'`;
  return `CASE jsonb_typeof(${value}) WHEN 'number' THEN regexp_replace(${text}, '[.]0+$', '') WHEN 'object' THEN '{}' WHEN 'array' THEN '[]' ELSE ${text} END`;
}

function jsonText(column: string, map: MapText): string {
  const value = `${column}::jsonb`;
  const many = joinElements(`jsonb_array_elements(${value}) AS u(e)`, map(jsonScalarText('e')));
  return `CASE jsonb_typeof(${value}) WHEN 'array' THEN ${many} ELSE nullif(${map(jsonScalarText(value))}, '') END`;
}
