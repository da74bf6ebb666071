import { SyncError } from '../errors.ts';

/** Behind comments and parentheses. Where a query stands in the place of a table, the server refuses all else. */
export function beginsAsSelect(statement: string): boolean {
  return /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:SELECT|WITH|VALUES)\b/i.test(statement);
}

/** `what` it is, as far as that is known, and which other beginnings are `fine`. */
export function notOneSelect(what = 'something else', fine = 'WITH … SELECT is fine'): SyncError {
  return new SyncError(
    'source.not_select',
    `The query must be one SELECT; it is ${what}, and was not run.`,
    `Write one SELECT (${fine}).`,
  );
}
