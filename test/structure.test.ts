import { describe, expect, test } from 'vitest';
import { parseSource, readSourceTree, type SourceFile } from './setup/sourceTree.ts';

/*
 * Rules about src/ as a whole.
 */

/** Folders and root files, lowest first. A file imports from its own layer and from lower ones. */
const layers = [
  ['errors.ts', 'clock.ts', 'assets.ts', 'configFields.ts'],
  ['system'],
  ['http'],
  ['simulators'],
  ['identifiers'],
  ['kernel', 'warehouseSql'],
  ['sources'],
  ['destinations'],
  ['config'],
  ['members'],
  ['report'],
  ['journal'],
  ['reading'],
  ['planning'],
  ['delivery'],
  ['run'],
  ['commands'],
  ['cli.ts'],
];

const maxParameters = 4;

/** The functions of the compiled kernel take numbers alone, and many of them. */
const withLongParameterLists = ['simulators/', 'kernel/kernel.ts'];

/** Words of LINE's API. */
const wireWords: Record<string, RegExp> = {
  REPLACE: /\bREPLACE\b/,
  DIFF_: /\bDIFF_/,
  READY: /\bREADY\b/,
  FINISHED: /\bFINISHED\b/,
  functionType: /\bfunctionType\b/,
  idType: /\bidType\b/,
  '62_914_560': /\b62_?914_?560\b/,
  adAccountId: /\badAccountId\b/,
};
/** The REPLACE of SQL is another word: a function, or INSERT OR REPLACE. */
const sqlFolders = ['sources/', 'warehouseSql/', 'journal/'];
const replaceOfSql = /\bREPLACE\(|\bOR REPLACE\b/g;

/** The only folders that may use them. */
const wireFolders = ['destinations/lineAds/', 'simulators/'];

const tree = readSourceTree();

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

function layerOf(path: string): number {
  const [top] = path.split('/');
  const layer = layers.findIndex((names) => names.includes(top!));
  if (layer < 0) throw new Error(`src/${path} is in no layer: add ${top} to the list of layers`);
  return layer;
}

function upwardImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((target) => layerOf(target) > layerOf(path)).map((target) => `${path} -> ${target}`),
  );
}

/** The groups of files of which each reaches all others by imports. */
function importCircles(files: readonly SourceFile[]): string[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const reached = new Map(files.map(({ path }) => [path, reachedFrom(path, importsOf)]));
  const groups = files
    .filter(({ path }) => reached.get(path)!.has(path))
    .map(({ path }) => [...reached.get(path)!].filter((other) => reached.get(other)!.has(path)).sort());
  return [...new Set(groups.map((group) => group.join(' <-> ')))];
}

function reachedFrom(path: string, importsOf: ReadonlyMap<string, string[]>): Set<string> {
  const reached = new Set<string>();
  const queue = [path];
  for (let next = queue.pop(); next !== undefined; next = queue.pop())
    for (const target of importsOf.get(next) ?? [])
      if (!reached.has(target)) {
        reached.add(target);
        queue.push(target);
      }
  return reached;
}

function longParameterLists(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isIn(path, withLongParameterLists))
    .flatMap(({ path, functions }) =>
      functions
        .filter(({ parameters }) => parameters > maxParameters)
        .map(({ name, parameters }) => `${path}: ${name}, ${parameters}`),
    );
}

