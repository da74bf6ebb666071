import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { destinationConfigOf } from '../../src/destinations/config.ts';
import { SyncError } from '../../src/errors.ts';

const connection = { adAccountId: 'A12345678901', accessKey: '${ACCESS}', secretKey: '${file:/run/secret}' };
const source = { type: 'files', path: 'data/*.parquet' };
const sync = { name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' };
const minimal = { connection, source, syncs: [sync] };

const env = { ACCESS: 'MARKED-access', PORT: '8080', EMPTY: '', BAD_ACCOUNT: 'MARKED account', lower_1: 'low' };

function readSecret(path: string): string {
  if (path === '/run/secret') return 'MARKED-secret\n';
  if (path === '/run/crlf') return '\ufeffMARKED-secret\r\n';
  if (path === '/run/empty') return '\n';
  if (path === '/run/spaces') return ' MARKED \n\n';
  throw Object.assign(new Error(`MARKED ${path}`), { code: 'ENOENT' });
}

function load(config: unknown) {
  return loadConfig(typeof config === 'string' ? config : JSON.stringify(config), { env, readSecret });
}

/** The message of the config error, which shows no secret anywhere. */
function problemOf(config: unknown): string {
  try {
    load(config);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.code).toBe('config.invalid');
    expect([error.message, error.hint, error.stack, String(error.cause)].join()).not.toMatch(/marked/i);
    return error.message;
  }
  throw new Error('the configuration was accepted');
}

describe('a configuration', () => {
  test('gets its defaults', () => {
    const { config, warnings } = load(minimal);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      connection: { baseUrl: 'https://ads.line.me', signature: 'auto' },
      syncs: [{ hashed: 'auto', phoneFormats: ['e164', 'e164-digits', 'national'] }],
      batch: { maxRecords: 500_000, maxBytes: 62_914_560 },
      limits: { requestsPerSecond: 10, concurrentReplaces: 3, concurrentUploads: 4, unfinishedJobs: 8 },
      retry: { maxAttempts: 8, baseMs: 500, maxDelayMs: 30_000, maxTotalMs: 900_000 },
      jobs: { wait: true, timeoutMs: 86_400_000, pollMinMs: 5000, pollMaxMs: 300_000, settleMs: 5000 },
      guards: { maxShrink: 0.5, maxRejected: 0.5, minMembers: 1 },
      state: { directory: '.line-ads-sync' },
    });
  });

  test('of the design loads as it stands', () => {
    const { config, warnings } = load({
      connection: { ...connection, baseUrl: 'https://ads.line.me', signature: 'auto' },
      source: { type: 'files', path: 'data/*.parquet' },
      syncs: [
        {
          name: 'buyers-email',
          audienceName: 'Buyers 90 days',
          audienceId: '5343822743474',
          identifierType: 'email',
          mode: 'mirror',
          columns: ['email'],
          defaultCountry: 'JP',
          phoneFormats: ['e164', 'e164-digits', 'national'],
          hashed: 'auto',
        },
      ],
      batch: { maxRecords: 500_000, maxBytes: 62_914_560 },
      limits: { requestsPerSecond: 10, concurrentReplaces: 3, concurrentUploads: 4, unfinishedJobs: 8 },
      retry: { maxAttempts: 8, baseMs: 500, maxDelayMs: 30_000, maxTotalMs: 900_000 },
      jobs: { wait: true, timeoutMs: 86_400_000, pollMinMs: 5000, pollMaxMs: 300_000, settleMs: 5000 },
      guards: { maxShrink: 0.5, maxRejected: 0.5, minMembers: 1 },
      state: { directory: '.line-ads-sync' },
    });
    expect(warnings).toEqual([]);
    expect(config.syncs[0]?.audienceId).toBe('5343822743474');
  });

  test('may begin with a byte order mark', () => {
    expect(load(`\ufeff${JSON.stringify(minimal)}`).config.syncs.length).toBe(1);
  });
});

