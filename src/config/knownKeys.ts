import { z } from 'zod';
import { isObject, type Json, type Path } from './references.ts';
import { configSchema } from './schema.ts';

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  const?: unknown;
  /** The schema of each member of an object whose keys are names. */
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** Returns the keys that the object at a path may have. If it has a `type`, they are the keys of that type only. */
export function knownKeys(config: Json, path: Path): string[] {
  let value: Json | undefined = config;
  let schemas = [z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema];
  for (const part of path) {
    value = valueAt(value, [part]);
    schemas = schemas.flatMap((schema) => optionsOf(childOf(schema, part), value));
  }
  return [...new Set(schemas.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

export function valueAt(config: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => {
    if (value === null || typeof value !== 'object') return undefined;
    return Object.hasOwn(value, part) ? (value as { [key: PropertyKey]: Json })[part] : undefined;
  }, config);
}

function childOf({ properties, additionalProperties, items }: JsonSchema, part: PropertyKey): JsonSchema | undefined {
  if (typeof part === 'number') return items;
  const named = properties?.[String(part)] ?? additionalProperties;
  return named === false ? undefined : named;
}

function optionsOf(schema: JsonSchema | undefined, value: Json | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const type = isObject(value) ? value.type : undefined;
  const ofType = options.filter(({ properties }) => type !== undefined && properties?.type?.const === type);
  return [schema, ...(ofType.length > 0 ? ofType : options)];
}
