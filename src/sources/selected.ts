/** What an SQL source is told to read: a query, or a table and perhaps a condition. */
export interface Selected {
  query?: string | undefined;
  table?: string | undefined;
  where?: string | undefined;
}

/** The SELECT that reads it, and how to call it in messages: never by its text, which may hold a person's data. */
export function selectedRows({ query, table, where }: Selected): { select: string; where: string } {
  if (query !== undefined) return { select: withoutEnd(query), where: 'the query' };
  const condition = where === undefined ? '' : ` WHERE (\n${where}\n)`;
  return { select: `SELECT * FROM ${table}${condition}`, where: `the table ${table}` };
}

/** The semicolon at the end, with blanks and comments behind it, as far as there is no quote that it could stand in. */
const end = /;(?:[\s;]|--[^\n'"`]*(?:\n|$)|\/\*[^'"`]*?\*\/)*$/;

/** Without what ends a statement; what follows goes on a line of its own, so that a comment at the end does no harm. */
function withoutEnd(query: string): string {
  return query.replace(end, '').trimEnd();
}

/** As a FROM item. */
export function fromSelected(select: string): string {
  return `(\n${select}\n) AS source_rows`;
}
