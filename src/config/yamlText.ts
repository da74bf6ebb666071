import {
  type Alias,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
} from 'yaml';
import { maxDepth, type Parsed, problemAt, repeatsKey, tooDeep } from './configText.ts';
import type { Problem } from './problems.ts';
import type { Json } from './references.ts';

/*
 * Configurations in YAML 1.2, restricted to the types of JSON: no tags, no merge keys, no dates.
 */

/** An anchor that holds aliases multiplies. A configuration has no use for more than this many. */
const maxAliases = 100;

export function parseYamlText(text: string): Parsed {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) return { problems: [problemAt(text, fault.pos[0], describeFault(fault.code))] };
  if (document.contents === null) return { problems: [{ path: '', message: 'is empty', remedy: { kind: 'fill' } }] };
  return createReader(text, document).read(document.contents);
}

const expectations: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no escape here; a backslash itself is written as \\\\',
  BAD_INDENT: 'the indentation differs from that of the lines before',
  BAD_SCALAR_START: 'text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'text that holds a colon and a space must be in quotes',
  BLOCK_IN_FLOW: 'a block of lines cannot stand inside brackets',
  MISSING_CHAR: 'a colon, a closing quote or a closing bracket is missing here',
  MULTILINE_IMPLICIT_KEY: 'a key with a colon on the same line is expected here',
  MULTIPLE_DOCS: 'the end is expected here, since a configuration is a single document',
  NON_STRING_KEY: 'a key must be text',
  TAB_AS_INDENT: 'spaces are expected here, since a tab cannot indent',
  TAG_RESOLVE_FAILED: 'tags such as !name are not read; plain text, numbers, true, false and null are',
  RESOURCE_EXHAUSTION: 'the nesting is too deep',
  UNEXPECTED_TOKEN: 'a new line or a closing bracket is expected here; text that holds brackets must be in quotes',
};

function describeFault(code: ErrorCode): string {
  if (code === 'DUPLICATE_KEY') return repeatsKey;
  return `is not valid YAML: ${expectations[code] ?? 'the text cannot be read from here'}`;
}

/** Stops the reader at its first problem. */
class Unreadable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

function createReader(text: string, document: Document.Parsed) {
  let aliases = 0;
  const fail = (node: Node, message: string) => {
    throw new Unreadable(problemAt(text, node.range?.[0] ?? 0, message));
  };
  const targetOf = (alias: Alias) => {
    aliases += 1;
    if (aliases > maxAliases) fail(alias, `is one of more than ${maxAliases} aliases`);
    return (
      alias.resolve(document) ??
      fail(alias, 'is not valid YAML: text that begins with * must be in quotes, unless it is the alias of an anchor')
    );
  };
  const readNode = (node: unknown, depth: number): Json => {
    if (depth > maxDepth) throw new Unreadable(tooDeep);
    if (isAlias(node)) return readNode(targetOf(node), depth + 1);
    if (isSeq(node)) return node.items.map((item) => readNode(item, depth + 1));
    if (isMap(node))
      return Object.fromEntries(node.items.map(({ key, value }) => [keyOf(key), readNode(value, depth + 1)] as const));
    if (!isScalar(node)) return null;
    if (typeof node.value === 'number' && !Number.isFinite(node.value)) fail(node, 'is not a number that JSON has');
    return node.value as Json;
  };
  return {
    read(root: Node): Parsed {
      try {
        return { value: readNode(root, 0) };
      } catch (error) {
        if (error instanceof Unreadable) return { problems: [error.problem] };
        throw error;
      }
    },
  };
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}
