import { type ESTree, parseSync, Visitor } from 'rolldown/utils';
import { exitCodeByError } from '../../src/errors.ts';

/*
 * The texts in a source file that users read: messages and hints of errors, warnings, and descriptions.
 */

/** `clause`: a part of a message, after the name of a request or the path of a field. */
export type TextKind = 'sentence' | 'clause' | 'hint';

export interface SourceText {
  kind: TextKind;
  /** `${}` stands for each part that is known only at run time. */
  text: string;
}

const unknown = '${}';

/** Functions whose message is a clause. Their callers complete the sentence. */
const clauseMakers: readonly string[] = ['explanation'];

/** Methods and classes with a description as second argument, as of commander. */
const describers: readonly string[] = ['option', 'requiredOption', 'argument', 'Option', 'version', 'helpOption'];

type Declarations = ReadonlyMap<string, readonly ESTree.Expression[]>;

export function readTexts(path: string, source: string): SourceText[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const declarations = readDeclarations(program);
  const texts: SourceText[] = [];
  const add = (kind: TextKind, node: ESTree.Node | undefined) =>
    texts.push(...variantsOf(node, declarations).map((text) => ({ kind, text })));

  function addCall({ callee, arguments: given }: ESTree.CallExpression | ESTree.NewExpression): void {
    const name = nameOf(callee);
    const [first, second, third] = given;
    if (name === 'SyncError' || isErrorCode(first)) {
      add(clauseMakers.includes(name) ? 'clause' : 'sentence', second);
      add('hint', third);
    }
    if (name === 'description' || name === 'InvalidArgumentError') add('sentence', first);
    if (describers.includes(name) && isText(first)) add('sentence', name === 'version' ? third : second);
  }

  new Visitor({
    CallExpression: addCall,
    NewExpression: addCall,
    ObjectExpression(node) {
      const properties = propertiesOf(node);
      if (properties.has('code')) {
        // The message of a schema's own rule follows the path of a field.
        add(isLiteral(properties.get('code'), 'custom') ? 'clause' : 'sentence', properties.get('message'));
        add('hint', properties.get('hint'));
      }
      add('sentence', properties.get('description'));
    },
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && /hint$/i.test(id.name)) add('hint', init ?? undefined);
    },
  }).visit(program);
  return texts;
}

function readDeclarations(program: ESTree.Program): Declarations {
  const declarations = new Map<string, ESTree.Expression[]>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type !== 'Identifier' || init === null) return;
      declarations.set(id.name, [...(declarations.get(id.name) ?? []), init]);
    },
  }).visit(program);
  return declarations;
}

function nameOf(callee: ESTree.Node): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') return callee.property.name;
  return callee.type;
}

function isText(node: ESTree.Node | undefined): boolean {
  return node?.type === 'TemplateLiteral' || (node?.type === 'Literal' && typeof node.value === 'string');
}

function isLiteral(node: ESTree.Node | undefined, value: string): boolean {
  return node?.type === 'Literal' && node.value === value;
}

function isErrorCode(node: ESTree.Node | undefined): boolean {
  return node?.type === 'Literal' && typeof node.value === 'string' && Object.hasOwn(exitCodeByError, node.value);
}

function propertiesOf({ properties }: ESTree.ObjectExpression): Map<string, ESTree.Node> {
  return new Map(
    properties.flatMap((property) =>
      property.type === 'Property' && property.key.type === 'Identifier' ? [[property.key.name, property.value]] : [],
    ),
  );
}

/** Returns the texts that an expression can have, without empty ones and those that are known only at run time. */
function variantsOf(node: ESTree.Node | undefined, declarations: Declarations): string[] {
  const variants = expand(node, declarations);
  return variants.filter((text) => text !== '' && text !== unknown);
}

function expand(node: ESTree.Node | undefined, declarations: Declarations): string[] {
  switch (node?.type) {
    case 'Literal':
      return [typeof node.value === 'string' ? node.value : unknown];
    case 'TemplateLiteral':
      return node.quasis.reduce<string[]>(
        (texts, quasi, index) => {
          const parts = index === 0 ? [''] : expand(node.expressions[index - 1], declarations);
          return texts.flatMap((text) => parts.map((part) => text + part + quasi.value.cooked));
        },
        [''],
      );
    case 'ConditionalExpression':
      return [...expand(node.consequent, declarations), ...expand(node.alternate, declarations)];
    case 'LogicalExpression':
      return [...expand(node.left, declarations), ...expand(node.right, declarations)];
    case 'BinaryExpression':
      return expand(node.left, declarations).flatMap((left) =>
        expand(node.right, declarations).map((right) => left + right),
      );
    case 'Identifier': {
      const others = new Map([...declarations].filter(([name]) => name !== node.name));
      return declarations.get(node.name)?.flatMap((declared) => expand(declared, others)) ?? [unknown];
    }
    default:
      return [unknown];
  }
}
