import { elementSeparator, type MapText, type SqlEngine, separatorStandIn } from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** PostgreSQL's SQL; types as `format_type` names them. */
export const postgresSql: SqlEngine = {
  dialect: 'postgres',
  columnText(column, type, map) {
    if (type === 'json' || type === 'jsonb') return { sql: jsonText(column, map), isList: true };
    const element = /^(.*)\[\]$/s.exec(type)?.[1];
    const sql = element === undefined ? scalarText(column, type) : scalarText('e', element);
    if (sql === undefined) return undefined;
    if (element === undefined) return { sql: `nullif(${map(sql)}, '')`, isList: false };
    return { sql: joinElements(`unnest(${column}) AS u(e)`, map(sql)), isList: true };
  },
  scalarText,
  literal: (text, type) => `CAST(${quoteText(text)} AS ${type})`,
};

/** Redshift's, which differs in how it hashes; it has no lists. */
export const redshiftSql: SqlEngine = { ...postgresSql, dialect: 'redshift' };

/** Integral numbers, also of floating or decimal type, as their plain digits; NaN as nothing. */
function scalarText(value: string, type: string): string | undefined {
  if (/\]$|^record$|^jsonb?$/.test(type)) return undefined;
  if (type === 'bytea') return `convert_from(${value}, 'UTF8')`;
  if (type === 'double precision' || type === 'real')
    return `CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e18 THEN ${value}::bigint::text ELSE nullif(${value}::text, 'NaN') END`;
  if (type === 'numeric') return `regexp_replace(${value}::text, '[.]0+$', '')`;
  return `${value}::text`;
}

const separator = `chr(${elementSeparator.charCodeAt(0)})`;

function joinElements(elements: string, text: string): string {
  const escaped = `replace(coalesce(${text}, ''), ${separator}, chr(${separatorStandIn.charCodeAt(0)}))`;
  return `nullif(array_to_string(ARRAY(SELECT ${escaped} FROM ${elements}), ${separator}), '')`;
}

/** Objects, and arrays inside arrays, become text that is rejected as any type. */
function jsonText(column: string, map: MapText): string {
  const value = `${column}::jsonb`;
  const many = joinElements(`jsonb_array_elements_text(${value}) AS u(e)`, map('e'));
  return `CASE jsonb_typeof(${value}) WHEN 'array' THEN ${many} ELSE nullif(${map(`${value} #>> '{}'`)}, '') END`;
}
