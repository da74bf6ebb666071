import { z } from 'zod';

/** Fields of every SQL source: a query, or a table with an optional condition. */
export const selectedFields = {
  query: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Query',
    description: 'One SELECT statement. Either query or table is required.',
  }),
  table: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Table',
    description: 'A table or view, written as in SQL (schema.table, quoted if the engine requires it).',
  }),
  where: z.string().regex(/\S/, 'must not be empty').optional().meta({
    title: 'Where',
    description: 'An SQL condition that the rows of the table must meet. Only with table.',
  }),
} as const;

export type Selected = z.output<z.ZodObject<typeof selectedFields>>;

/** Reports fields that are missing or cannot be combined. */
export function checkSelected({ query, table, where }: Selected, context: z.core.$RefinementCtx): void {
  if (query === undefined && table === undefined)
    context.addIssue({ code: 'custom', path: ['query'], message: 'is required unless table is given' });
  if (query !== undefined && table !== undefined)
    context.addIssue({ code: 'custom', path: ['table'], message: 'cannot be combined with query' });
  if (query !== undefined && where !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['where'],
      message: 'cannot be combined with query; write the condition into the query',
    });
}

/** A place in a text. Both numbers count from 1. */
export interface Position {
  line: number;
  /** Undefined if only the line is known. */
  column?: number | undefined;
}

/** The SELECT of a source and its names in messages. No name quotes a query, whose text may hold a person's data. */
export interface SelectedRows {
  select: string;
  /** "the query" or "the table customers" */
  label: string;
  /** The tables that it reads: "an object named in the query" or "the table customers" */
  objects: string;
  /** The fields of the configuration that it comes from: "source.query" */
  fields: string;
  /**
   * Returns the place of a position in `select` within the configured query or condition: "line 2, column 5 of
   * source.query". Undefined for a position in the table's name.
   */
  placeOf(position: Position): string | undefined;
}

export function selectedRows({ query, table, where }: Selected): SelectedRows {
  if (query !== undefined) {
    const select = withoutEnd(query);
    return {
      select,
      label: 'the query',
      objects: 'an object named in the query',
      fields: 'source.query',
      placeOf: (position) => placeIn(select, 'source.query', position),
    };
  }
  const label = `the table ${table}`;
  if (where === undefined)
    return {
      select: `SELECT * FROM ${table}`,
      label,
      objects: label,
      fields: 'source.table',
      placeOf: () => undefined,
    };
  const start = `SELECT * FROM ${table} WHERE (\n`;
  const linesBefore = start.split('\n').length - 1;
  return {
    select: `${start}${where}\n)`,
    label,
    objects: `${label} or an object named in its condition`,
    fields: 'source.table or source.where',
    placeOf: ({ line, column }) => placeIn(where, 'source.where', { line: line - linesBefore, column }),
  };
}

function placeIn(text: string, field: string, { line, column }: Position): string | undefined {
  if (line < 1) return undefined;
  // A text that ends too early makes the engine complain about the SQL that follows it.
  if (line > text.split('\n').length) return `the end of ${field}`;
  return `line ${line}${column === undefined ? '' : `, column ${column}`} of ${field}`;
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

/** Wraps a SELECT as a FROM item. The SELECT begins on a line of its own. */
export function fromSelected(select: string): string {
  return `(\n${select}\n) AS source_rows`;
}

/** Returns the position in a SELECT of a position in a statement that reads from it by `fromSelected`. */
export function positionInSelected({ line, column }: Position): Position {
  return { line: line - 1, column };
}

/** Returns the position behind a text. Columns count code points. */
export function positionBehind(text: string): Position {
  const lines = text.split('\n');
  return { line: lines.length, column: [...lines.at(-1)!].length + 1 };
}
