import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseJsonText } from '../../src/config/jsonText.ts';
import { resolveReferences } from '../../src/config/references.ts';
import { parseYamlText } from '../../src/config/yamlText.ts';

/*
 * The JSON Schemas of connector.json, read by a validator that shares no code with the one that wrote them.
 */

const root = resolve(import.meta.dirname, '../..');
const document = JSON.parse(readFileSync(join(root, 'connector.json'), 'utf8')) as Record<string, object>;
const specifications = Object.keys(document).filter((name) => name.endsWith('Specification'));

/** Refuses keywords that are neither standard nor ours. */
function createValidator(): Ajv2020 {
  const ofDocument = Object.keys(document).filter((name) => name !== 'title' && name !== 'description');
  return new Ajv2020({ allErrors: true, allowUnionTypes: true }).addVocabulary(['unit', 'x-secret', ...ofDocument]);
}

function inDocument(name: string): ValidateFunction {
  return createValidator()
    .addSchema(document, 'connector.json')
    .compile({ $ref: `connector.json#/${name}` });
}

const validateConfig = inDocument('configSpecification');

/** Returns the places of the faults, each once. */
function faultsOf(config: unknown): string[] {
  validateConfig(config);
  return [...new Set((validateConfig.errors ?? []).map(({ instancePath }) => instancePath))];
}

test('connector.json is small enough to be read by a person', () => {
  expect(JSON.stringify(document, undefined, 2).length).toBeLessThan(60_000);
});

test.each(specifications)('%s is a valid JSON Schema within connector.json', (name) => {
  expect(inDocument(name)({ unknown: 1 })).toBe(false);
});

test.each(['connectionSpecification', 'sourceSpecification'])('%s is a valid JSON Schema on its own', (name) => {
  expect(createValidator().compile(document[name]!)({ unknown: 1 })).toBe(false);
});

const examples = readdirSync(join(root, 'examples')).filter((name) => /\.(jsonc?|yaml)$/.test(name));

test.each(examples)('the schema accepts examples/%s with its references resolved', (name) => {
  const env = { LINE_ADS_AD_ACCOUNT_ID: 'A1', LINE_ADS_BASE_URL: 'https://ads.line.me' };
  const text = readFileSync(join(root, 'examples', name), 'utf8');
  const parsed = name.endsWith('.yaml') ? parseYamlText(text) : parseJsonText(text);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { value } = resolveReferences(parsed.value, {
    env: { LINE_ADS_ACCESS_KEY: 'key', LINE_ADS_SECRET_KEY: 'secret', PGPASSWORD: 'sample', ...env },
    readSecret: () => 'secret',
  });
  expect(faultsOf(value)).toEqual([]);
});

const connection = { adAccountId: 'A1', accessKey: 'key', secretKey: 'secret' };
const files = { type: 'files', path: 'data/*.parquet' };
const sync = { name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' };
const config = { connection, source: files, syncs: [sync] };

describe('the schema refuses', () => {
  test.each<[string, object, string]>([
    ['a config without syncs', { syncs: undefined }, ''],
    ['a connection without an account', { connection: { ...connection, adAccountId: undefined } }, '/connection'],
    [
      'a destination of an unknown type',
      { destinations: { other: { ...connection, type: 'fax' } } },
      '/destinations/other',
    ],
    ['a key that is not known', { conection: connection }, ''],
    ['an account of letters', { connection: { ...connection, adAccountId: 'AB12' } }, '/connection/adAccountId'],
    ['an empty secret', { connection: { ...connection, secretKey: '' } }, '/connection/secretKey'],
    ['no syncs', { syncs: [] }, '/syncs'],
    ['a sync of an unknown mode', { syncs: [{ ...sync, mode: 'replace' }] }, '/syncs/0/mode'],
    ['a name of 121 characters', { syncs: [{ ...sync, audienceName: 'a'.repeat(121) }] }, '/syncs/0/audienceName'],
    ['a cursor without a column', { syncs: [{ ...sync, cursor: {} }] }, '/syncs/0/cursor'],
    ['a source of an unknown type', { source: { type: 'oracle' } }, '/source'],
    ['a field of another source', { source: { ...files, query: 'SELECT 1' } }, '/source'],
    ['an unknown encoding', { source: { ...files, csv: { encoding: 'latin-1' } } }, '/source/csv/encoding'],
    ['a blank query', { source: { type: 'duckdb', query: ' ' } }, '/source/query'],
    ['an unknown source of a sync', { syncs: [{ ...sync, source: { type: 'oracle' } }] }, '/syncs/0/source'],
    [
      'a blank path of a suppression',
      { suppress: [{ source: { ...files, path: '' }, identifierType: 'email' }] },
      '/suppress/0/source/path',
    ],
    [
      'a timeout that is no number',
      { source: { type: 'mysql', url: 'u', statementTimeoutMs: '1' } },
      '/source/statementTimeoutMs',
    ],
    ['a batch of nothing', { batch: { maxRecords: 0 } }, '/batch/maxRecords'],
    ['a rate above that of LINE', { limits: { requestsPerSecond: 11 } }, '/limits/requestsPerSecond'],
    ['a share above 1', { guards: { maxShrink: 1.1 } }, '/guards/maxShrink'],
    ['a fraction of a millisecond', { jobs: { settleMs: 10.5 } }, '/jobs/settleMs'],
  ])('%s', (_, change, place) => {
    expect(faultsOf(config)).toEqual([]);
    expect(faultsOf(JSON.parse(JSON.stringify({ ...config, ...change })))).toContain(place);
  });
});
