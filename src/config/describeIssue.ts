import type { z } from 'zod';
import { knownKeys, valueAt } from './knownKeys.ts';
import type { Problem, Remedy } from './problems.ts';
import { isObject, type Json, type Path, pathText } from './references.ts';
import { nearestValue, suggestKey, suggestValue } from './suggestions.ts';

/*
 * Problems that the schema finds, in words.
 */

/** A configuration with its references resolved. */
export interface Checked {
  config: Json;
  /** Paths of values that are not shown. */
  hidden: ReadonlySet<string>;
}

export function describeIssue(issue: z.core.$ZodIssue, { config, hidden }: Checked): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(config, issue.path, key));
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path: pathText(issue.path), message: `its name ${message}` }));
  const isUnion = issue.code === 'invalid_union' && issue.discriminator !== undefined;
  const isAtUnion = isUnion && issue.path.at(-1) !== issue.discriminator;
  const place = isAtUnion ? [...issue.path, issue.discriminator!] : issue.path;
  const path = pathText(place);
  const found = valueAt(config, place);
  const isMissing = found === undefined && (isUnion || issue.code === 'invalid_type' || issue.code === 'invalid_value');
  if (isMissing) return [{ path, message: `is missing; it ${allowed(issue)}`, remedy: lookUp(config, place) }];
  const message = `${allowed(issue)}${foundText(issue, found, hidden.has(path), place)}`;
  return [found === undefined ? { path, message, remedy: lookUp(config, place) } : { path, message }];
}

function unknownKey(config: Json, path: Path, key: string): Problem {
  const known = knownKeys(config, path);
  const suggested = suggestKey(key, known);
  const message =
    key === '<<'
      ? 'is a merge key of YAML, which is not read; write out the keys that it stands for'
      : `is not a known key${suggested === undefined ? '' : `; did you mean ${suggested}?`}`;
  const keys = known.length === 0 ? '' : `${message.endsWith('?') ? '' : '.'} Known keys here: ${known.join(', ')}`;
  return { path: pathText([...path, key]), message: `${message}${keys}`, remedy: lookUp(config, [...path, key]) };
}

/** Returns the section of docs/config.md that describes a field. The type of a source with fields is a known one. */
function lookUp(config: Json, [top, ...rest]: Path): Remedy {
  const type = top === 'source' && rest[0] !== 'type' ? valueAt(config, ['source', 'type']) : undefined;
  const section = typeof type === 'string' ? `source: ${type}` : String(top);
  return { kind: 'lookUp', name: rest.length === 0 ? '"Fields"' : `"${section}"` };
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Describes the values that a field allows. */
function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must be at most ${issue.maximum} ${issue.maximum === 1 ? 'character' : 'characters'}`
        : `must be at most ${issue.maximum}`;
    default:
      return allowedWords(issue).length === 0
        ? issue.message.replace(/\.$/, '')
        : `must be one of ${allowedWords(issue).join(', ')}`;
  }
}

function allowedWords(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []).map(String) : [];
}

/** The end of the sentence: the value, if it may be shown, and how it is written instead. */
function foundText(issue: z.core.$ZodIssue, found: Json | undefined, isHidden: boolean, place: Path): string {
  const isRule =
    (issue.code === 'too_small' && typeof found !== 'number') ||
    (issue.code === 'custom' && !issue.message.startsWith('must'));
  const isWhole = issue.code === 'custom' && typeof found === 'object' && found !== null;
  if (isRule || isWhole || found === undefined) return '';
  const advice = adviceFor(issue, found, isHidden, place);
  return `, found ${show(found, isHidden)}${advice === undefined ? '' : ` (${advice})`}`;
}

function adviceFor(issue: z.core.$ZodIssue, found: Json, isHidden: boolean, place: Path): string | undefined {
  if (issue.code === 'invalid_type') return adviceOnType(issue.expected, found, isHidden);
  if (typeof found !== 'string') return undefined;
  const words = allowedWords(issue);
  const suggested =
    suggestValue(String(place.at(-1)), found, words) ?? (isHidden ? undefined : nearestValue(found, words));
  return suggested === undefined ? undefined : `did you mean ${suggested}?`;
}

function adviceOnType(expected: string, found: Json, isHidden: boolean): string | undefined {
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')) return 'put it in quotes';
  if (isHidden || typeof found !== 'string') return undefined;
  if (expected === 'array') return `write [${JSON.stringify(found)}]`;
  const isNumber = (expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?$/.test(found);
  const isTruth = expected === 'boolean' && (found === 'true' || found === 'false');
  return isNumber || isTruth ? `write ${found} without quotes` : undefined;
}

function show(value: Json, isHidden: boolean): string {
  if (isHidden) return 'a value that is not shown';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
