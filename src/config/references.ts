import { fileProblem, readSmallFile } from '../system/smallFile.ts';
import type { Problem } from './problems.ts';

/*
 * References in the configuration, and the paths of its values.
 */

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  readSecret?: (path: string) => string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Path = readonly PropertyKey[];

export interface Resolved {
  value: Json;
  /** Paths of texts that hold a reference. */
  referenced: Set<string>;
  problems: Problem[];
}

/**
 * Replaces `${NAME}` and `${file:PATH}` in every string; `$${` stands for a literal `${`. Text that is inserted into a URL
 * is percent-encoded, since a password may hold any character.
 */
export function resolveReferences(written: Json, surroundings: Surroundings): Resolved {
  const referenced = new Set<string>();
  const problems: Problem[] = [];
  const resolveText = (text: string, path: string) => {
    const isPartOfUrl = /(^|\.)url$/.test(path) && !/^\$\{[^}]*\}$/.test(text);
    return text.replace(/\$(\$\{)|\$\{([^}]*)\}/g, (_match, escaped: string | undefined, reference: string) => {
      if (escaped !== undefined) return escaped;
      referenced.add(path);
      const found = resolveReference(reference, surroundings);
      if ('message' in found) {
        problems.push({ path, ...found });
        return '';
      }
      return isPartOfUrl ? encodeURIComponent(found.text) : found.text;
    });
  };
  const walk = (value: Json, path: Path): Json => {
    if (typeof value === 'string') return resolveText(value, pathText(path));
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(written, []), referenced, problems };
}

type Found = { text: string } | Omit<Problem, 'path'>;

function resolveReference(reference: string, surroundings: Surroundings): Found {
  if (reference.startsWith('file:')) return readSecretFile(reference.slice('file:'.length), surroundings);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(reference))
    return { message: 'holds a reference that is neither ${NAME} nor ${file:PATH} (write $${ for a literal ${)' };
  const text = Object.hasOwn(surroundings.env, reference) ? surroundings.env[reference] : undefined;
  const remedy = { kind: 'set', name: reference } as const;
  if (text === undefined)
    return { message: `refers to the environment variable ${reference}, which is not set`, remedy };
  if (text === '') return { message: `refers to the environment variable ${reference}, which is empty`, remedy };
  return { text };
}

function readSecretFile(path: string, { readSecret = readSmallFile }: Surroundings): Found {
  const remedy = { kind: 'provide', name: path } as const;
  try {
    const text = readSecret(path)
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '');
    return text === '' ? { message: `refers to the file ${path}, which is empty`, remedy } : { text };
  } catch (error) {
    return { message: `refers to the file ${path}, which ${fileProblem(error)}`, remedy };
  }
}

/** Returns a path as messages show it: "syncs[0].columns". */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
