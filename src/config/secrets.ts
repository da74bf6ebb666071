import { secretSourceFields } from '../sources/config.ts';
import { type Json, type Path, pathText } from './references.ts';
import { configSchema } from './schema.ts';

/*
 * Which texts of a configuration are secrets, before it is known to be valid.
 */

const secretKeys = ['accessKey', 'secretKey'];

/** A secret may stand in its neighbour's place, so nothing of the connection is ever shown, nor a file of one value. */
const alwaysHidden = [
  '',
  'connection',
  ...Object.keys(configSchema.shape.connection.shape).map((key) => `connection.${key}`),
];

/** Paths of what is never shown: also all of a source that logs in, and SQL, which may name a person. */
export function hiddenPaths(written: Json): string[] {
  const ofSources = sourcesOf(written).flatMap(({ path, source }) => {
    const logsIn = secretSourceFields.some((field) => Object.hasOwn(source, field));
    const fields = logsIn ? Object.keys(source).filter((field) => field !== 'type') : ['query', 'table', 'where'];
    return fields.map((field) => pathText([...path, field]));
  });
  return [...alwaysHidden, ...ofSources];
}

/** Paths of the secrets that are written into the configuration and not referred to. */
export function inlineSecrets(written: Json): string[] {
  const connection = fieldOf(written, 'connection') ?? null;
  const own = secretKeys.filter((key) => isInline(fieldOf(connection, key))).map((key) => `connection.${key}`);
  const ofSources = sourcesOf(written).flatMap(({ path, source }) =>
    secretSourceFields
      .filter((field) => isInline(field === 'url' ? passwordIn(source[field]) : source[field]))
      .map((field) => pathText([...path, field])),
  );
  return [...own, ...ofSources];
}

function isInline(text: Json | undefined): boolean {
  return typeof text === 'string' && text !== '' && !/(?<!\$)\$\{/.test(text);
}

/** As it is written, between the user and the host. */
function passwordIn(url: Json | undefined): string | undefined {
  return typeof url === 'string' ? /^[^:/?#]+:\/\/[^/?#@:]*:([^@]*)@/.exec(url)?.[1] : undefined;
}

interface WrittenSource {
  path: Path;
  source: { [key: string]: Json };
}

function sourcesOf(written: Json): WrittenSource[] {
  const places: { path: Path; value: Json | undefined }[] = [
    { path: ['source'], value: fieldOf(written, 'source') },
    ...['syncs', 'suppress'].flatMap((list) => {
      const entries = fieldOf(written, list);
      if (!Array.isArray(entries)) return [];
      return entries.map((entry, index) => ({ path: [list, index, 'source'], value: fieldOf(entry, 'source') }));
    }),
  ];
  return places.flatMap(({ path, value }) => (isObject(value) ? [{ path, source: value }] : []));
}

function fieldOf(value: Json, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
