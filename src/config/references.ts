import { fileProblem, readSmallFile } from '../system/smallFile.ts';

/*
 * References in the configuration, and how its places are called.
 */

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  readSecret?: (path: string) => string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Path = readonly PropertyKey[];

/** One thing wrong with the configuration: where, and in words that hold no secret. */
export interface Problem {
  path: string;
  message: string;
}

export interface Resolved {
  value: Json;
  referenced: Set<string>;
  problems: Problem[];
}

/**
 * Replaces `${NAME}` and `${file:PATH}` in every string; `$${` stands for a literal `${`. What goes into a part of a URL
 * is percent-encoded, as a password may hold any character.
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
      if ('problem' in found) problems.push({ path, message: found.problem });
      if (!('text' in found)) return '';
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

function resolveReference(reference: string, surroundings: Surroundings): { text: string } | { problem: string } {
  if (reference.startsWith('file:')) return readSecretFile(reference.slice('file:'.length), surroundings);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(reference))
    return { problem: 'holds a reference that is neither ${NAME} nor ${file:PATH} (write $${ for a literal ${)' };
  const text = Object.hasOwn(surroundings.env, reference) ? surroundings.env[reference] : undefined;
  if (text === undefined) return { problem: `refers to the environment variable ${reference}, which is not set` };
  if (text === '') return { problem: `refers to the environment variable ${reference}, which is empty` };
  return { text };
}

function readSecretFile(
  path: string,
  { readSecret = readSmallFile }: Surroundings,
): { text: string } | { problem: string } {
  try {
    const text = readSecret(path)
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '');
    return text === '' ? { problem: `refers to the file ${path}, which is empty` } : { text };
  } catch (error) {
    return { problem: `refers to the file ${path}, which ${fileProblem(error)}` };
  }
}

/** "syncs[0].columns" */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
