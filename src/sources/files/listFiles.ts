import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SyncError, systemErrorCode } from '../../errors.ts';
import { unreadable } from './compression.ts';

/**
 * Lists the files that `source.path` names, in the order of their names: one file, or all that match a glob (`*`, `?`,
 * `[a-z]`, and `**` for folders at any depth). Throws when there is none, and when a folder that may hold some cannot be
 * listed or a match cannot be read to an end: a missing file would be missing people.
 */
export async function listFiles(path: string): Promise<string[]> {
  const named = await statOf(path);
  if (named !== undefined && !named.isDirectory()) return [checkRegular(path, named)];
  const segments = path.split('/').flatMap((segment, index, all) => {
    const isLast = index === all.length - 1;
    return segment === '**' && isLast ? ['**', '*'] : segment === '' && index > 0 ? [] : [segment];
  });
  const files = named === undefined ? await findMatches('', segments) : [];
  if (files.length > 0) return [...new Set(files)].sort();
  const hint =
    named === undefined
      ? `Check source.path. A relative path starts at the working directory, ${resolve('.')}.`
      : `Name the files in it, for example ${path.replace(/\/+$/, '')}/*.parquet.`;
  const reason = named === undefined ? '' : ', because it is a folder';
  throw new SyncError('source.not_found', `No file matches source.path ${path}${reason}.`, hint);
}

/** The files below `folder`, which is empty or ends with a slash, that match a path of these segments. */
async function findMatches(folder: string, [segment, ...others]: readonly string[]): Promise<string[]> {
  if (segment === undefined) return [];
  if (segment === '**') {
    const deeper = (await entriesOf(folder)).filter((entry) => entry.isDirectory() && entry.name !== 'lost+found');
    const below = await mapAll(deeper, ({ name }) => findMatches(`${folder}${name}/`, ['**', ...others]));
    return [...(await findMatches(folder, others)), ...below];
  }
  const isGlob = /[*?[]/.test(segment);
  if (others.length > 0 && !isGlob) return findMatches(`${folder}${segment}/`, others);
  const matches = isGlob ? (await entriesOf(folder)).map(({ name }) => name).filter(matcherOf(segment)) : [segment];
  return mapAll(matches, async (name) => {
    const path = `${folder}${name}`;
    const stats = await statOf(path);
    if (stats?.isDirectory()) return findMatches(`${path}/`, others);
    if (others.length > 0) return [];
    if (stats !== undefined) return [checkRegular(path, stats)];
    if (isGlob) throw unreadable(path, { code: 'ENOENT' });
    return [];
  });
}

async function mapAll<T>(items: readonly T[], map: (item: T) => Promise<string[]>): Promise<string[]> {
  const results: string[] = [];
  for (const item of items) results.push(...(await map(item)));
  return results;
}

/** Lists a folder. A folder that does not exist has no entries. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder || '.', { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder || '.', error);
  }
}

/** Follows links; undefined where there is nothing. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
}

/** Tells the names that match a segment of a glob. */
function matcherOf(segment: string): (name: string) => boolean {
  const pattern = segment.replace(/\[(!?)([^\]]+)\]|[*?]|[^\w]/gu, (part, not?: string, set?: string) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
    return part === '*' ? '.*' : part === '?' ? '.' : `\\u{${part.codePointAt(0)!.toString(16)}}`;
  });
  const regex = new RegExp(`^${pattern}$`, 'su');
  return (name) => regex.test(name);
}

/** Refuses a pipe, a socket or a device: reading it may never end, and it cannot be read twice. */
function checkRegular(path: string, stats: Stats): string {
  if (stats.isFile()) return path;
  const kind = stats.isFIFO() ? 'a named pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw new SyncError(
    'source.unreadable',
    `Cannot read ${path}: it is ${kind}, not a file.`,
    'Write the data to a file, or pipe it into the command and use a source of type stdin.',
  );
}