function typesWithSeveralHomes(files: readonly SourceFile[]): string[] {
  const homes = Map.groupBy(
    files.flatMap(({ path, exportedTypes }) => exportedTypes.map((name) => ({ name, path }))),
    ({ name }) => name,
  );
  return [...homes]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.map(({ path }) => path).join(', ')}`);
}

function wireWordsOutside(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isIn(path, wireFolders))
    .flatMap(({ path, text }) => {
      const searched = isIn(path, sqlFolders) ? text.replace(replaceOfSql, '') : text;
      const found = Object.entries(wireWords).filter(([, pattern]) => pattern.test(searched));
      return found.map(([word]) => `${path}: ${word}`);
    });
}

/** A tree of two or three planted files, to see that a rule finds what breaks it. */
function treeOf(texts: Record<string, string>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => parseSource(path, text));
}

describe('the source tree', () => {
  test('imports point downward, from higher layers to lower ones', () => {
    expect(upwardImports(tree)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(importCircles(tree)).toEqual([]);
  });

  test('no function outside of the simulators takes more than four parameters', () => {
    expect(longParameterLists(tree)).toEqual([]);
  });

  test('each name of an exported type has one home', () => {
    expect(typesWithSeveralHomes(tree)).toEqual([]);
  });

  test('words of the LINE Ads API stay in its destination and in the simulators', () => {
    expect(wireWordsOutside(tree)).toEqual([]);
  });
});

describe('the rules about the source tree find what breaks them', () => {
  test('an upward import is found in a static, a type, a re-exporting and a dynamic import', () => {
    for (const text of [
      "import { run } from '../run/run.ts';",
      "import type { run } from '../run/run.ts';",
      "export { run } from '../run/run.ts';",
      "const { run } = await import('../run/run.ts');",
    ])
      expect(upwardImports(treeOf({ 'http/a.ts': text }))).toEqual(['http/a.ts -> run/run.ts']);
    expect(upwardImports(treeOf({ 'run/run.ts': "import '../http/a.ts'; import './b.ts'; import 'zod';" }))).toEqual(
      [],
    );
    expect(() => upwardImports(treeOf({ 'utils/a.ts': "import '../http/a.ts';" }))).toThrow('is in no layer');
  });

  test('a circle of three files is found once, and the files that lead into it are not part of it', () => {
    const circle = {
      'run/a.ts': "import './b.ts';",
      'run/b.ts': "import type { C } from './c.ts';",
      'run/c.ts': "export * from './a.ts';",
      'run/outside.ts': "import './a.ts';",
    };
    expect(importCircles(treeOf(circle))).toEqual(['run/a.ts <-> run/b.ts <-> run/c.ts']);
  });

  test('five parameters are found in functions, arrows, methods, constructors and signatures', () => {
    const text = `
      function declared(a, b, c, d, e) {}
      const arrow = (a, b, { c }, [d], ...e) => 1;
      class Some { constructor(a, b, c, d, e) {} method(a, b, c, d, e) {} four(this: Some, a, b, c, d) {} }
      const object = { short(a, b, c, d, e) {} };
      interface Signatures { called(a, b, c, d, e): void; held: (a, b, c, d, e) => void }
    `;
    const names = ['declared', 'arrow', 'constructor', 'method', 'short', 'called', 'held'];
    expect(longParameterLists(treeOf({ 'run/a.ts': text }))).toEqual(names.map((name) => `run/a.ts: ${name}, 5`));
    expect(longParameterLists(treeOf({ 'simulators/a.ts': text }))).toEqual([]);
  });

  test('a type name with two homes is found among interfaces, aliases and classes', () => {
    const files = treeOf({
      'run/a.ts': 'export interface One {} export type Two = 1; export class Three {} export const Four = 1;',
      'run/b.ts': 'export type One = 1; export class Two {} export interface Three {} export interface Four {}',
      'run/c.ts': 'interface One {}',
    });
    expect(typesWithSeveralHomes(files)).toEqual(['One', 'Two', 'Three'].map((name) => `${name}: run/a.ts, run/b.ts`));
  });

  test('a word of the LINE Ads API is found, and the REPLACE of SQL is none where SQL is written', () => {
    const sql = "run('INSERT OR REPLACE INTO sets VALUES (REPLACE(name))')";
    const texts = {
      'run/a.ts': "type Action = 'REPLACE'; // DIFF_ADD, of 62_914_560 bytes",
      'run/b.ts': sql,
      'journal/c.ts': sql,
      'journal/d.ts': `${sql} // a REPLACE`,
      'destinations/lineAds/e.ts': '// REPLACE, READY, FINISHED',
    };
    const found = [
      'run/a.ts: REPLACE',
      'run/a.ts: DIFF_',
      'run/a.ts: 62_914_560',
      'run/b.ts: REPLACE',
      'journal/d.ts: REPLACE',
    ];
    expect(wireWordsOutside(treeOf(texts))).toEqual(found);
  });
});
