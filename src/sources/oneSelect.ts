import { SyncError } from '../errors.ts';

/** Behind comments and parentheses. Where a query stands in the place of a table, the server refuses all else. */
export function beginsAsSelect(statement: string): boolean {
  return /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:SELECT|WITH|VALUES)\b/i.test(statement);
}

export function notOneSelect(): SyncError {
  return new SyncError(
    'source.not_select',
    'The query must be one SELECT; it is something else, and was not run.',
    'Write one SELECT (WITH … SELECT is fine).',
  );
}
