import { SyncError } from '../errors.ts';

/**
 * Tells whether a statement begins as a SELECT, after comments and parentheses. In the place of a table, the server
 * refuses any other query.
 */
export function beginsAsSelect(statement: string): boolean {
  return /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:SELECT|WITH|VALUES)\b/i.test(statement);
}

/** `kind` is the kind of the statement, if known. `permitted` is a sentence about what a SELECT may contain. */
export function notOneSelect(kind = 'another statement', permitted = 'It may begin with WITH.'): SyncError {
  return new SyncError(
    'source.not_select',
    `The query was not run, because it must be one SELECT, and it is ${kind}.`,
    `Write one SELECT in source.query. ${permitted}`,
  );
}
