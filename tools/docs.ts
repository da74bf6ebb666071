import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Results } from '../bench/results.ts';
import { casesTable, kernelText, machineText } from '../bench/table.ts';
import { configSchema } from '../src/config/schema.ts';
import { type ErrorCode, type ExitCode, exitCodeByError, exitCodePrecedence } from '../src/errors.ts';
import { rejectReasons } from '../src/identifiers/rejects.ts';
import { faultsSchema } from '../src/simulators/lineAds/faults.ts';
import { errorTexts, exitCodeTexts } from './errorTexts.ts';

/*
 * npm run docs: writes the generated parts of the documents, each between its markers.
 */

/** The part of a JSON Schema that the tables show. */
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
  get additionalProperties() {
    return schemaNode.or(z.boolean()).optional();
  },
  get oneOf() {
    return z.array(schemaNode).optional();
  },
  get anyOf() {
    return z.array(schemaNode).optional();
  },
});

type SchemaNode = z.output<typeof schemaNode>;

const emptyNode = schemaNode.parse({});

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

/** Returns one section per field of the configuration, and one per type of the common source. */
function configSections(): string {
  const { properties = {}, required } = readSchema(configSchema);
  return Object.entries(properties)
    .flatMap(([name, field]) =>
      field.oneOf === undefined ? configSection(name, field, required) : sourceSections(field),
    )
    .join('\n\n');
}

function configSection(name: string, field: SchemaNode, required: string[]): string {
  const description = field.description === '' ? [] : [field.description];
  const rows = fieldRows({ ...emptyNode, properties: { [name]: field }, required }, '');
  return [`### ${name}`, ...description, fieldTable(rows)].join('\n\n');
}

function sourceSections({ oneOf = [], description }: SchemaNode): string[] {
  const sections = oneOf.map((option) => {
    const type = String(option.properties?.type?.const);
    return [`#### source: ${type}`, fieldTable(fieldRows(option, 'source'))].join('\n\n');
  });
  return [['### source', description].join('\n\n'), ...sections];
}

function fieldTable(rows: string[][]): string {
  return table(['field', 'type', 'default', 'meaning'], rows);
}

/** Returns one row per field that holds a value. The name of an object is a prefix of its fields' names. */
function fieldRows(node: SchemaNode, path: string, isRequired = false): string[][] {
  // A further source has the fields of the common one.
  if (node.oneOf !== undefined && path.endsWith('.source'))
    return [[code(path), `as ${code('source')}`, describeDefault(node, isRequired), node.description]];
  if (node.oneOf !== undefined) return node.oneOf.flatMap((option) => fieldRows(option, path));
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    if (typeof field.additionalProperties === 'object')
      return fieldRows(field.additionalProperties, `${fieldPath}.NAME`);
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
  // An anchored pattern describes the whole text. Beside bounds it only excludes rare characters.
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
    ['exit code', 'meaning', 'next'],
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
    ['error code', 'exit code', 'meaning and remedy'],
    codes.map(([errorCode, exitCode]) => [code(errorCode), String(exitCode), errorTexts[errorCode]]),
  );
}

function rejectTable(): string {
  return table(
    ['reject code', 'reason'],
    Object.entries(rejectReasons).map(([rejectCode, reason]) => [code(rejectCode), reason]),
  );
}

const faultFields = ['effect', 'on', 'skip', 'times'];

function faultTable(): string {
  const faults = readSchema(faultsSchema).items?.oneOf ?? [];
  return table(
    ['effect', 'fields of its own', 'behaviour of the simulator'],
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

/** The generated parts of each document, by their names. */
const parts: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'README.md': { 'exit codes': exitCodeTable },
  'docs/config.md': { config: configSections },
  'docs/errors.md': { 'exit codes': exitCodeTable, 'error codes': errorTable },
  'docs/identifiers.md': { 'reject codes': rejectTable },
  'docs/simulator.md': { faults: faultTable },
  'docs/speed.md': { speed: speedText },
};

/** The documents that have generated parts, relative to the root. */
export const generatedDocuments: readonly string[] = Object.keys(parts);

/** Renders the generated parts in the text of a document. Throws if a marker is missing. */
export function renderDocument(path: string, document: string): string {
  return Object.entries(parts[path] ?? {}).reduce((text, [name, render]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
    const [before, rest] = splitOnce(text, begin);
    const [, after] = splitOnce(rest, end);
    return `${before}${begin}\n\n${render()}\n\n${end}${after}`;
  }, document);
}

function splitOnce(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`The document has no ${marker}.`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

if (import.meta.main)
  for (const document of generatedDocuments) {
    const path = resolve(import.meta.dirname, '..', document);
    writeFileSync(path, renderDocument(document, readFileSync(path, 'utf8')));
  }
