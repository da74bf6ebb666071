import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { SyncError } from '../errors.ts';
import { type Json, type Path, type Problem, pathText, resolveReferences, type Surroundings } from './references.ts';
import { type Config, configSchema } from './schema.ts';
import { hiddenPaths, inlineSecrets } from './secrets.ts';

export interface LoadedConfig {
  config: Config;
  /** Things worth telling that do not stop a run, such as a secret written into the file. */
  warnings: readonly { code: string; message: string }[];
}

/**
 * Configuration from its JSON text: references resolved, defaults filled in, everything checked. Throws `config.invalid`
 * that names all problems at once; a value that came by reference, or may be a secret, is never shown.
 */
export function loadConfig(text: string, surroundings: Surroundings): LoadedConfig {
  const written = parseJson(text);
  const { value, referenced, problems } = resolveReferences(written, surroundings);
  const result = configSchema.safeParse(value);
  const hidden = new Set([...referenced, ...hiddenPaths(written)]);
  const unresolved = new Set(problems.map(({ path }) => path));
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => describeIssue(issue, value, hidden));
  const all = [...problems, ...issues.filter(({ path }) => !unresolved.has(path))];
  if (!result.success || all.length > 0) throw invalid(all);
  return { config: result.data, warnings: inlineSecrets(written).map(inlineSecretWarning) };
}

function invalid(problems: readonly Problem[]): SyncError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const one = problems.length === 1;
  return new SyncError(
    'config.invalid',
    `The configuration has ${one ? 'a problem' : `${problems.length} problems`}: ${lines.join('; ')}`,
    'Mend what is named and run again; `line-ads-sync spec` prints every field with its type, default and limits.',
  );
}

function inlineSecretWarning(path: string) {
  return {
    code: 'inline_secret',
    message: `${path} is written into the configuration; give it as \${NAME} (environment) or \${file:PATH} (mounted secret) instead.`,
  };
}

function parseJson(written: string): Json {
  const text = written.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    // JSON.parse quotes the text around the fault, which may be a secret: only the position goes on.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const before = position === undefined ? undefined : text.slice(0, Number(position)).split('\n');
    const where = before === undefined ? '' : ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
    const what = text.trim() === '' ? 'is empty' : `is not valid JSON${where}`;
    throw invalid([{ path: '', message: `the file ${what}` }]);
  }
}

function describeIssue(issue: z.core.$ZodIssue, config: Json, hidden: ReadonlySet<string>): Problem[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  const found = valueAt(config, issue.path);
  if (found === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return [{ path, message: `is missing: ${allowed(issue)}` }];
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return [unknownKind(issue, config, hidden)];
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path, message: `its name ${message}` }));
  if (issue.code === 'custom' && isObject(found)) return [{ path, message: issue.message }];
  return [{ path, message: `${allowed(issue)}, found ${show(found, hidden.has(path))}` }];
}

function unknownKey(path: Path, key: string): Problem {
  const known = knownKeys(path);
  const near = known.length === 0 ? undefined : closest(key, known);
  const hint = near === undefined ? '' : ` — did you mean ${near}? Known here: ${known.join(', ')}`;
  return { path: pathText([...path, key]), message: `is not a known key${hint}` };
}

function unknownKind(issue: z.core.$ZodIssueInvalidUnion, config: Json, hidden: ReadonlySet<string>): Problem {
  const last = issue.path.at(-1) === issue.discriminator ? issue.path : [...issue.path, issue.discriminator ?? ''];
  const found = valueAt(config, last);
  const what = found === undefined ? 'is missing:' : `found ${show(found, hidden.has(pathText(last)))},`;
  return {
    path: pathText(last),
    message: `${what} must be one of ${'options' in issue ? issue.options?.join(', ') : ''}`,
  };
}

const expectedTypes: Readonly<Record<string, string>> = { int: 'a whole number', record: 'of type object' };

/** Describes the values that a field allows. */
function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${expectedTypes[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => String(value)).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must be at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function valueAt(config: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => {
    if (value === null || typeof value !== 'object') return undefined;
    return (value as { [key: PropertyKey]: Json })[part];
  }, config);
}

function show(value: Json | undefined, isHidden: boolean): string {
  if (value === undefined) return 'nothing';
  if (isHidden) return 'a value that is not shown';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  /** Of an object whose keys are names. */
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

function knownKeys(path: Path): string[] {
  const root = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  const nodes = path.reduce<JsonSchema[]>(
    (schemas, part) =>
      schemas.flatMap((schema) => {
        const named = schema.properties?.[String(part)] ?? schema.additionalProperties;
        const next = typeof part === 'number' ? schema.items : named;
        return next === undefined || next === false ? [] : [next, ...(next.anyOf ?? []), ...(next.oneOf ?? [])];
      }),
    [root],
  );
  return [...new Set(nodes.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}
