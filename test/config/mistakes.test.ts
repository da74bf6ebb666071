import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { SyncError } from '../../src/errors.ts';

/*
 * Typical mistakes, and the exact lines that name them.
 */

const connection = { adAccountId: 'A12345678901', accessKey: '${ACCESS}', secretKey: '${file:/run/secret}' };
const files = { type: 'files', path: 'data/*.parquet' };
const postgres = { type: 'postgres', url: 'postgres://u:${ACCESS}@db:5432/x', table: 'buyers' };
const sync = { name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' };

const surroundings = {
  env: { ACCESS: 'MARKED-access', EMPTY: '' },
  readSecret(path: string) {
    if (path === '/run/secret') return 'MARKED-secret';
    throw Object.assign(new Error(`MARKED ${path}`), { code: 'ENOENT' });
  },
};

function errorOf(changes: object): SyncError {
  try {
    loadConfig(JSON.stringify({ connection, source: files, syncs: [sync], ...changes }), surroundings);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.code).toBe('config.invalid');
    expect([error.message, error.hint, error.stack, String(error.cause)].join()).not.toMatch(/marked/i);
    return error;
  }
  throw new Error('the configuration was accepted');
}

function problemsOf(changes: object): string[] {
  const { message } = errorOf(changes);
  const [head, ...lines] = message.split('\n');
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  expect(head).toBe(`The configuration has ${count}:`);
  return lines;
}

const inConnection = (changes: object) => ({ connection: { ...connection, ...changes } });
const inSync = (changes: object) => ({ syncs: [{ ...sync, ...changes }] });
const inFiles = (changes: object) => ({ source: { ...files, ...changes } });
const inPostgres = (changes: object) => ({ source: { ...postgres, ...changes } });

const ofRoot =
  'Known keys here: connection, destinations, source, syncs, batch, limits, retry, jobs, guards, state, plan, shutdown, rejects, suppress, $schema.';
const ofConnection = 'Known keys here: type, adAccountId, accessKey, secretKey, baseUrl, signature.';
const ofSync =
  'Known keys here: name, destination, audienceName, audienceId, identifierType, mode, columns, defaultCountry, countryColumn, phoneFormats, hashed, source, hashing, cursor.';
const ofFiles = 'Known keys here: type, path, csv.';
const ofPostgres =
  'Known keys here: type, url, query, table, where, transfer, tls, ca, statementTimeoutMs, idleTimeoutMs.';
const sourceTypes = 'must be one of files, stdin, duckdb, postgres, mysql, clickhouse, bigquery, snowflake';
const urlNote = 'did you mean url, which holds user, password, host, port and database?';

type Mistake = [title: string, changes: object, lines: string[]];

