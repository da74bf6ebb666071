import { SyncError } from '../errors.ts';

/**
 * Tells whether a statement begins as a SELECT, after comments and parentheses. In the place of a table, the server
 * refuses any other query.
 */
export function beginsAsSelect(statement: string): boolean {
  return /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:SELECT|WITH|VALUES)\b/i.test(statement);
}

/** `fault` is a clause about the query. `permitted` is a sentence about a permitted SELECT. */
export function notOneSelect(fault = 'it is another statement', permitted = 'It may begin with WITH.'): SyncError {
  return new SyncError(
    'source.not_select',
    `The query was not run: it must be one SELECT, but ${fault}.`,
    `Write one SELECT in source.query. ${permitted}`,
  );
}
