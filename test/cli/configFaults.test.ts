import { describe, test } from 'vitest';
import { reportOf, runCli } from './cliProcess.ts';
import { emailSync, openScenario, type Scenario } from './scenario.ts';

/* Configuration faults end 78, before anything is asked of LINE, and name what is wrong. */

interface Case {
  title: string;
  arrange(scenario: Scenario): object | string;
  says: readonly RegExp[];
}

const source = { type: 'files', path: 'people.csv' };

function configWith(scenario: Scenario, parts: Record<string, object>): object {
  return scenario.config({ source, syncs: [emailSync()], ...parts });
}

const cases: Case[] = [
  { title: 'is empty', arrange: () => '', says: [/empty/] },
  { title: 'is JSON cut off', arrange: () => '{\n  "connection": {\n', says: [/not valid JSON/, /line 3/] },
  { title: 'is no object', arrange: () => '[]', says: [/must be of type object/] },
  {
    title: 'has keys, types and values that are not allowed',
    arrange: (scenario) =>
      configWith(scenario, {
        connection: { baseUrl: 'http://ads.line.me' },
        source: { type: 'excel', path: 'x' },
        batch: { maxRecord: 5 },
        limits: { requestsPerSecond: 11, concurrentReplaces: 4 },
        jobs: { pollMinMs: 9, timeoutMs: '1 day' },
        suppressed: [],
        syncs: [emailSync({ name: 'Buyers!', mode: 'miror' }), emailSync({ name: 'x', audienceNmae: 'Buyers' })],
      }),
    says: [
      /connection\.baseUrl: .*loopback/,
      /source\.type: found "excel", must be one of files, stdin, duckdb/,
      /batch\.maxRecord: is not a known key — did you mean maxRecords\?/,
      /limits\.requestsPerSecond: must be at most 10, found 11/,
      /limits\.concurrentReplaces: must be at most 3, found 4/,
      /jobs\.pollMinMs: must be at least 10, found 9/,
      /jobs\.timeoutMs: must be of type number, found "1 day"/,
      /suppressed: is not a known key/,
      /syncs\[0\]\.name: .*found "Buyers!"/,
      /syncs\[0\]\.mode: must be one of add, mirror, found "miror"/,
      /syncs\[1\]\.audienceNmae: is not a known key — did you mean audienceName\?/,
    ],
  },
  {
    title: 'says the same of two syncs, or too little',
    arrange: (scenario) =>
      configWith(scenario, {
        syncs: [
          emailSync({ audienceId: '1' }),
          emailSync({ audienceName: 'Others' }),
          emailSync({ name: 'same-name', audienceName: 'Others' }),
          emailSync({ name: 'same-id', audienceName: 'More', audienceId: '1' }),
        ],
      }),
    says: [
      /syncs\[1\]\.name: .*syncs\[0\]/,
      /syncs\[2\]\.audienceName: .*syncs\[1\]/,
      /syncs\[3\]\.audienceId: .*syncs\[0\]/,
    ],
  },
  {
    title: 'lacks what its settings need',
    arrange: (scenario) =>
      configWith(scenario, {
        source: { ...source, csv: { header: false } },
        syncs: [
          { name: 'nowhere', identifierType: 'email', mode: 'add' },
          emailSync({ identifierType: 'phone', phoneFormats: ['national'] }),
          emailSync({ name: 'abroad', identifierType: 'phone', audienceName: 'Phones', defaultCountry: 'jp' }),
        ],
      }),
    says: [
      /source\.csv\.columns/,
      /syncs\[0\]\.audienceName: is needed unless audienceId/,
      /syncs\[1\]\.phoneFormats: .*defaultCountry/,
      /syncs\[2\]\.defaultCountry: .*capitals/,
    ],
  },
  {
    title: 'refers to what is not there',
    arrange: (scenario) =>
      configWith(scenario, {
        connection: { accessKey: '${NOT_SET_ANYWHERE}', secretKey: '${file:run/secrets/none}' },
      }),
    says: [
      /connection\.accessKey: .*NOT_SET_ANYWHERE, which is not set/,
      /connection\.secretKey: .*run\/secrets\/none.*ENOENT/,
    ],
  },
];

describe.concurrent('a configuration ends the command with 78', () => {
  test.for(cases)('when it $title', async ({ arrange, says }, { expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('sync', arrange(scenario));
    expect(outcome.code, outcome.stderr).toBe(78);
    const { status, error, syncs } = reportOf(outcome);
    expect({ status, code: error?.code, syncs }).toEqual({ status: 'failed', code: 'config.invalid', syncs: [] });
    for (const said of says) expect(error?.message).toMatch(said);
    expect(error?.hint).toMatch(/spec/);
    expect(scenario.simulator.requests).toEqual([]);
  });

  test('when the file is missing, which is named', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await runCli(['sync', '--config', 'nowhere.json'], { cwd: scenario.folder });
    expect(outcome.code).toBe(78);
    expect(reportOf(outcome).error?.message).toMatch(/nowhere\.json.*ENOENT/);
  });

  test('when two syncs mean one audience, one by its id and one by its name', async ({ expect }) => {
    await using scenario = await openScenario();
    const audienceId = scenario.simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD' });
    scenario.write('people.csv', 'email\r\na@example.com\r\n');
    const syncs = [emailSync(), { name: 'again', audienceId, identifierType: 'email', mode: 'mirror' }];
    const outcome = await scenario.run('sync', configWith(scenario, { syncs }));
    expect(outcome.code).toBe(78);
    const errors = reportOf(outcome).syncs.flatMap(({ error }) => (error === null ? [] : [error]));
    expect(errors).toMatchObject([{ code: 'audience.ambiguous', message: expect.stringContaining(audienceId) }]);
  });
});
