import { z } from 'zod';

/** Fields of every SQL source: a query, or a table with an optional condition. */
export const selectedFields = {
  query: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Query',
    description: 'One SELECT statement. Either this or table.',
  }),
  table: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Table',
    description: 'A table or view, written as in SQL (schema.table, quoted where the engine wants it).',
  }),
  where: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Where',
    description: 'With table: an SQL condition that the rows must meet.',
  }),
} as const;

export type Selected = z.output<z.ZodObject<typeof selectedFields>>;

/** Reports fields that are missing or cannot be combined. */
export function checkSelected({ query, table, where }: Selected, context: z.core.$RefinementCtx): void {
  if (query === undefined && table === undefined)
    context.addIssue({ code: 'custom', path: ['query'], message: 'is needed, or table' });
  if (query !== undefined && table !== undefined)
    context.addIssue({ code: 'custom', path: ['table'], message: 'goes without query' });
  if (query !== undefined && where !== undefined)
    context.addIssue({ code: 'custom', path: ['where'], message: 'goes with table; a query has its own' });
}

/** Returns the SELECT and its label in messages. The label never quotes a query, whose text may hold a person's data. */
export function selectedRows({ query, table, where }: Selected): { select: string; label: string } {
  if (query !== undefined) return { select: withoutEnd(query), label: 'the query' };
  const condition = where === undefined ? '' : ` WHERE (\n${where}\n)`;
  return { select: `SELECT * FROM ${table}${condition}`, label: `the table ${table}` };
}

/** A semicolon followed only by blanks and comments. */
const semicolonAtEnd = /;(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;

/** Removes the end of a statement. A comment may remain at the end, so following text must begin on a new line. */
function withoutEnd(query: string): string {
  const before = query.slice(0, semicolonAtEnd.exec(query)?.index);
  // A semicolon inside a string literal does not end the statement: "SELECT 'a; -- b'".
  const isInText = ["'", '"', '`'].some((quote) => before.split(quote).length % 2 === 0);
  return (isInText ? query.replace(/[\s;]+$/, '') : before).trimEnd();
}

/** Wraps a SELECT as a FROM item. */
export function fromSelected(select: string): string {
  return `(\n${select}\n) AS source_rows`;
}