describe('references', () => {
  const path = (text: string) => {
    const { config } = load({ ...minimal, source: { type: 'files', path: text } });
    return config.source?.type === 'files' ? config.source.path : '';
  };

  test('to the environment and to files are resolved, a last line end left off', () => {
    expect(load(minimal).config.connection).toMatchObject({ accessKey: 'MARKED-access', secretKey: 'MARKED-secret' });
  });

  test.each([
    ['${lower_1}', 'low'],
    ['a-${PORT}/${PORT}.csv', 'a-8080/8080.csv'],
    ['$${PORT}', '${PORT}'],
    ['$$${PORT}', '$${PORT}'],
    ['$PORT {PORT} $', '$PORT {PORT} $'],
    ['$${${PORT}}', '${8080}'],
    ['${file:/run/crlf}', 'MARKED-secret'],
    ['${file:/run/spaces}', ' MARKED \n'],
  ])('%s stands for its text', (text, wanted) => {
    expect(path(text)).toBe(wanted);
  });

  test('are not resolved again in what they bring', () => {
    const { config } = loadConfig(JSON.stringify(minimal), {
      env: { ACCESS: '${PORT}' },
      readSecret: () => '${ACCESS}',
    });
    expect(config.connection).toMatchObject({ accessKey: '${PORT}', secretKey: '${ACCESS}' });
  });

  test.each([
    ['${MISSING}', 'refers to the environment variable MISSING, which is not set'],
    ['${EMPTY}', 'refers to the environment variable EMPTY, which is empty'],
    ['${file:/run/missing}', 'refers to the file /run/missing, which cannot be read (ENOENT)'],
    ['${file:/run/empty}', 'refers to the file /run/empty, which is empty'],
    ['${NOT A NAME}', 'holds a reference that is neither ${NAME} nor ${file:PATH}'],
    ['${}', 'holds a reference that is neither ${NAME} nor ${file:PATH}'],
    ['${toString}', 'refers to the environment variable toString, which is not set'],
  ])('%s is named when it cannot be resolved', (text, message) => {
    expect(problemOf({ ...minimal, connection: { ...connection, secretKey: text } })).toContain(
      `connection.secretKey: ${message}`,
    );
  });

  test('that cannot be resolved are told once, with all other problems', () => {
    const message = problemOf({
      ...minimal,
      connection: { ...connection, accessKey: '${MISSING}', secretKey: '${file:/nowhere}' },
      syncs: [{ ...sync, mode: 'sync' }],
    });
    expect(message).toContain('3 problems');
    expect(message.match(/connection\.accessKey/g)?.length).toBe(1);
    expect(message).toContain('syncs[0].mode: must be one of add, mirror, found "sync" (did you mean mirror?).');
  });

  test('to a real file are read from the disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'secret'), 'from the disk\n');
    const text = JSON.stringify({ ...minimal, connection: { ...connection, secretKey: `\${file:${folder}/secret}` } });
    expect(loadConfig(text, { env }).config.connection?.secretKey).toBe('from the disk');
  });
});

describe('secrets', () => {
  test('written into the file work, with a warning that does not show them', () => {
    const { config, warnings } = load({
      ...minimal,
      connection: { ...connection, accessKey: 'MARKED-a', secretKey: 'MARKED-b' },
    });
    expect(config.connection?.secretKey).toBe('MARKED-b');
    expect(warnings.map(({ code }) => code)).toEqual(['inline_secret', 'inline_secret']);
    expect(JSON.stringify(warnings)).not.toMatch(/marked/i);
  });

  test.each<[string, object]>([
    ['a key of the wrong type', { connection: { ...connection, accessKey: { value: 'MARKED' } } }],
    ['a key that is a list', { connection: { ...connection, secretKey: ['MARKED'] } }],
    ['a key that is a number', { connection: { ...connection, secretKey: 314159 } }],
    ['a key under a wrong name', { connection: { ...connection, secret: 'MARKED' } }],
    ['a key in place of the connection', { connection: 'MARKED' }],
    ['a referenced value that does not fit', { connection: { ...connection, adAccountId: '${BAD_ACCOUNT}' } }],
    [
      'a referenced part of a value that does not fit',
      { connection: { ...connection, baseUrl: 'ftp://${BAD_ACCOUNT}' } },
    ],
    ['a referenced name of a kind', { source: { type: '${ACCESS}', path: 'x' } }],
    ['a password in the URL', { connection: { ...connection, baseUrl: 'https://user:MARKED@ads.line.me' } }],
  ])('are not shown in errors: %s', (_, config) => {
    expect(problemOf({ ...minimal, ...config })).not.toContain('314159');
  });

  test('in place of everything are not shown either', () => {
    expect(problemOf('"MARKED"')).toContain('The configuration must be an object, found a value that is not shown.');
    expect(problemOf('["MARKED"]')).toContain('The configuration must be an object, found a value that is not shown.');
  });

  test.each([
    ['a missing comma', '{"connection": {"secretKey": "MARKED" "accessKey": "MARKED"}}'],
    ['a missing quote', '{\n  "secretKey": "MARKED,\n  "accessKey": "x"\n}'],
    ['a bare word', '{"secretKey": MARKED}'],
    ['a comment without an end', '{"secretKey": "MARKED" /* the key\n}'],
    ['a missing end', '{"secretKey": "MARKED"'],
    ['text behind the end', '{} MARKED'],
    ['no JSON at all', 'secretKey: MARKED'],
  ])('are not shown when the JSON is broken by %s', (_, text) => {
    expect(problemOf(text)).toContain('is not valid JSON');
  });
});