const values: Mistake[] = [
  ...[
    ['replace', 'mirror'],
    ['overwrite', 'mirror'],
    ['sync', 'mirror'],
    ['Mirror', 'mirror'],
    ['miror', 'mirror'],
    ['append', 'add'],
    ['upsert', 'add'],
    ['INSERT', 'add'],
  ].map(
    ([word, mode]): Mistake => [
      `the mode ${word}`,
      inSync({ mode: word }),
      [`syncs[0].mode: must be one of add, mirror, found "${word}" (did you mean ${mode}?).`],
    ],
  ),
  ...[
    ['emails', 'email'],
    ['mail', 'email'],
    ['e-mail', 'email'],
    ['phones', 'phone'],
    ['tel', 'phone'],
    ['idfa', 'ifa'],
    ['GAID', 'ifa'],
    ['aaid', 'ifa'],
    ['device', 'ifa'],
  ].map(
    ([word, type]): Mistake => [
      `the identifier type ${word}`,
      inSync({ identifierType: word }),
      [`syncs[0].identifierType: must be one of email, phone, ifa, found "${word}" (did you mean ${type}?).`],
    ],
  ),
  ...[
    ['postgresql', 'postgres'],
    ['pg', 'postgres'],
    ['mariadb', 'mysql'],
    ['csv', 'files'],
    ['parquet', 'files'],
    ['json', 'files'],
    ['file', 'files'],
    ['s3', 'files'],
    ['bq', 'bigquery'],
    ['snow', 'snowflake'],
  ].map(
    ([word, type]): Mistake => [
      `the source type ${word}`,
      { source: { type: word } },
      [`source.type: ${sourceTypes}, found "${word}" (did you mean ${type}?).`],
    ],
  ),
  ['a source type without a meaning', { source: { type: 'oracle' } }, [`source.type: ${sourceTypes}, found "oracle".`]],
  [
    'the old name of an encoding',
    inFiles({ csv: { encoding: 'cp932' } }),
    [
      'source.csv.encoding: must be one of utf-8, shift_jis, euc-jp, utf-16, big5, windows-874, gb18030, found "cp932" (did you mean shift_jis?).',
    ],
  ],
  [
    'columns as text',
    inSync({ columns: 'email' }),
    ['syncs[0].columns: must be a list, found "email" (write ["email"]).'],
  ],
  [
    'an audience id as a number',
    inSync({ audienceId: 5343822743474 }),
    ['syncs[0].audienceId: must be text, found 5343822743474 (put it in quotes).'],
  ],
  [
    'a number as text',
    { batch: { maxRecords: '500' } },
    ['batch.maxRecords: must be a number, found "500" (write 500 without quotes).'],
  ],
  [
    'a truth value as text',
    { jobs: { wait: 'true' } },
    ['jobs.wait: must be true or false, found "true" (write true without quotes).'],
  ],
  [
    'a country in small letters',
    inSync({ defaultCountry: 'jp' }),
    ['syncs[0].defaultCountry: must be a two-letter country code in capitals, such as JP, TH, TW or ID, found "jp".'],
  ],
  [
    'a sync name with capitals',
    inSync({ name: 'Buyers!' }),
    ['syncs[0].name: must be 1-63 of a-z, 0-9, "_" and "-", starting with a letter or digit, found "Buyers!".'],
  ],
  ['a percentage', { guards: { maxShrink: 50 } }, ['guards.maxShrink: must be at most 1, found 50.']],
  [
    'a delimiter in words',
    inFiles({ csv: { delimiter: 'tab' } }),
    ['source.csv.delimiter: must be at most 1 character, found "tab".'],
  ],
  ['a sync without a list', { syncs: sync }, ['syncs: must be a list, found an object.']],
  ['no syncs', { syncs: [] }, ['syncs: must not be empty.']],
  [
    'a sync that is copied',
    { syncs: [sync, sync] },
    [
      'syncs[1].name: is also the name of syncs[0]; names must be unique.',
      'syncs[1].audienceName: is also the audience of syncs[0]; two syncs must not share an audience.',
    ],
  ],
];

