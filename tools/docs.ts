import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Results } from '../bench/results.ts';
import { casesTable, kernelText, machineText } from '../bench/table.ts';
import { configSchema } from '../src/config/schema.ts';
import { type ErrorCode, type ExitCode, exitCodeByError, exitCodePrecedence } from '../src/errors.ts';
import { rejectReasons } from '../src/identifiers/rejects.ts';
import { faultsSchema } from '../src/simulators/lineAds/faults.ts';
import { errorTexts, exitCodeTexts } from './readmeTexts.ts';

/*
 * node tools/readme.ts: writes the parts of the README that the code knows best, between their markers.
 */

/** What of a JSON Schema the tables show. */
const schemaNode = z.object({
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  description: z.string().default(''),
  unit: z.string().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), schemaNode).optional();
  },
  get items() {
    return schemaNode.optional();
  },
  get oneOf() {
    return z.array(schemaNode).optional();
  },
  get anyOf() {
    return z.array(schemaNode).optional();
  },
});

type SchemaNode = z.output<typeof schemaNode>;

function readSchema(schema: z.ZodType): SchemaNode {
  return schemaNode.parse(z.toJSONSchema(schema, { io: 'input' }));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function configTable(): string {
  return table(['field', 'type', 'default', 'what it is'], fieldRows(readSchema(configSchema), ''));
}

/** One row a field that holds a value; objects only give their fields' names a beginning. */
function fieldRows(node: SchemaNode, path: string, isRequired = false): string[][] {
  // Other sources are written as the common one is.
  if (node.oneOf !== undefined && path.endsWith('.source'))
    return [[code(path), `as ${code('source')}`, describeDefault(node, isRequired), node.description]];
  if (node.oneOf !== undefined) return node.oneOf.flatMap((option) => fieldRows(option, path));
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    if (field.items?.properties !== undefined) return fieldRows(field.items, `${fieldPath}[]`);
    if (field.properties !== undefined || field.oneOf !== undefined)
      return fieldRows(field, fieldPath, node.required.includes(name));
    return [
      [code(fieldPath), describeType(field), describeDefault(field, node.required.includes(name)), field.description],
    ];
  });
}

function describeDefault(field: SchemaNode, isRequired: boolean): string {
  if (isRequired) return 'required';
  return field.default === undefined ? '–' : code(JSON.stringify(field.default));
}

function describeType(field: SchemaNode): string {
  if (field.const !== undefined) return code(JSON.stringify(field.const));
  if (field.enum !== undefined) return field.enum.map((value) => code(String(value))).join(', ');
  if (field.items !== undefined) return `list of ${describeType(field.items)}`;
  if (field.anyOf !== undefined) return field.anyOf.map(describeType).join(' or ');
  const { type = 'any', unit = '', pattern } = field;
  const bounds = boundsOf(field);
  // Anchored, it is the whole text's shape; where there are bounds too it only keeps oddities out.
  const shape = bounds === '' && pattern?.startsWith('^') ? code(pattern) : '';
  return [type, bounds, unit, shape].filter((part) => part !== '').join(' ');
}

function boundsOf({ minimum, maximum, minLength, maxLength }: SchemaNode): string {
  if (maxLength !== undefined)
    return minLength === maxLength ? '(1 character)' : `(${minLength ?? 0}–${maxLength} characters)`;
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? `(from ${number(minimum)})`
    : `(${number(minimum)}–${number(maximum)})`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function exitCodeTable(): string {
  return table(
    ['exit code', 'when', 'then'],
    exitCodePrecedence.map((exitCode) => [
      code(String(exitCode)),
      exitCodeTexts[exitCode].when,
      exitCodeTexts[exitCode].next,
    ]),
  );
}

function errorTable(): string {
  const codes = Object.entries(exitCodeByError) as [ErrorCode, ExitCode][];
  return table(
    ['error code', 'exit code', 'what it means, and what to do'],
    codes.map(([errorCode, exitCode]) => [code(errorCode), String(exitCode), errorTexts[errorCode]]),
  );
}

function rejectTable(): string {
  return table(
    ['reject code', 'why'],
    Object.entries(rejectReasons).map(([rejectCode, why]) => [code(rejectCode), why]),
  );
}

const faultFields = ['effect', 'on', 'skip', 'times'];

function faultTable(): string {
  const faults = readSchema(faultsSchema).items?.oneOf ?? [];
  return table(
    ['effect', 'its own fields', 'what the simulator does'],
    faults.map(({ properties = {}, required, description }) => {
      const own = Object.entries(properties).filter(([name]) => !faultFields.includes(name));
      const fields = own.map(
        ([name, field]) => `${code(name)} ${describeType(field)}${required.includes(name) ? '' : ', optional'}`,
      );
      return [code(String(properties.effect?.const)), fields.join('; ') || '–', description];
    }),
  );
}

function speedText(): string {
  const { machine, cases, kernel } = readResults();
  return [machineText(machine), casesTable(cases), kernelText(kernel).replaceAll('\n', ' ')].join('\n\n');
}

function readResults(): Results {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, '../bench/results.json'), 'utf8')) as Results;
}

const parts: Readonly<Record<string, () => string>> = {
  config: configTable,
  'exit codes': exitCodeTable,
  'error codes': errorTable,
  'reject codes': rejectTable,
  faults: faultTable,
  speed: speedText,
};

/** The README with every generated part made anew. Throws when a part has no markers. */
export function renderReadme(readme: string): string {
  return Object.entries(parts).reduce((text, [name, render]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
    const [before, rest] = splitOnce(text, begin);
    const [, after] = splitOnce(rest, end);
    return `${before}${begin}\n${render()}\n${end}${after}`;
  }, readme);
}

function splitOnce(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`The README has no ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

if (import.meta.main) {
  const path = resolve(import.meta.dirname, '../README.md');
  writeFileSync(path, renderReadme(readFileSync(path, 'utf8')));
}
