import { connectionName, secretDestinationFields } from '../destinations/config.ts';
import { secretSourceFields } from '../sources/config.ts';
import { type Json, type Path, pathText } from './references.ts';

/*
 * Which texts of a configuration are secrets, before it is known to be valid.
 */

/**
 * Returns the paths of values that are never shown. A secret may stand in its neighbour's place, so nothing of a
 * destination is shown but its type and numbers, nor of a source that logs in; nor SQL, which may name a person; nor a
 * file of one value.
 */
export function hiddenPaths(written: Json): string[] {
  const ofDestinations = destinationsOf(written).flatMap(({ path, value }) => {
    const fields = isObject(value) ? Object.keys(value).filter((field) => field !== 'type') : [];
    return [pathText(path), ...fields.map((field) => pathText([...path, field]))];
  });
  const ofSources = sourcesOf(written).flatMap(({ path, source }) => {
    const logsIn = secretSourceFields.some((field) => Object.hasOwn(source, field));
    const fields = logsIn ? Object.keys(source).filter((field) => field !== 'type') : ['query', 'table', 'where'];
    return fields.map((field) => pathText([...path, field]));
  });
  return ['', 'destinations', ...ofDestinations, ...ofSources];
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

/** As it is written, between the user and the host. */
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
  const places: Place[] = [
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
