import { expect, test } from 'vitest';
import { membershipSettings, originSettings, sourceSettings, syncKeyOf } from '../../src/journal/settings.ts';
import { sourceSchema } from '../../src/sources/config.ts';
import { configOf, syncOf } from '../setup/memberSetup.ts';

function settingsOf(source: object): string {
  return JSON.stringify(sourceSettings(sourceSchema.parse(source)));
}

test('the key of a sync names its platform, account and name', () => {
  const config = configOf({ identifierType: 'email' });
  expect(syncKeyOf(config, config.syncs[0]!)).toEqual({ accountId: 'line_ads:A1', syncName: 'people' });
});

test.each([
  ['postgres://app:one@db.example/sales', 'postgres://app:t%40o@db.example/sales'],
  ['postgres://app:one@/sales?host=/run', 'postgres://app:t@o@/sales?host=/run'],
])('a new password does not make a new source: %s', (url, changed) => {
  const sourceAt = (text: string) => settingsOf({ type: 'postgres', url: text, table: 't' });
  expect(sourceAt(url)).toBe(sourceAt(changed));
  expect(sourceAt(url)).not.toContain('one');
  expect(sourceAt(url)).toContain('app@');
});

test('another host, database, user or query is another source', () => {
  const sources = [
    { url: 'postgres://app:x@db.example/sales', table: 't' },
    { url: 'postgres://app:x@db2.example/sales', table: 't' },
    { url: 'postgres://app:x@db.example/sales2', table: 't' },
    { url: 'postgres://app2:x@db.example/sales', table: 't' },
    { url: 'postgres://app:x@db.example/sales', table: 't', where: 'true' },
  ].map((source) => settingsOf({ type: 'postgres', ...source }));
  expect(new Set(sources).size).toBe(sources.length);
});

test('keys and tokens are not part of the settings of a source', () => {
  const settings = settingsOf({ type: 'snowflake', account: 'a', oauthToken: 'MARKED', table: 't' });
  expect(settings).not.toContain('MARKED');
});

test('the country column and the default country are part of the settings of a snapshot', () => {
  const settingsWith = (changes: object) => membershipSettings(syncOf({ identifierType: 'phone', ...changes }));
  const settings = [
    settingsWith({}),
    settingsWith({ defaultCountry: 'JP' }),
    settingsWith({ countryColumn: 'country' }),
    settingsWith({ countryColumn: 'land' }),
    settingsWith({ defaultCountry: 'JP', countryColumn: 'country' }),
  ];
  expect(new Set(settings).size).toBe(settings.length);
  expect(settingsWith({ countryColumn: 'COUNTRY' })).toBe(settingsWith({ countryColumn: 'country' }));
});

test('a snapshot of a sync without a country column has the same settings as before there were such columns', () => {
  expect(membershipSettings(syncOf({ identifierType: 'phone', defaultCountry: 'JP' }))).not.toContain('countryColumn');
});

test('the country column of a suppression list is part of the settings of a plan', () => {
  const originWith = (entry: object) => {
    const config = configOf({ identifierType: 'phone' });
    const suppress = [
      {
        source: { type: 'files' as const, path: 'x.csv' },
        identifierType: 'phone' as const,
        hashed: 'auto' as const,
        ...entry,
      },
    ];
    return originSettings({ ...config, suppress }, config.syncs[0]!);
  };
  expect(originWith({ countryColumn: 'country' })).not.toBe(originWith({}));
});

test.each<[string, object, object, boolean]>([
  ['another mode', {}, { mode: 'add' }, false],
  ['another type', {}, { identifierType: 'ifa' }, false],
  ['other columns', { columns: ['a'] }, { columns: ['b'] }, false],
  ['another setting of hashes', {}, { hashed: 'always' }, false],
  ['columns in another case', { columns: ['Mail'] }, { columns: ['mail'] }, true],
  ['another audience', {}, { audienceName: 'Others' }, true],
  ['another country of no phone numbers', {}, { defaultCountry: 'JP' }, true],
  [
    'phone forms in another order',
    { identifierType: 'phone', phoneFormats: ['e164', 'national'] },
    { identifierType: 'phone', phoneFormats: ['national', 'e164'] },
    true,
  ],
  [
    'fewer phone forms',
    { identifierType: 'phone', phoneFormats: ['e164', 'national'] },
    { identifierType: 'phone', phoneFormats: ['e164'] },
    false,
  ],
])('snapshots with %s are compared only if they hold the same kind of members', (_, one, other, isSame) => {
  const [first, second] = [one, other].map((sync) => membershipSettings(syncOf({ identifierType: 'email', ...sync })));
  expect(first === second).toBe(isSame);
});

test.each<[string, object, boolean]>([
  ['another audience', { audienceName: 'Others' }, false],
  ['an audience by its id', { audienceName: undefined, audienceId: '7' }, false],
  ['another place of hashing', { hashing: 'warehouse' }, false],
  ['a cursor', { mode: 'add', cursor: { column: 'updated' } }, false],
  ['another mode', { mode: 'add' }, true],
])('uploads that a run left are wanted for %s only if source and audience are the same', (_, changes, isSame) => {
  const originOf = (sync: object) => {
    const config = configOf({ identifierType: 'email' });
    return originSettings(config, { ...config.syncs[0]!, ...sync });
  };
  expect(originOf(changes) === originOf({})).toBe(isSame);
});

test('a suppression list counts for syncs of its type, whatever its password', () => {
  const originWith = (...suppress: object[]) => {
    const config = configOf({ identifierType: 'email' });
    return originSettings({ ...config, suppress } as typeof config, config.syncs[0]!);
  };
  const list = (identifierType: string, url: string) => ({
    source: { type: 'postgres', url, table: 't' },
    identifierType,
  });
  const email = list('email', 'postgres://app:one@db/sales');
  expect(originWith(list('phone', 'postgres://app:one@db/sales'))).toBe(originWith());
  expect(originWith(email)).not.toBe(originWith());
  expect(originWith(email)).toBe(originWith(list('email', 'postgres://app:two@db/sales')));
  expect(originWith(email)).not.toBe(originWith(list('email', 'postgres://app:one@db/others')));
});
