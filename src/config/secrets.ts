import { connectionName, isPresentableField, secretDestinationFields } from '../destinations/config.ts';
import { secretSourceFields } from '../sources/config.ts';
import { isObject, type Json, type Path, pathText } from './references.ts';

/*
 * The secrets of a configuration that may not be valid.
 */

/**
 * Returns the paths of values that are never shown. A secret may stand in the place of a field beside it. So fields of a
 * destination, and of a source with a login, are shown only if their text cannot be a secret. SQL is never shown, since
 * it may name a person, and neither is a text in place of a whole source or destination.
 */
export function hiddenPaths(written: Json): string[] {
  const ofDestinations = destinationsOf(written).flatMap(({ path, value }) => {
    const fields = Object.entries(isObject(value) ? value : {});
    const hidden = fields.filter(([field, text]) => !isPresentable(field, text) && !isPresentableField(field, text));
    return [path, ...hidden.map(([field]) => [...path, field])];
  });
  const ofSources = sourcesOf(written).flatMap(({ path, source }) => {
    const logsIn = secretSourceFields.some((field) => Object.hasOwn(source, field));
    const fields = logsIn ? Object.keys(source) : ['type', 'query', 'table', 'where'];
    return fields.filter((field) => !isPresentable(field, source[field])).map((field) => [...path, field]);
  });
  return [[], ['destinations'], ...sourcePlaces(written).map(({ path }) => path), ...ofDestinations, ...ofSources].map(
    pathText,
  );
}

/** A type in lower case with at most two digits is no secret: "postgresql", "s3". */
function isPresentable(field: string, text: Json | undefined): boolean {
  return field === 'type' && typeof text === 'string' && /^[A-Z]?[a-z_-]{1,19}\d{0,2}$/.test(text);
}

/** Returns the paths of secrets that are written into the configuration and not referred to. */
export function inlineSecrets(written: Json): string[] {
  const ofDestinations = destinationsOf(written).flatMap(({ path, value }) =>
    secretDestinationFields
      .filter((field) => isInline(fieldOf(value ?? null, field)))
      .map((field) => pathText([...path, field])),
  );
  const ofSources = sourcesOf(written).flatMap(({ path, source }) =>
    secretSourceFields
      .filter((field) => isInline(field === 'url' ? passwordIn(source[field]) : source[field]))
      .map((field) => pathText([...path, field])),
  );
  return [...ofDestinations, ...ofSources];
}

function isInline(text: Json | undefined): boolean {
  return typeof text === 'string' && text !== '' && !/(?<!\$)\$\{/.test(text);
}

/** Returns the password of a URL, between the user and the host, as it is written. */
function passwordIn(url: Json | undefined): string | undefined {
  return typeof url === 'string' ? /^[^:/?#]+:\/\/[^/?#@:]*:([^@]*)@/.exec(url)?.[1] : undefined;
}

interface Place {
  path: Path;
  value: Json | undefined;
}

function destinationsOf(written: Json): Place[] {
  const named = fieldOf(written, 'destinations');
  const entries = isObject(named) ? Object.entries(named) : [];
  return [
    { path: [connectionName], value: fieldOf(written, connectionName) },
    ...entries.map(([name, value]) => ({ path: ['destinations', name], value })),
  ];
}

interface WrittenSource {
  path: Path;
  source: { [key: string]: Json };
}

function sourcesOf(written: Json): WrittenSource[] {
  return sourcePlaces(written).flatMap(({ path, value }) => (isObject(value) ? [{ path, source: value }] : []));
}

function sourcePlaces(written: Json): Place[] {
  return [
    { path: ['source'], value: fieldOf(written, 'source') },
    ...['syncs', 'suppress'].flatMap((list) => {
      const entries = fieldOf(written, list);
      if (!Array.isArray(entries)) return [];
      return entries.map((entry, index) => ({ path: [list, index, 'source'], value: fieldOf(entry, 'source') }));
    }),
  ];
}

function fieldOf(value: Json, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}
