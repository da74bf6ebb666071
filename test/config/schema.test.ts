import { describe, expect, test } from 'vitest';
import { configSchema, wantedColumns } from '../../src/config/schema.ts';
import { syncOf } from '../setup/memberSetup.ts';

const connection = { adAccountId: 'A12345678901', accessKey: 'key', secretKey: 'secret' };
const source = { type: 'files', path: 'data/*.parquet' };
const sync = { name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' };

function problemsOf(config: object): string[] {
  const result = configSchema.safeParse({ connection, source, syncs: [sync], ...config });
  return result.success ? [] : result.error.issues.map(({ path }) => path.map(String).join('.'));
}

describe('values that are allowed', () => {
  test.each<[string, object]>([
    ['an account of digits', { connection: { ...connection, adAccountId: '123' } }],
    ['another base URL', { connection: { ...connection, baseUrl: 'https://proxy.example.com:8443' } }],
    ['http to 127.0.0.1', { connection: { ...connection, baseUrl: 'http://127.0.0.1:8080' } }],
    ['http to localhost', { connection: { ...connection, baseUrl: 'http://localhost:8080/' } }],
    ['http to ::1', { connection: { ...connection, baseUrl: 'http://[::1]:8080' } }],
    ['a query', { source: { type: 'duckdb', query: 'SELECT 1' } }],
    ['files without a header', { source: { ...source, csv: { header: false, columns: ['a', 'b'] } } }],
    ['no quote', { source: { ...source, csv: { quote: '' } } }],
    ['a quote as delimiter where nothing quotes', { source: { ...source, csv: { quote: '', delimiter: '"' } } }],
    ['a delimiter beyond ASCII', { source: { ...source, csv: { delimiter: '；' } } }],
    ['an encoding', { source: { ...source, csv: { encoding: 'shift_jis' } } }],
    ['an id without a name', { syncs: [{ ...sync, audienceName: undefined, audienceId: '5343822743474' }] }],
    ['a name of 120 characters', { syncs: [{ ...sync, audienceName: '日'.repeat(120) }] }],
    ['a sync name of 63 characters', { syncs: [{ ...sync, name: `0${'a'.repeat(62)}` }] }],
    ['one name for two types', { syncs: [sync, { ...sync, name: 'b', identifierType: 'phone' }] }],
    ['polling every 10 ms', { jobs: { pollMinMs: 10, pollMaxMs: 10, settleMs: 10, timeoutMs: 1000 } }],
    ['batches of one', { batch: { maxRecords: 1 } }],
    ['shares of 0 and 1', { guards: { maxShrink: 0, maxRejected: 1 } }],
    [
      'a country column of phones, and of a list of phones',
      {
        syncs: [{ ...sync, identifierType: 'phone', countryColumn: 'country' }],
        suppress: [{ source, identifierType: 'phone', countryColumn: 'land' }],
        guards: { maxDoubtful: 1 },
      },
    ],
    [
      'national alone with a country',
      { syncs: [{ ...sync, identifierType: 'phone', phoneFormats: ['national'], defaultCountry: 'TH' }] },
    ],
  ])('%s', (_, config) => {
    expect(problemsOf(config)).toEqual([]);
  });
});

describe('values that are refused', () => {
  test.each<[string, object, string[]]>([
    ['an account of letters', { connection: { ...connection, adAccountId: 'AB12' } }, ['connection.adAccountId']],
    ['an empty secret', { connection: { ...connection, secretKey: '' } }, ['connection.secretKey']],
    ['http to the world', { connection: { ...connection, baseUrl: 'http://ads.line.me' } }, ['connection.baseUrl']],
    [
      'http to a name like loopback',
      { connection: { ...connection, baseUrl: 'http://127.0.0.1.example.com' } },
      ['connection.baseUrl'],
    ],
    [
      'http to a name that starts with localhost',
      { connection: { ...connection, baseUrl: 'http://localhost.example.com' } },
      ['connection.baseUrl'],
    ],
    ['another scheme', { connection: { ...connection, baseUrl: 'ftp://127.0.0.1' } }, ['connection.baseUrl']],
    ['a path', { connection: { ...connection, baseUrl: 'https://ads.line.me/api' } }, ['connection.baseUrl']],
    ['a user', { connection: { ...connection, baseUrl: 'https://u:p@ads.line.me' } }, ['connection.baseUrl']],
    ['no URL', { connection: { ...connection, baseUrl: 'ads.line.me' } }, ['connection.baseUrl']],
    ['another signature', { connection: { ...connection, signature: 'none' } }, ['connection.signature']],
    ['another source', { source: { type: 'oracle' } }, ['source.type']],
    ['an empty query', { source: { type: 'duckdb', query: ' ' } }, ['source.query']],
    ['no header and no names', { source: { ...source, csv: { header: false } } }, ['source.csv.columns']],
    ['a header and names', { source: { ...source, csv: { columns: ['a'] } } }, ['source.csv.columns']],
    ['a delimiter of two', { source: { ...source, csv: { delimiter: '||' } } }, ['source.csv.delimiter']],
    ['a line break as delimiter', { source: { ...source, csv: { delimiter: '\n' } } }, ['source.csv.delimiter']],
    ['a delimiter that is the quote', { source: { ...source, csv: { delimiter: '"' } } }, ['source.csv.delimiter']],
    ['a line break as quote', { source: { ...source, csv: { quote: '\r' } } }, ['source.csv.quote']],
    ['a quote beyond ASCII', { source: { ...source, csv: { quote: '“' } } }, ['source.csv.quote']],
    ['an encoding that is not known', { source: { ...source, csv: { encoding: 'latin1' } } }, ['source.csv.encoding']],
    ['no syncs', { syncs: [] }, ['syncs']],
    ['a sync name in capitals', { syncs: [{ ...sync, name: 'Buyers' }] }, ['syncs.0.name']],
    ['a sync name of 64 characters', { syncs: [{ ...sync, name: 'a'.repeat(64) }] }, ['syncs.0.name']],
    ['a sync name that climbs', { syncs: [{ ...sync, name: '../x' }] }, ['syncs.0.name']],
    [
      'an audience name of 121 characters',
      { syncs: [{ ...sync, audienceName: 'a'.repeat(121) }] },
      ['syncs.0.audienceName'],
    ],
    ['an audience name of spaces', { syncs: [{ ...sync, audienceName: '  ' }] }, ['syncs.0.audienceName']],
    ['an audience name of two lines', { syncs: [{ ...sync, audienceName: 'a\r\nb' }] }, ['syncs.0.audienceName']],
    ['an audience without id and name', { syncs: [{ ...sync, audienceName: undefined }] }, ['syncs.0.audienceName']],
    ['an audience id of letters', { syncs: [{ ...sync, audienceId: 'x' }] }, ['syncs.0.audienceId']],
    [
      'an unknown country',
      { syncs: [{ ...sync, identifierType: 'phone', defaultCountry: 'XX' }] },
      ['syncs.0.defaultCountry'],
    ],
    ['a country column of emails', { syncs: [{ ...sync, countryColumn: 'country' }] }, ['syncs.0.countryColumn']],
    [
      'a country column of advertising IDs',
      { syncs: [{ ...sync, identifierType: 'ifa', countryColumn: 'country' }] },
      ['syncs.0.countryColumn'],
    ],
    [
      'a nameless country column',
      { syncs: [{ ...sync, identifierType: 'phone', countryColumn: '' }] },
      ['syncs.0.countryColumn'],
    ],
    [
      'a country column in a list of emails',
      { suppress: [{ source, identifierType: 'email', countryColumn: 'country' }] },
      ['suppress.0.countryColumn'],
    ],
    ...['warehouse', 'warehouse_or_raw'].map((hashing): [string, object, string[]] => [
      `a country column with hashing: ${hashing}`,
      {
        source: { type: 'duckdb', query: 'SELECT 1' },
        syncs: [{ ...sync, identifierType: 'phone', hashing, countryColumn: 'country' }],
      },
      ['syncs.0.countryColumn'],
    ]),
    ['no phone forms', { syncs: [{ ...sync, identifierType: 'phone', phoneFormats: [] }] }, ['syncs.0.phoneFormats']],
    [
      'national alone without a country',
      { syncs: [{ ...sync, identifierType: 'phone', phoneFormats: ['national'] }] },
      ['syncs.0.phoneFormats'],
    ],
    ['a sync name twice', { syncs: [sync, { ...sync, audienceName: 'Others' }] }, ['syncs.1.name']],
    ['an audience twice by name', { syncs: [sync, { ...sync, name: 'b' }] }, ['syncs.1.audienceName']],
    [
      'an audience twice by id',
      { syncs: ['a', 'b'].map((name) => ({ ...sync, name, audienceName: name, audienceId: '7' })) },
      ['syncs.1.audienceId'],
    ],
    ['11 requests a second', { limits: { requestsPerSecond: 11 } }, ['limits.requestsPerSecond']],
    ['4 REPLACEs at once', { limits: { concurrentReplaces: 4 } }, ['limits.concurrentReplaces']],
    ['a body above 60 MiB', { batch: { maxBytes: 62_914_561 } }, ['batch.maxBytes']],
    ['no records', { batch: { maxRecords: 0 } }, ['batch.maxRecords']],
    ['half a record', { batch: { maxRecords: 1.5 } }, ['batch.maxRecords']],
    ['numbers as text', { retry: { maxAttempts: '8' } }, ['retry.maxAttempts']],
    ['polling every 9 ms', { jobs: { pollMinMs: 9 } }, ['jobs.pollMinMs']],
    ['a timeout of 999 ms', { jobs: { timeoutMs: 999 } }, ['jobs.timeoutMs']],
    ['a share above 1', { guards: { maxRejected: 1.1 } }, ['guards.maxRejected']],
    ['a share of doubt above 1', { guards: { maxDoubtful: 1.5 } }, ['guards.maxDoubtful']],
    ['a share below 0', { guards: { maxShrink: -0.1 } }, ['guards.maxShrink']],
    ['no members at least', { guards: { minMembers: 0 } }, ['guards.minMembers']],
    ['a nameless state directory', { state: { directory: '' } }, ['state.directory']],
    ['a refresh in the past', { plan: { fullRefreshDays: -1 } }, ['plan.fullRefreshDays']],
    ['a rejects file without a path', { rejects: {} }, ['rejects.path']],
    ['unknown keys', { state: { keepEverything: true }, unknown: [] }, ['state', '']],
  ])('%s', (_, config, paths) => {
    expect(problemsOf(config)).toEqual(paths);
  });
});

describe('the columns that are read', () => {
  test.each([
    ['email', undefined, { names: ['email'], required: 'any' }],
    ['phone', undefined, { names: ['phone'], required: 'any' }],
    ['ifa', undefined, { names: ['ifa', 'idfa', 'gaid', 'advertising_id'], required: 'any' }],
    ['email', ['Mail', 'mail2'], { names: ['Mail', 'mail2'], required: 'all' }],
  ])('%s with columns %j', (identifierType, columns, wanted) => {
    expect(wantedColumns(syncOf({ identifierType, columns }))).toEqual({ identifierType, ...wanted });
  });

  test('a country column goes along', () => {
    const { country } = wantedColumns(syncOf({ identifierType: 'phone', countryColumn: 'Country' }));
    expect(country).toBe('Country');
  });
});
