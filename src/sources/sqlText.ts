/** SQL text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** SQL literal of the path of one file, whose name may hold what stands for other characters in a glob. */
export function quotePath(path: string): string {
  return quoteText(path.replace(/[*?[]/g, '[$&]'));
}

/** How a reader is told of one text file: compressed as its ending says, and no columns from the names of folders. */
export function textFileArguments(path: string): string {
  const ending = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase();
  const compression = ending === undefined ? '' : `, compression = '${ending === 'gz' ? 'gzip' : 'zstd'}'`;
  return `${quotePath(path)}${compression}, hive_partitioning = false`;
}

/** SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Separates the elements of a list within a cell on its way out of DuckDB (ASCII record separator). */
export const elementSeparator = '\x1e';

/** Stands in for the separator where a list's element holds it; it is no part of any identifier either. */
const separatorStandIn = '\x01';

export interface ColumnText {
  /** SQL that gives the cell as text, null for nothing. */
  sql: string;
  /** Whether cells may hold several elements, parted by `elementSeparator`. */
  isList: boolean;
}

/**
 * How a column of a DuckDB type is read as text: integral numbers, also of floating or decimal type, as their plain
 * digits; NaN (how pandas writes a missing number) as nothing; JSON strings without quotes; lists element by element.
 * Undefined for types that hold no text, such as STRUCT.
 */
export function columnText(name: string, type: string): ColumnText | undefined {
  const column = quoteName(name);
  if (type === 'JSON') return { sql: jsonText(column), isList: true };
  const element = /^(.*)\[\d*\]$/s.exec(type)?.[1];
  if (element === undefined) {
    const sql = scalarText(column, type);
    return sql === undefined ? undefined : { sql: `nullif(${sql}, '')`, isList: false };
  }
  const sql = element === 'JSON' ? jsonScalarText('e') : scalarText('e', element);
  return sql === undefined ? undefined : { sql: joinElements(`${column}::${element}[]`, sql), isList: true };
}

/** The same of a column whose cells hold one value each; undefined for all others. */
export function scalarColumnText(name: string, type: string): string | undefined {
  const sql = type === 'JSON' ? jsonScalarText(quoteName(name)) : scalarText(quoteName(name), type);
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

function jsonText(column: string): string {
  const many = joinElements(`${column}::JSON[]`, jsonScalarText('e'));
  const one = `replace(${jsonScalarText(column)}, ${quoteText(elementSeparator)}, ${quoteText(separatorStandIn)})`;
  return `CASE json_type(${column}) WHEN 'ARRAY' THEN ${many} ELSE nullif(${one}, '') END`;
}