describe('problems', () => {
  test('come all at once, each with its path', () => {
    const message = problemOf({
      connection: { ...connection, adAccountId: 'x y', signatur: 'auto' },
      source: { type: 'files' },
      syncs: [
        { ...sync, mode: 'replace' },
        { ...sync, name: 'second', colums: ['email'], audienceName: 'Second' },
      ],
      limits: { requestsPerSecond: 50 },
      jobs: { pollMinMs: 1 },
    });
    for (const part of [
      '7 problems',
      'connection.adAccountId: must be digits, or a letter and digits, such as A12345678901, found a value that is not shown',
      'connection.signatur: is not a known key; did you mean signature?',
      'source.path: is missing; it must be text.',
      'syncs[0].mode: must be one of add, mirror, found "replace" (did you mean mirror?).',
      'syncs[1].colums: is not a known key; did you mean columns?',
      'limits.requestsPerSecond: must be at most 10, found 50',
      'jobs.pollMinMs: must be at least 10, found 1',
    ])
      expect(message).toContain(part);
  });

  test.each<[string, object, string]>([
    ['a misspelt top key', { conection: {} }, 'conection: is not a known key; did you mean connection?'],
    [
      'a misspelt key of a source',
      { source: { ...source, pth: 'x' } },
      'source.pth: is not a known key; did you mean path?',
    ],
    [
      'a misspelt key of csv',
      { source: { ...source, csv: { delimeter: ';' } } },
      'source.csv.delimeter: is not a known key; did you mean delimiter?',
    ],
    [
      'a key of another kind',
      { source: { type: 'duckdb', query: 'SELECT 1', path: 'x' } },
      'source.path: is not a known key',
    ],
    [
      'a key of a later issue',
      { state: { keepCursor: true } },
      'state.keepCursor: is not a known key; did you mean keepSnapshots?',
    ],
    [
      'a wrong kind',
      { source: { type: 'oracle' } },
      'source.type: must be one of files, stdin, duckdb, postgres, mysql, clickhouse, bigquery, snowflake, found "oracle".',
    ],
    ['no kind', { source: { path: 'x' } }, 'source.type: is missing; it must be one of files, stdin, duckdb'],
    ['a source that is text', { source: 'x.csv' }, 'source'],
    ['null', { source: null }, 'source'],
    ['syncs that are no list', { syncs: { a: 1 } }, 'syncs: must be a list, found an object'],
    ['no syncs', { syncs: [] }, 'syncs: must not be empty'],
    ['a sync that is text', { syncs: ['x'] }, 'syncs[0]: must be an object, found "x"'],
    ['a fraction', { batch: { maxRecords: 1.5 } }, 'batch.maxRecords: must be a whole number, found 1.5'],
    [
      'a number as text',
      { batch: { maxRecords: '5' } },
      'batch.maxRecords: must be a number, found "5" (write 5 without quotes).',
    ],
    ['a truth value as text', { jobs: { wait: 'no' } }, 'jobs.wait: must be true or false, found "no".'],
    [
      'a long text',
      { syncs: [{ ...sync, audienceName: 'x'.repeat(200) }] },
      'must be at most 120 characters, found "xxxxx',
    ],
    [
      'two syncs of a name',
      { syncs: [sync, { ...sync, audienceName: 'B' }] },
      'syncs[1].name: is also the name of syncs[0]; names must be unique',
    ],
  ])('%s', (_, config, message) => {
    expect(problemOf({ ...minimal, ...config })).toContain(message);
  });

  test.each(['', ' \n', '\ufeff'])('an empty text is named as such: %j', (text) => {
    expect(problemOf(text)).toBe('The configuration is empty.');
  });

  test('in the JSON are told with line and column', () => {
    expect(problemOf('{\n  "connection": {},\n  "source" {}\n}')).toContain('\nline 3, column 12: ');
    expect(problemOf('\ufeff{"a": 1,,}')).toContain('\nline 1, column 9: ');
    expect(problemOf('{"a": 1')).toContain('\nline 1, column 8: ');
  });
});

