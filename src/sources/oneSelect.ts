import { SyncError } from '../errors.ts';

/**
 * Tells whether a statement begins as a SELECT, after comments and parentheses. In the place of a table, the server
 * refuses any other query.
 */
export function beginsAsSelect(statement: string): boolean {
  return /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:SELECT|WITH|VALUES)\b/i.test(statement);
}

/** `kind` is the kind of the statement, if known. `fine` lists other permitted beginnings. */
export function notOneSelect(kind = 'something else', fine = 'WITH … SELECT is fine'): SyncError {
  return new SyncError(
    'source.not_select',
    `The query must be one SELECT; it is ${kind}, and was not run.`,
    `Write one SELECT (${fine}).`,
  );
}
