import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { maxDepth, type Parsed, problemAt, repeatsKey, tooDeep } from './configText.ts';
import type { Problem } from './problems.ts';
import type { Json } from './references.ts';

/*
 * Configurations in JSON, with comments and trailing commas.
 */

export function parseJsonText(text: string): Parsed {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root === undefined) return { problems: [syntaxProblem(text, errors)] };
  if (isDeeper(root, maxDepth)) return { problems: [tooDeep] };
  const repeated = repeatedKeys(root).map(({ offset }) => problemAt(text, offset, repeatsKey));
  return repeated.length > 0 ? { problems: repeated } : { value: readNode(root) };
}

/** The parser goes on after an error, and only its first one is certain. */
function syntaxProblem(text: string, errors: readonly ParseError[]): Problem {
  if (!looksLikeYaml(text)) return problemAt(text, errors[0]?.offset ?? 0, `is not valid JSON: ${expectation(errors)}`);
  return {
    path: '',
    message: 'is not valid JSON but looks like YAML, which is read only from a file that ends in .yaml or .yml',
    remedy: { kind: 'rename' },
  };
}

const expectations: Readonly<Record<string, string>> = {
  InvalidNumberFormat: 'a number is expected here',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here, between key and value',
  CommaExpected: 'a comma or the closing bracket is expected here',
  CloseBraceExpected: 'the closing } is missing',
  CloseBracketExpected: 'the closing ] is missing',
  EndOfFileExpected: 'the end is expected here, after the closing bracket',
  UnexpectedEndOfComment: 'the comment that begins here needs its closing */',
  UnexpectedEndOfString: 'the text that begins here needs its closing double quote on the same line',
  UnexpectedEndOfNumber: 'the number that begins here is not complete',
  InvalidUnicode: 'the text that begins here needs four hexadecimal digits after \\u',
  InvalidEscapeCharacter:
    'the text that begins here holds a backslash that starts no escape; a backslash itself is written as \\\\',
  InvalidCharacter: 'the text that begins here holds a tab or another control character',
};

/** The parser reports a word that is not JSON before it reports its expectation. */
function expectation([first, second]: readonly ParseError[]): string {
  const code = nameOf(first);
  if (code !== 'InvalidSymbol') return expectations[code] ?? 'JSON is expected here';
  switch (nameOf(second)) {
    case 'PropertyNameExpected':
      return 'a key in double quotes is expected here';
    case 'ValueExpected':
      return 'a value is expected here, and text must be in double quotes';
    default:
      return 'a comma, a closing bracket or the end is expected here';
  }
}

function nameOf(error: ParseError | undefined): string {
  return error === undefined ? '' : printParseErrorCode(error.error);
}

/** Matches a document marker, a list item or a key without quotes, behind blank lines and comments. */
function looksLikeYaml(text: string): boolean {
  return /^(?:\s|#[^\n]*\n)*(?:---|-\s|[A-Za-z_$][\w$-]*[ \t]*:(?:\s|$))/.test(text);
}

/** Tells whether more than `levels` objects and lists are in each other. */
function isDeeper({ children = [] }: Node, levels: number): boolean {
  return levels < 0 ? true : children.some((child) => isDeeper(child, levels - (child.type === 'property' ? 0 : 1)));
}

/** The keys that an object holds already, in the order of the text. */
function repeatedKeys(root: Node): Node[] {
  const seen = new Map<Node, Set<string>>();
  const repeated: Node[] = [];
  const visit = (node: Node) => {
    const [key] = node.type === 'property' ? (node.children ?? []) : [];
    if (key !== undefined) {
      const keys = seen.get(node.parent!) ?? new Set();
      if (keys.has(key.value)) repeated.push(key);
      seen.set(node.parent!, keys.add(key.value));
    }
    node.children?.forEach(visit);
  };
  visit(root);
  return repeated;
}

function readNode({ type, value, children = [] }: Node): Json {
  if (type === 'array') return children.map(readNode);
  if (type !== 'object') return value as Json;
  return Object.fromEntries(
    children.map(({ children: [key, child] = [] }) => [key!.value as string, readNode(child!)] as const),
  );
}
