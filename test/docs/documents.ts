import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The pages in docs/, by their paths. */
export const manual = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));

/** Every document for users, by its path. */
export const documents = new Map(
  [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'bench/README.md',
    'src/kernel/README.md',
    ...manual,
  ].map((path) => [path, readDocument(path)]),
);

/** The documents in English. */
export const english = [...documents].filter(([path]) => !/^docs\/(ja|zh-TW|th|id)\//.test(path));

/** The fenced blocks of a language, without the indentation of a list. */
export function codeBlocks(document: string, language: string): string[] {
  const blocks = document.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'));
  return [...blocks].map(([, indent, block]) => block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

export function withoutBlocks(document: string): string {
  return document.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

export function codeSpans(document: string): string[] {
  return [...withoutBlocks(document).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}

export function headings(document: string): { level: number; title: string }[] {
  return [...withoutBlocks(document).matchAll(/^(#+) (.+)$/gm)].map(([, marks, title]) => ({
    level: marks!.length,
    title: title!,
  }));
}

/** The section under a heading, up to the next heading of its level. */
export function section(document: string, title: string): string {
  const [, after] = document.split(`\n## ${title}\n`);
  if (after === undefined) throw new Error(`There is no section "${title}"`);
  return after.split('\n## ')[0]!;
}
