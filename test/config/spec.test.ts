import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { connectorSpec, readVersion } from '../../src/config/spec.ts';
import { secretSourceFields } from '../../src/sources/config.ts';

interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  unit?: string;
  default?: unknown;
  const?: unknown;
  writeOnly?: boolean;
  'x-secret'?: boolean;
  additionalProperties?: Schema | boolean;
}

interface Spec {
  name: string;
  version: string;
  documentationUrl: string;
  supportedModes: string[];
  identifierTypes: string[];
  limits: object;
  connectionSpecification: Schema;
  sourceSpecification: Schema;
  syncSpecification: Schema;
  configSpecification: Schema;
}

const spec = JSON.parse(connectorSpec()) as Spec;

/** Replaces a reference by the schema at its place in the document. Keywords beside the reference win. */
function resolved({ $ref, ...schema }: Schema): Schema {
  if ($ref === undefined) return schema;
  const target = $ref
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], spec);
  return { ...resolved(target as Schema), ...schema };
}

interface Property {
  path: string;
  schema: Schema;
}

/** Returns every property below a schema with its path. */
function propertiesOf(reference: Schema, path = ''): Property[] {
  const schema = resolved(reference);
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((option) => propertiesOf(option, path));
  const { additionalProperties } = schema;
  const named = typeof additionalProperties === 'object' ? propertiesOf(additionalProperties, `${path}.NAME`) : [];
  const items = schema.items === undefined ? [] : propertiesOf(schema.items, `${path}[]`);
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [{ path: at, schema: resolved(value) }, ...propertiesOf(value, at)];
  });
  return [...own, ...named, ...items, ...nested];
}

const properties = propertiesOf(spec.configSpecification);
const byPath = new Map(properties.map(({ path, schema }) => [path, schema]));

test('connector.json is what the schema says, byte for byte', () => {
  expect(readFileSync(new URL('../../connector.json', import.meta.url), 'utf8')).toBe(connectorSpec());
});

test('tells what the connector is and can do', () => {
  expect(spec).toMatchObject({
    name: 'line-ads-sync',
    version: readVersion(),
    supportedModes: ['add', 'mirror'],
    identifierTypes: ['email', 'phone', 'ifa'],
    limits: {
      maxRecordsPerBatch: 500_000,
      maxBytesPerBatch: 62_914_560,
      requestsPerSecond: 10,
      concurrentReplaces: 3,
    },
  });
  expect(spec.documentationUrl).not.toBe('');
});

