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

/** A semicolon with nothing but blanks and comments behind it. */
const semicolonAtEnd = /;(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;

/** Without what ends a statement; what follows goes on a line of its own, so that a comment at the end does no harm. */
function withoutEnd(query: string): string {
  const before = query.slice(0, semicolonAtEnd.exec(query)?.index);
  // One that stands in a text is not the end: "SELECT 'a; -- b'".
  const isInText = ["'", '"', '`'].some((quote) => before.split(quote).length % 2 === 0);
  return (isInText ? query.replace(/[\s;]+$/, '') : before).trimEnd();
}

/** As a FROM item. */
export function fromSelected(select: string): string {
  return `(\n${select}\n) AS source_rows`;
}
