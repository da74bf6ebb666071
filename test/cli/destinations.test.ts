import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/openJournal.ts';
import type { StatusReport } from '../../src/run/status.ts';
import { startSimulator } from '../../src/simulators/lineAds/simulator.ts';
import { reportOf } from './cliProcess.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/*
 * Two accounts in one configuration, each at a simulated LINE of its own.
 */

/** A scenario with a second account, whose name is "second". */
async function openTwo() {
  const scenario = await openScenario({ strictRates: false });
  const second = await startSimulator({ jobs: { queuedMs: 20, workingMs: 40 }, strictRates: false });
  const write = (name: string, emails: readonly string[]) =>
    scenario.write(name, ['email', ...emails.map((email) => `${email}@example.com`), ''].join('\n'));
  const source = { type: 'files', path: write('people.csv', ['a', 'b', 'c']) };
  const others = { type: 'files', path: write('others.csv', ['c', 'd']) };
  const syncs = [
    emailSync({ name: 'here', mode: 'mirror' }),
    emailSync({ name: 'there', mode: 'mirror', destination: 'second', source: others }),
  ];
  const destinations = {
    second: { type: 'line_ads', baseUrl: second.url, ...second.connection, batch: { maxRecords: 1 } },
  };
  return {
    scenario,
    second,
    write,
    configOf: (parts: object = {}) => scenario.config({ source, syncs, destinations, ...parts }),
    async [Symbol.asyncDispose]() {
      await second.close();
      await scenario[Symbol.asyncDispose]();
    },
  };
}

function membersOf(simulator: Scenario['simulator']): number {
  return simulator.members(audienceId(simulator, 'Buyers')).size;
}

describe('a run with two accounts', () => {
  test('mirrors audiences of the same name, each in its account by its own settings', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    const { code, report } = await runHere(scenario, two.configOf());
    expect([code, report.syncs.map(({ name, status }) => [name, status])]).toEqual([
      0,
      [
        ['here', 'succeeded'],
        ['there', 'succeeded'],
      ],
    ]);
    expect([membersOf(scenario.simulator), membersOf(second)]).toEqual([3, 2]);
    expect([uploadsTo(scenario.simulator).length, uploadsTo(second).length]).toEqual([1, 2]);
    expect(report.syncs.map(({ audience }) => audience.status)).toEqual(['READY', 'READY']);
    expect([...scenario.simulator.breaches, ...second.breaches]).toEqual([]);
  });

  test('sends to each account the changes to its own members in the next run', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    await runHere(scenario, two.configOf());
    two.write('others.csv', ['c', 'd', 'e']);
    const { report } = await runHere(scenario, two.configOf());
    expect(report.syncs.map(({ status, plan }) => [status, plan?.action, plan?.added])).toEqual([
      ['nothing_to_do', 'nothing', 0],
      ['succeeded', 'add', 1],
    ]);
    expect([membersOf(scenario.simulator), membersOf(second)]).toEqual([3, 3]);
    await using journal = await openJournal(`${scenario.folder}/.line-ads-sync`, 'read');
    const keys = [
      { accountId: `line_ads:${scenario.simulator.adAccountId}`, syncName: 'here' },
      { accountId: `line_ads:${second.adAccountId}`, syncName: 'there' },
      { accountId: `line_ads:${scenario.simulator.adAccountId}`, syncName: 'there' },
    ];
    const members = await Promise.all(keys.map(async (key) => (await journal.snapshot(key))?.set.count));
    expect(members).toEqual([3, 3, undefined]);
  });

  test('may meet the same audience id in both', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    const seed = { name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD' } as const;
    const ids = [scenario.simulator.seedAudience(seed), second.seedAudience(seed)];
    expect(ids[0]).toBe(ids[1]);
    const { code } = await runHere(scenario, two.configOf());
    expect(code).toBe(0);
    expect([scenario.simulator, second].map((simulator) => audienceId(simulator, 'Buyers'))).toEqual(ids);
  });

  test('fails the syncs of one account alone when its keys are wrong, and names its settings', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    const wrong = { type: 'line_ads', baseUrl: 'http://127.0.0.1:1', ...second.connection };
    const { code, report } = await runHere(scenario, two.configOf({ destinations: { second: wrong } }));
    expect([code, report.syncs.map(({ status }) => status)]).toEqual([69, ['succeeded', 'failed']]);
    expect(report.syncs[1]?.error?.hint).toContain('destinations.second.baseUrl');
    expect(membersOf(scenario.simulator)).toBe(3);
  });

  test('asks only the accounts of its syncs', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    const { code, stderr } = await scenario.run('sync', two.configOf(), { args: ['--only', 'there'] });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(membersOf(second)).toBe(2);
    expect(scenario.simulator.requests).toEqual([]);
  });
});

describe('commands with two accounts', () => {
  test('audiences lists all accounts, and names the destination of each audience', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    scenario.simulator.seedAudience({ name: 'Here', functionType: 'UPLOAD' });
    second.seedAudience({ name: 'There', functionType: 'UPLOAD' });
    const { code, stdout } = await scenario.run('audiences', two.configOf());
    const lines = stdout.trim().split('\n');
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { destination: 'connection', name: 'Here', type: 'UPLOAD' },
      { destination: 'second', name: 'There', type: 'UPLOAD' },
    ]);
    expect(Object.keys(JSON.parse(lines[1] ?? ''))).toEqual([
      ...['destination', 'id', 'name', 'type', 'status', 'size', 'created'],
    ]);
  });

  test('check and status --remote ask the account of each sync', async () => {
    await using two = await openTwo();
    const { scenario, second } = two;
    await runHere(scenario, two.configOf());
    const ids = [scenario.simulator, second].map((simulator) => audienceId(simulator, 'Buyers'));
    const check = await scenario.run('check', two.configOf());
    expect(check.code).toBe(0);
    for (const id of ids) expect(check.stderr).toContain(`Audience ${id} is READY`);
    const status = await scenario.run('status', two.configOf(), { args: ['--remote'] });
    const { syncs } = reportOf(status) as unknown as StatusReport;
    expect(syncs.map(({ remote }) => [remote?.audience?.id, remote?.jobs.length])).toEqual([
      [ids[0], 1],
      [ids[1], 2],
    ]);
    expect(Object.keys(syncs[0]?.remote?.audience ?? {})).toEqual([
      ...['id', 'name', 'type', 'status', 'estimatedSize', 'createdMs'],
    ]);
    expect(Object.keys(syncs[0]?.remote?.jobs[0] ?? {})).toEqual([
      ...['id', 'fileName', 'type', 'status', 'failedType', 'audienceCount', 'createdMs'],
    ]);
  });
});