const keys: Mistake[] = [
  ...[
    ['audience', 'audienceName'],
    ['audience_name', 'audienceName'],
  ].map(
    ([key, meant]): Mistake => [
      `the key ${key}`,
      inSync({ audienceName: undefined, [key!]: 'Buyers' }),
      [
        `syncs[0].${key}: is not a known key; did you mean ${meant}? ${ofSync}`,
        'syncs[0].audienceName: is needed unless audienceId is given.',
      ],
    ],
  ),
  [
    'the type of a sync',
    inSync({ identifierType: undefined, type: 'email' }),
    [
      'syncs[0].identifierType: is missing; it must be one of email, phone, ifa.',
      `syncs[0].type: is not a known key; did you mean identifierType? ${ofSync}`,
    ],
  ],
  [
    'a column in the singular',
    inSync({ column: 'email' }),
    [`syncs[0].column: is not a known key; did you mean columns? ${ofSync}`],
  ],
  [
    'a country',
    inSync({ country: 'JP' }),
    [`syncs[0].country: is not a known key; did you mean defaultCountry? ${ofSync}`],
  ],
  ...['account', 'accountId', 'ad_account_id'].map(
    (key): Mistake => [
      `the key ${key}`,
      inConnection({ adAccountId: undefined, [key]: 'A12345678901' }),
      [
        'connection.adAccountId: is missing; it must be text.',
        `connection.${key}: is not a known key; did you mean adAccountId? ${ofConnection}`,
      ],
    ],
  ),
  [
    'a key in snake case, with a secret in it',
    inConnection({ accessKey: undefined, access_key: 'MARKED' }),
    [
      'connection.accessKey: is missing; it must be text.',
      `connection.access_key: is not a known key; did you mean accessKey? ${ofConnection}`,
    ],
  ],
  [
    'parts of a URL',
    inPostgres({ url: undefined, host: 'db', port: 5432, user: 'MARKED', password: 'MARKED' }),
    [
      'source.url: is missing; it must be text.',
      ...['host', 'port', 'user', 'password'].map(
        (key) => `source.${key}: is not a known key; ${urlNote} ${ofPostgres}`,
      ),
    ],
  ],
  ['sql', inPostgres({ sql: 'MARKED' }), [`source.sql: is not a known key; did you mean query? ${ofPostgres}`]],
  [
    'a file',
    { source: { type: 'files', file: 'x.csv' } },
    ['source.path: is missing; it must be text.', `source.file: is not a known key; did you mean path? ${ofFiles}`],
  ],
  [
    'a key of another type of source',
    inFiles({ query: 'SELECT 1' }),
    [`source.query: is not a known key; did you mean type? ${ofFiles}`],
  ],
  [
    'a misspelt key of a nested object',
    { jobs: { timeout: 5 } },
    [
      'jobs.timeout: is not a known key; did you mean timeoutMs? Known keys here: wait, timeoutMs, pollMinMs, pollMaxMs, settleMs.',
    ],
  ],
  ['sources', { sources: files }, [`sources: is not a known key; did you mean source? ${ofRoot}`]],
  ['suppressions', { suppressions: [] }, [`suppressions: is not a known key; did you mean suppress? ${ofRoot}`]],
  ['no type of a source', { source: { path: 'x' } }, [`source.type: is missing; it ${sourceTypes}.`]],
  [
    'no connection',
    { connection: undefined },
    ['connection: is needed unless every sync names one of `destinations`.'],
  ],
];

const shown: Mistake[] = [
  [
    'the address of plain http',
    inConnection({ baseUrl: 'http://ads.line.me' }),
    ['connection.baseUrl: must be https: plain http is allowed to loopback only, found "http://ads.line.me".'],
  ],
  ...['A-12345678901', 'A12345678901 ', 'AB123'].map(
    (id): Mistake => [
      `the account ID "${id}"`,
      inConnection({ adAccountId: id }),
      [`connection.adAccountId: must be digits, or a letter and digits, such as A12345678901, found "${id}".`],
    ],
  ),
];

const hidden: Mistake[] = [
  ...['MARKEDKEY123', 'marked', '123456789012345678901234567890MARKED'].map(
    (text): Mistake => [
      `a key in place of the account ID: ${text.length} characters`,
      inConnection({ adAccountId: text }),
      [
        'connection.adAccountId: must be digits, or a letter and digits, such as A12345678901, found a value that is not shown.',
      ],
    ],
  ),
  [
    'a key in place of the address',
    inConnection({ baseUrl: 'MARKED' }),
    ['connection.baseUrl: must be a URL such as https://ads.line.me, found a value that is not shown.'],
  ],
  [
    'a password in the address',
    inConnection({ baseUrl: 'https://u:MARKED@ads.line.me' }),
    ['connection.baseUrl: must not hold a user or password, found a value that is not shown.'],
  ],
  ...['https://ads.line.me/MARKED', 'https://ads.line.me?key=MARKED', 'https://ads.line.me#MARKED'].map(
    (baseUrl): Mistake => [
      `a key behind the address: ${baseUrl}`,
      inConnection({ baseUrl }),
      ['connection.baseUrl: must be scheme, host and port only, without a path, found a value that is not shown.'],
    ],
  ),
  [
    'a key in place of the type',
    inConnection({ type: 'MARKED' }),
    ['connection.type: must be one of line_ads, found a value that is not shown.'],
  ],
  [
    'a URL in place of a source',
    { source: 'postgres://u:MARKED@h/d' },
    ['source: must be an object, found a value that is not shown.'],
  ],
  [
    'a URL in place of the type of a source',
    { source: { type: 'postgres://u:MARKED@h/d' } },
    [`source.type: ${sourceTypes}, found a value that is not shown.`],
  ],
  [
    'a URL in place of the source of a sync',
    inSync({ source: 'postgres://u:MARKED@h/d' }),
    ['syncs[0].source: must be an object, found a value that is not shown.'],
  ],
  [
    'a number in place of a key',
    inConnection({ secretKey: 314159 }),
    ['connection.secretKey: must be text, found a value that is not shown (put it in quotes).'],
  ],
];

