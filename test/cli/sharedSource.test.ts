import { describe, test } from 'vitest';
import { openFaultyProxy, usePostgres } from '../sources/databases.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario, uploadsTo } from './scenario.ts';

const database = usePostgres();

const email = { name: 'email', audienceName: 'Emails', identifierType: 'email', mode: 'mirror' };
const phone = {
  name: 'phone',
  audienceName: 'Phones',
  identifierType: 'phone',
  mode: 'mirror',
  phoneFormats: ['e164'],
};

describe.concurrent('syncs that share a source', () => {
  test('may want the same column, and each gets what it wants', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const path = scenario.write('people.csv', 'email,phone,mail2\na@example.com,+819012345678,b@example.com\n');
    const twice = { ...email, name: 'again', audienceName: 'Again', columns: ['email', 'mail2'] };
    const config = scenario.config({ source: { type: 'files', path }, syncs: [email, phone, twice] });
    const { code, report } = await runHere(scenario, config);
    expect(code).toBe(0);
    expect(report.syncs.map(({ counts }) => counts.members)).toEqual([1, 1, 2]);
    const membersOf = (name: string) => [...scenario.simulator.members(audienceId(scenario.simulator, name))].sort();
    expect(membersOf('Emails')).toEqual([hashOf('a@example.com')]);
    expect(membersOf('Phones')).toEqual([hashOf('+819012345678')]);
    expect(membersOf('Again')).toEqual([hashOf('a@example.com'), hashOf('b@example.com')].sort());
  });

  test('do without the one whose column is missing', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const path = scenario.write('people.csv', 'email\na@example.com\n');
    const config = scenario.config({ source: { type: 'files', path }, syncs: [email, phone] });
    const { code, report } = await runHere(scenario, config);
    expect(code).toBe(66);
    expect(report.syncs.map(({ status, error }) => [status, error?.code])).toEqual([
      ['succeeded', undefined],
      ['failed', 'source.column_missing'],
    ]);
  });

  test('may have sources of their own', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const path = scenario.write('people.csv', 'email\na@example.com\n');
    const own = { type: 'postgres', url: database.url, query: "SELECT '+819012345678' AS phone" };
    const syncs = [
      { ...email, source: { type: 'files', path } },
      { ...phone, source: own },
    ];
    const { source: _, ...config } = scenario.config({ source: {}, syncs });
    const { code, report } = await runHere(scenario, config);
    expect(code, JSON.stringify(report)).toBe(0);
    expect(report.syncs.map(({ counts }) => counts.members)).toEqual([1, 1]);
  });

  test.for(['stall', 'break'] as const)(
    'all fail when it comes to a %s in the middle, and nothing is sent',
    async (then, { expect }) => {
      await using scenario = await openScenario({ strictRates: false });
      await using proxy = await openFaultyProxy(database.url, 3_000_000, then);
      const query =
        "SELECT i || '@example.com' AS email, '+8190' || (10000000 + i) AS phone FROM generate_series(1, 500000) i";
      const source = { type: 'postgres', url: proxy.url, query, idleTimeoutMs: 500 };
      const { code, report } = await runHere(scenario, scenario.config({ source, syncs: [email, phone] }));
      expect(code).toBe(66);
      expect(report.syncs.map(({ error, remote }) => [error?.code, remote])).toEqual([
        ['source.interrupted', 'untouched'],
        ['source.interrupted', 'untouched'],
      ]);
      expect(uploadsTo(scenario.simulator)).toEqual([]);
    },
  );
});
