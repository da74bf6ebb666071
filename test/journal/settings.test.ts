import { expect, test } from 'vitest';
import { sourceSettings } from '../../src/journal/settings.ts';
import { sourceSchema } from '../../src/sourceConfig.ts';

function settingsOf(source: object): string {
  return JSON.stringify(sourceSettings(sourceSchema.parse(source)));
}

test.each([
  ['postgres://app:one@db.example/sales', 'postgres://app:t%40o@db.example/sales'],
  ['postgres://app:one@/sales?host=/run', 'postgres://app:t@o@/sales?host=/run'],
])('another password is the same source: %s', (url, changed) => {
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

test('keys and tokens are no part of it', () => {
  const settings = settingsOf({ type: 'snowflake', account: 'a', oauthToken: 'MARKED', table: 't' });
  expect(settings).not.toContain('MARKED');
});