describe('every field', () => {
  test('of the design is there', () => {
    for (const path of [
      'connection.adAccountId',
      'connection.accessKey',
      'connection.secretKey',
      'connection.baseUrl',
      'connection.signature',
      ...['type', 'adAccountId', 'accessKey', 'secretKey', 'baseUrl', 'signature', 'batch.maxRecords'].map(
        (key) => `destinations.NAME.${key}`,
      ),
      'destinations.NAME.limits.requestsPerSecond',
      'syncs[].destination',
      'source.type',
      'source.path',
      'source.database',
      'source.query',
      'source.csv.header',
      'source.csv.columns',
      'source.csv.delimiter',
      'source.csv.quote',
      ...['name', 'audienceName', 'audienceId', 'identifierType', 'mode', 'columns'].map((key) => `syncs[].${key}`),
      ...['defaultCountry', 'phoneFormats', 'hashed'].map((key) => `syncs[].${key}`),
      ...['maxRecords', 'maxBytes'].map((key) => `batch.${key}`),
      ...['requestsPerSecond', 'concurrentReplaces', 'concurrentUploads', 'unfinishedJobs'].map(
        (key) => `limits.${key}`,
      ),
      ...['maxAttempts', 'baseMs', 'maxDelayMs', 'maxTotalMs'].map((key) => `retry.${key}`),
      ...['wait', 'timeoutMs', 'pollMinMs', 'pollMaxMs', 'settleMs'].map((key) => `jobs.${key}`),
      ...['maxShrink', 'maxRejected', 'minMembers'].map((key) => `guards.${key}`),
      'state.directory',
    ])
      expect([...byPath.keys()]).toContain(path);
  });

  test('has a title and a description', () => {
    expect(properties.filter(({ schema }) => (schema.title ?? '') === '' || (schema.description ?? '') === '')).toEqual(
      [],
    );
    expect(properties.length).toBeGreaterThan(50);
  });

  test('that is a number has its bounds, and its unit where it is a whole one', () => {
    const numbers = properties.filter(({ schema }) => schema.type === 'integer' || schema.type === 'number');
    expect(numbers.filter(({ schema }) => schema.minimum === undefined || schema.maximum === undefined)).toEqual([]);
    expect(numbers.filter(({ schema }) => schema.type === 'integer' && schema.unit === undefined)).toEqual([]);
    expect(numbers.length).toBeGreaterThan(15);
  });

  test('that is a secret is marked, and no other', () => {
    const marked = properties.filter(({ schema }) => schema['x-secret'] === true || schema.writeOnly === true);
    const paths = [...new Set(marked.map(({ path }) => path))];
    const ofSources = paths.filter((path) => /(^|\.)source\./.test(path));
    expect(paths.filter((path) => !ofSources.includes(path))).toEqual([
      'connection.accessKey',
      'connection.secretKey',
      'destinations.NAME.accessKey',
      'destinations.NAME.secretKey',
    ]);
    const fields = new Set(ofSources.map((path) => path.slice(path.lastIndexOf('.') + 1)));
    expect([...fields].sort()).toEqual([...secretSourceFields].sort());
    expect(ofSources).toHaveLength(3 * secretSourceFields.length);
    expect(marked.every(({ schema }) => schema['x-secret'] === true && schema.writeOnly === true)).toBe(true);
  });

  test('that is an object takes no other keys', () => {
    const objects = [spec.configSpecification, ...properties.map(({ schema }) => schema)].filter(
      ({ properties }) => properties !== undefined,
    );
    expect(objects.length).toBeGreaterThan(8);
    expect(objects.filter(({ additionalProperties }) => additionalProperties !== false)).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['connection.baseUrl', 'https://ads.line.me'],
    ['connection.signature', 'auto'],
    ['syncs[].hashed', 'auto'],
    ['syncs[].phoneFormats', ['e164', 'e164-digits', 'national']],
    ['batch.maxRecords', 500_000],
    ['batch.maxBytes', 62_914_560],
    ['limits.requestsPerSecond', 10],
    ['limits.concurrentReplaces', 3],
    ['limits.concurrentUploads', 4],
    ['limits.unfinishedJobs', 8],
    ['retry.maxAttempts', 8],
    ['retry.baseMs', 500],
    ['retry.maxDelayMs', 30_000],
    ['retry.maxTotalMs', 900_000],
    ['jobs.wait', true],
    ['jobs.timeoutMs', 86_400_000],
    ['jobs.pollMinMs', 5000],
    ['jobs.pollMaxMs', 300_000],
    ['jobs.settleMs', 5000],
    ['guards.maxShrink', 0.5],
    ['guards.maxRejected', 0.5],
    ['guards.minMembers', 1],
    ['state.directory', '.line-ads-sync'],
  ])('%s has the default of the design', (path, value) => {
    expect(byPath.get(path)?.default).toEqual(value);
  });
});

test('the parts are those of the whole', () => {
  const { connection, source, syncs } = spec.configSpecification.properties ?? {};
  const keysOf = (schema: Schema | undefined) => propertiesOf(schema ?? {}).map(({ path }) => path);
  expect(keysOf(spec.connectionSpecification)).toEqual(keysOf(connection));
  expect(keysOf(spec.sourceSpecification)).toEqual(keysOf(source));
  expect(keysOf(spec.syncSpecification)).toEqual(keysOf(syncs?.items));
});
