import mysql, { type FieldPacket } from 'mysql2';
import type { SqlEngine } from '../select.ts';
import { quoteText } from '../sqlText.ts';

/** SQL of MySQL and MariaDB; types as `mysqlType` names them. There are no lists. */
export const mysqlSql: SqlEngine = {
  dialect: 'mysql',
  columnText(column, type, map) {
    const sql = scalarText(column, type);
    return sql === undefined ? undefined : { sql: `nullif(${map(sql)}, '')`, isList: false };
  },
  scalarText,
  literal: (text) => quoteMysqlText(text),
};

export function quoteMysqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Whatever the server takes a backslash for. */
function quoteMysqlText(text: string): string {
  return text.includes('\\') ? `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)` : quoteText(text);
}

/** What a column of a result is, as far as it decides how it is read as text. */
export function mysqlType({ columnType }: FieldPacket): string {
  switch (columnType) {
    case mysql.Types.GEOMETRY:
      return 'geometry';
    case mysql.Types.FLOAT:
    case mysql.Types.DOUBLE:
      return 'double';
    case mysql.Types.DECIMAL:
    case mysql.Types.NEWDECIMAL:
      return 'decimal';
    case mysql.Types.JSON:
      return 'json';
    default:
      return 'text';
  }
}

/** Integral numbers, also of floating or decimal type, as their plain digits; bytes as UTF-8. */
function scalarText(value: string, type: string): string | undefined {
  switch (type) {
    case 'geometry':
      return undefined;
    case 'double':
      return `CASE WHEN ${value} = truncate(${value}, 0) AND abs(${value}) < 1e18 THEN CAST(CAST(${value} AS SIGNED) AS CHAR) ELSE CAST(${value} AS CHAR) END`;
    case 'decimal':
      return `regexp_replace(CAST(${value} AS CHAR), '[.]0+$', '')`;
    case 'json':
      return `json_unquote(${value})`;
    default:
      return `CONVERT(${value} USING utf8mb4)`;
  }
}
