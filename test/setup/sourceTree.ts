import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type ESTree, parseSync, Visitor } from 'rolldown/utils';

/*
 * The source files as facts: imports, functions with their parameters, and exported types.
 */

export interface SourceFile {
  /** Path below src/, with slashes. */
  path: string;
  text: string;
  /** Paths below src/ of the files that it imports, types included. */
  imports: string[];
  functions: FunctionShape[];
  /** Names of the types, interfaces and classes that it declares and exports. */
  exportedTypes: string[];
}

export interface FunctionShape {
  /** Its own name, or that of the variable, property or method that holds it. */
  name: string;
  parameters: number;
}

type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression | ESTree.TSFunctionType | ESTree.TSMethodSignature;

const root = resolve(import.meta.dirname, '../../src');

/** Returns all source files of the program. AssemblyScript of the kernel is another language and is left out. */
export function readSourceTree(): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('kernel/assembly/'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

export function parseSource(path: string, text: string): SourceFile {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const functions: FunctionShape[] = [];
  const exportedTypes: string[] = [];
  const holders = new Map<object, string>();
  const noteHolder = (held: object | null | undefined, holder: ESTree.Node) => {
    if (held) holders.set(held, holder.type === 'Identifier' ? holder.name : text.slice(holder.start, holder.end));
  };
  const noteFunction = (node: FunctionNode) => {
    const name = ('id' in node && node.id?.name) || holders.get(node) || 'anonymous';
    const isThis = (parameter: ESTree.ParamPattern) => parameter.type === 'Identifier' && parameter.name === 'this';
    functions.push({ name, parameters: node.params.filter((parameter) => !isThis(parameter)).length });
  };
  new Visitor({
    VariableDeclarator: ({ id, init }) => noteHolder(init, id),
    Property: ({ key, value }) => noteHolder(value, key),
    MethodDefinition: ({ key, value }) => noteHolder(value, key),
    TSPropertySignature: ({ key, typeAnnotation }) => noteHolder(typeAnnotation?.typeAnnotation, key),
    TSMethodSignature: (node) => {
      noteHolder(node, node.key);
      noteFunction(node);
    },
    TSTypeAliasDeclaration: ({ id, typeAnnotation }) => noteHolder(typeAnnotation, id),
    FunctionDeclaration: noteFunction,
    FunctionExpression: noteFunction,
    ArrowFunctionExpression: noteFunction,
    TSFunctionType: noteFunction,
    ExportNamedDeclaration: ({ declaration }) => {
      const name = typeNameOf(declaration);
      if (name !== undefined) exportedTypes.push(name);
    },
  }).visit(program);
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
  const imports = requests
    .filter((request) => request.startsWith('.'))
    .map((request) => posix.join(posix.dirname(path), request));
  return {
    path,
    text,
    imports: [...new Set(imports)].filter((target) => !target.startsWith('..')),
    functions,
    exportedTypes,
  };
}

function typeNameOf(declaration: ESTree.Declaration | null): string | undefined {
  switch (declaration?.type) {
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'ClassDeclaration':
      return declaration.id?.name;
    default:
      return undefined;
  }
}