const references: Mistake[] = [
  [
    'a variable that is not set',
    inConnection({ accessKey: '${LINE_ADS_ACCESS_KEY}' }),
    ['connection.accessKey: refers to the environment variable LINE_ADS_ACCESS_KEY, which is not set.'],
  ],
  [
    'a variable that is empty',
    inConnection({ accessKey: '${EMPTY}' }),
    ['connection.accessKey: refers to the environment variable EMPTY, which is empty.'],
  ],
  [
    'a secret that is not mounted',
    inConnection({ secretKey: '${file:/run/none}' }),
    ['connection.secretKey: refers to the file /run/none, which cannot be read (ENOENT).'],
  ],
  [
    'a name with a hyphen',
    inConnection({ secretKey: '${LINE-KEY}' }),
    ['connection.secretKey: holds a reference that is neither ${NAME} nor ${file:PATH} (write $${ for a literal ${).'],
  ],
];

describe('the lines name', () => {
  test.each([...values, ...keys, ...references])('%s', (_, changes, lines) => {
    expect(problemsOf(changes)).toEqual(lines);
  });
});

describe('a value that is no secret is shown', () => {
  test.each(shown)('%s', (_, changes, lines) => {
    expect(problemsOf(changes)).toEqual(lines);
  });
});

describe('a value that may be a secret is not shown', () => {
  test.each(hidden)('%s', (_, changes, lines) => {
    expect(problemsOf(changes)).toEqual(lines);
  });
});

test('a line break in a key does not begin a new line', () => {
  expect(problemsOf({ 'sour\nce': 1 })).toEqual([`sour ce: is not a known key; did you mean source? ${ofRoot}`]);
});

describe('the hint tells the next step', () => {
  const correct = 'Correct the values listed above, then run again.';
  const spec = '`line-ads-sync spec` prints them all.';
  test.each<[string, object, string]>([
    ['a wrong value', inSync({ mode: 'replace' }), correct],
    ['an unknown field', inSync({ colums: [] }), `Look up the fields under "syncs" in docs/config.md; ${spec}`],
    [
      'unknown fields of two sections',
      { ...inPostgres({ sql: 'x' }), jobs: { timeout: 5 } },
      `Look up the fields under "source: postgres", "jobs" in docs/config.md; ${spec}`,
    ],
    ['an unknown field at the top', { conection: {} }, `Look up the fields under "Fields" in docs/config.md; ${spec}`],
    ['a missing connection', { connection: undefined }, `Look up the fields under "Fields" in docs/config.md; ${spec}`],
    [
      'variables that are not set',
      inConnection({ accessKey: '${KEY_A}', secretKey: '${KEY_B}' }),
      'Set KEY_A, KEY_B in the environment of this process: with -e in docker run, or with env and secretKeyRef in a Kubernetes pod.',
    ],
    [
      'a file that is missing',
      inConnection({ secretKey: '${file:/run/none}' }),
      'Provide /run/none as a readable file that is not empty, such as a mounted Docker or Kubernetes secret.',
    ],
  ])('for %s', (_, changes, hint) => {
    expect(errorOf(changes).hint).toBe(hint);
  });
});
