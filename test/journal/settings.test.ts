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
