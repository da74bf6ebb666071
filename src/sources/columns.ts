import { SyncError } from '../errors.ts';
import { normaliseEmail } from '../identifiers/email.ts';
import { normaliseIfa } from '../identifiers/ifa.ts';
import { normaliseValue } from '../identifiers/value.ts';
import type { ColumnChoice } from './source.ts';

/**
 * Returns the positions of the wanted columns among the names of a source, in any case (an exact match wins). Throws
 * `source.column_missing`, which lists the columns.
 */
export function findColumns(available: readonly string[], wanted: ColumnChoice, label: string): number[] {
  const found = wanted.names.map((name) => findColumn(available, name, label));
  const present = found.filter((index) => index !== undefined);
  if (present.length === wanted.names.length || (wanted.required === 'any' && present.length > 0))
    return [...new Set(present)];
  const missing = wanted.names.filter((_name, index) => found[index] === undefined);
  throw new SyncError(
    'source.column_missing',
    `Found no column ${missing.join(wanted.required === 'any' ? ' or ' : ', ')} in ${label}; it has: ${listNames(available)}.`,
    'Correct the names in syncs[].columns (case does not matter).',
  );
}

/** Returns the position of the column that a setting names. */
export function findNamedColumn(
  { label, columns }: { label: string; columns: readonly { name: string }[] },
  name: string,
  setting: string,
): number {
  const available = columns.map((column) => column.name);
  const index = findColumn(available, name, label);
  if (index !== undefined) return index;
  throw new SyncError(
    'source.column_missing',
    `Found no column ${name} in ${label}; it has: ${listNames(available)}.`,
    `Correct the name in ${setting} (case does not matter).`,
  );
}

function findColumn(available: readonly string[], name: string, label: string): number | undefined {
  const exact = available.indexOf(name);
  const matches = available.flatMap((other, index) => (other.toLowerCase() === name.toLowerCase() ? [index] : []));
  const exactOnce = exact >= 0 && available.lastIndexOf(name) === exact;
  if (exactOnce || matches.length <= 1) return exactOnce ? exact : matches[0];
  throw new SyncError(
    'source.column_missing',
    `Found ${matches.length} columns named ${name} in ${label}, so the name is ambiguous.`,
    'Give the columns distinct names, or select one of them by a query.',
  );
}

/** Tells whether a header cell is an identifier. Then the file has no header. */
export function isIdentifierLike(cell: string): boolean {
  const value = normaliseValue(cell);
  if (/^[0-9a-f]{64}$/i.test(value)) return true;
  if ('text' in normaliseEmail(value) || 'text' in normaliseIfa(value)) return true;
  const digits = value.replace(/\D/g, '').length;
  return /^[+\d\s().-]+$/.test(value) && digits >= 9 && digits <= 15;
}

/** Lists names for a message. Names that may be identifiers (with an "@" or many digits) are not shown. */
function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, 50)
    .map((name) => (/@|(?:\d[^\da-z]{0,2}){7}|(?:[0-9a-f]-?){32}/i.test(name) ? '(not shown)' : name));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return shown.length === 0 ? 'no columns' : `${shown.join(', ')}${more}`;
}