describe('further destinations', () => {
  const second = { type: 'line_ads', adAccountId: 'A2', accessKey: '${ACCESS}', secretKey: '${file:/run/secret}' };
  const toSecond = { ...sync, destination: 'second' };

  test('get the defaults of an account, and references are resolved in them', () => {
    const { config, warnings } = load({
      ...minimal,
      destinations: { second },
      syncs: [sync, { ...toSecond, name: 'b' }],
    });
    expect(warnings).toEqual([]);
    expect(config.connection?.type).toBe('line_ads');
    expect(config.destinations.second).toEqual({
      ...second,
      accessKey: 'MARKED-access',
      secretKey: 'MARKED-secret',
      baseUrl: 'https://ads.line.me',
      signature: 'auto',
    });
    expect(config.syncs.map(({ destination }) => destination)).toEqual(['connection', 'second']);
  });

  test('may stand without a connection when every sync names one', () => {
    const { config } = load({ destinations: { second }, source, syncs: [toSecond] });
    expect(config.connection).toBeUndefined();
  });

  test('may hold an audience of the same name or id as another account', () => {
    const byId = { ...sync, name: 'c', audienceName: undefined, audienceId: '5' };
    const syncs = [sync, { ...toSecond, name: 'b' }, byId, { ...byId, name: 'd', destination: 'second' }];
    expect(load({ ...minimal, destinations: { second }, syncs }).config.syncs).toHaveLength(4);
  });

  test('have the common batch and limits unless they have their own', () => {
    const third = { ...second, adAccountId: 'A3', limits: { requestsPerSecond: 3 }, batch: { maxRecords: 10 } };
    const { config } = load({
      ...minimal,
      destinations: { second, third },
      limits: { requestsPerSecond: 5, concurrentUploads: 2 },
      batch: { maxRecords: 100 },
    });
    const own = ['connection', 'second', 'third'].map((name) => destinationConfigOf(config, name));
    expect(own.map(({ limits }) => [limits.requestsPerSecond, limits.concurrentUploads])).toEqual([
      [5, 2],
      [5, 2],
      [3, 4],
    ]);
    expect(own.map(({ batch }) => batch.maxRecords)).toEqual([100, 100, 10]);
  });

  test.each<[string, object, string]>([
    [
      'a destination that is not configured',
      { syncs: [{ ...sync, destination: 'third' }] },
      'syncs[0].destination: must be one of connection, second, found "third"',
    ],
    [
      'a destination that every object has',
      { syncs: [{ ...sync, destination: 'constructor' }] },
      'syncs[0].destination: must be one of connection, second, found "constructor"',
    ],
    [
      'no destination where there is no connection',
      { connection: undefined },
      'syncs[0].destination: is missing; without a connection it must be one of second.',
    ],
    [
      'neither connection nor destinations',
      { connection: undefined, destinations: undefined },
      'connection: is needed unless every sync names one of `destinations`.',
    ],
    [
      'nothing as destinations, and no connection',
      { connection: undefined, destinations: null },
      'connection: is needed unless every sync names one of `destinations`',
    ],
    [
      'neither connection nor destinations beside other problems',
      { connection: undefined, destinations: {}, limits: { requestsPerSecond: 50 }, syncs: [{ ...sync, mode: 'x' }] },
      'connection: is needed unless every sync names one of `destinations`',
    ],
    [
      'a destination with the name of the connection',
      { destinations: { connection: second } },
      'destinations.connection: its name is reserved for the connection object',
    ],
    [
      'a name with capitals and spaces',
      { destinations: { 'My account': second } },
      'destinations.My account: its name must be 1-63 of a-z, 0-9, "_" and "-", starting with a letter or digit',
    ],
    [
      'the account of the connection',
      { destinations: { second: { ...second, adAccountId: connection.adAccountId } } },
      'destinations.second: is also the account of connection; an account must be one destination, or its limits would not hold.',
    ],
    [
      'one account twice, its address written differently',
      { destinations: { second, third: { ...second, baseUrl: 'https://ads.line.me:443/' } } },
      'destinations.third: is also the account of second',
    ],
    [
      'two syncs of one audience',
      { syncs: [toSecond, { ...toSecond, name: 'b' }] },
      'syncs[1].audienceName: is also the audience of syncs[0]; two syncs must not share an audience',
    ],
    [
      'two syncs of one audience id',
      {
        syncs: [
          { ...toSecond, audienceId: '5' },
          { ...toSecond, audienceName: 'B', audienceId: '5', name: 'b' },
        ],
      },
      'syncs[1].audienceId: is also the audience of syncs[0]; two syncs must not share an audience',
    ],
    [
      'no type',
      { destinations: { second: { ...second, type: undefined } } },
      'destinations.second.type: is missing; it must be one of line_ads.',
    ],
    [
      'an unknown type',
      { destinations: { second: { ...second, type: 'line_adz' } } },
      'destinations.second.type: must be one of line_ads, found "line_adz" (did you mean line_ads?).',
    ],
    [
      'a misspelt key',
      { destinations: { second: { ...second, signatur: 'auto' } } },
      'destinations.second.signatur: is not a known key; did you mean signature?',
    ],
    [
      'a misspelt key of its limits',
      { destinations: { second: { ...second, limits: { requestsPerSecnd: 1 } } } },
      'destinations.second.limits.requestsPerSecnd: is not a known key; did you mean requestsPerSecond?',
    ],
    [
      'a limit that is too high',
      { destinations: { second: { ...second, limits: { requestsPerSecond: 11 } } } },
      'destinations.second.limits.requestsPerSecond: must be at most 10, found 11',
    ],
    ['a list', { destinations: [second] }, 'destinations: must be an object, found a value that is not shown.'],
  ])('are refused with a clear error: %s', (_, changes, message) => {
    expect(problemOf({ ...minimal, destinations: { second }, ...changes })).toContain(message);
  });

  test('have their account told apart by the address of the API', () => {
    const here = { ...second, adAccountId: connection.adAccountId, baseUrl: 'http://127.0.0.1:8080' };
    expect(load({ ...minimal, destinations: { second: here } }).warnings).toEqual([]);
  });

  test('warn of secrets that are written into them', () => {
    const { warnings } = load({ ...minimal, destinations: { second: { ...second, secretKey: 'MARKED' } } });
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^destinations\.second\.secretKey is written into the configuration/),
    ]);
    expect(JSON.stringify(warnings)).not.toContain('MARKED');
  });

  test.each<[string, unknown]>([
    ['a key of the wrong type', { second: { ...second, accessKey: { value: 'MARKED' } } }],
    ['a key that is a list', { second: { ...second, secretKey: ['MARKED'] } }],
    ['a key that is a number', { second: { ...second, secretKey: 314159 } }],
    ['a key under a wrong name', { second: { ...second, secret: 'MARKED' } }],
    ["a key in its neighbour's place", { second: { ...second, adAccountId: 'MARKED' } }],
    ['a key in place of the limits', { second: { ...second, limits: 'MARKED' } }],
    ['a key in place of a destination', { second: 'MARKED' }],
    ['a key in place of all', 'MARKED'],
    ['a referenced value that does not fit', { second: { ...second, adAccountId: '${BAD_ACCOUNT}' } }],
    ['a password in the URL', { second: { ...second, baseUrl: 'https://user:MARKED@ads.line.me' } }],
  ])('show no secret in errors: %s', (_, destinations) => {
    expect(problemOf({ ...minimal, destinations })).not.toContain('314159');
  });
});
