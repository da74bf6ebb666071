import { describe, test } from 'vitest';
import { reportOf, runCli } from './cliProcess.ts';
import { emailSync, openScenario, type Scenario } from './scenario.ts';

/* Faults of the configuration end with 78 before the first request to LINE, and name each problem. */

interface Case {
  title: string;
  arrange(scenario: Scenario): object | string;
  says: readonly RegExp[];
  hint: RegExp;
}

const source = { type: 'files', path: 'people.csv' };

function configWith(scenario: Scenario, parts: Record<string, object>): object {
  return scenario.config({ source, syncs: [emailSync()], ...parts });
}

const cases: Case[] = [
  { title: 'is empty', arrange: () => '', says: [/empty/], hint: /^Give a configuration/ },
  {
    title: 'is JSON cut off',
    arrange: () => '{\n  "connection": {\n',
    says: [/not valid JSON/, /line 3/],
    hint: /^Correct the text/,
  },
  { title: 'is no object', arrange: () => '[]', says: [/must be an object/], hint: /^Correct the values/ },
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
      /connection\.baseUrl: .*loopback.*, found "http:\/\/ads\.line\.me"\./,
      /source\.type: must be one of files, stdin, duckdb.*, found "excel"/,
      /batch\.maxRecord: is not a known key; did you mean maxRecords\?/,
      /limits\.requestsPerSecond: must be at most 10, found 11/,
      /limits\.concurrentReplaces: must be at most 3, found 4/,
      /jobs\.pollMinMs: must be at least 10, found 9/,
      /jobs\.timeoutMs: must be a number, found "1 day"/,
      /suppressed: is not a known key/,
      /syncs\[0\]\.name: .*found "Buyers!"/,
      /syncs\[0\]\.mode: must be one of add, mirror, found "miror" \(did you mean mirror\?\)/,
      /syncs\[1\]\.audienceNmae: is not a known key; did you mean audienceName\?/,
    ],
    hint: /"syncs", "batch", "Fields" in docs\/config\.md; `line-ads-sync spec`/,
  },
  {
    title: 'gives two syncs one name or one audience',
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
    hint: /^Correct the values/,
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
    hint: /"syncs" in docs\/config\.md/,
  },
  {
    title: 'refers to a variable or a file that does not exist',
    arrange: (scenario) =>
      configWith(scenario, {
        connection: { accessKey: '${NOT_SET_ANYWHERE}', secretKey: '${file:run/secrets/none}' },
      }),
    says: [
      /connection\.accessKey: .*NOT_SET_ANYWHERE, which is not set/,
      /connection\.secretKey: .*run\/secrets\/none.*ENOENT/,
    ],
    hint: /^Set NOT_SET_ANYWHERE in the environment.* Provide run\/secrets\/none/,
  },
];

describe.concurrent('a configuration ends the command with 78', () => {
  test.for(cases)('when it $title', async ({ arrange, says, hint }, { expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('sync', arrange(scenario));
    expect(outcome.code, outcome.stderr).toBe(78);
    const { status, error, syncs } = reportOf(outcome);
    expect({ status, code: error?.code, syncs }).toEqual({ status: 'failed', code: 'config.invalid', syncs: [] });
    for (const said of says) expect(error?.message).toMatch(said);
    expect(error?.hint).toMatch(hint);
    expect(scenario.simulator.requests).toEqual([]);
  });

  test('when it is YAML on standard input, which is read as JSON', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await runCli(['sync', '-c', '-'], {
      cwd: scenario.folder,
      stdin: 'connection:\n  accessKey: MARKED\n',
    });
    expect(outcome.code).toBe(78);
    expect(reportOf(outcome).error?.message).toContain('looks like YAML');
    expect(outcome.stdout + outcome.stderr).not.toContain('MARKED');
  });

  test('with one problem per line on stderr', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('status', '{ "connection": {}, "syncs": [], }');
    expect(outcome.code).toBe(78);
    expect(outcome.stderr.split('\n').slice(0, 6)).toEqual([
      'The configuration has 4 problems:',
      'connection.adAccountId: is missing; it must be text.',
      'connection.accessKey: is missing; it must be text.',
      'connection.secretKey: is missing; it must be text.',
      'syncs: must not be empty.',
      '  → Look up the fields under "connection" in docs/config.md; `line-ads-sync spec` prints them all.  [config.invalid]',
    ]);
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

describe.concurrent('a configuration is read', () => {
  const syncs = [{ name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' }];

  test('from YAML by the ending of its file', async ({ expect }) => {
    await using scenario = await openScenario();
    scenario.write('people.csv', 'email\r\na@example.com\r\n');
    const { connection } = scenario.config({ source, syncs });
    const lines = Object.entries(connection as Record<string, string>).map(([key, value]) => `  ${key}: ${value}`);
    const text = `connection:\n${lines.join('\n')}\nsource: { type: files, path: people.csv }\nsyncs:\n  - ${JSON.stringify(syncs[0])}\n`;
    const { accessKey, secretKey } = scenario.simulator;
    const outcome = await runCli(['preview', '-c', scenario.write('config.YML', text)], {
      cwd: scenario.folder,
      env: { ACCESS_KEY: accessKey, SECRET_KEY: secretKey },
    });
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(reportOf(outcome).syncs[0]).toMatchObject({ name: 'buyers', status: 'planned', counts: { members: 1 } });
  });

  test('from JSON with comments and trailing commas', async ({ expect }) => {
    await using scenario = await openScenario();
    scenario.write('people.csv', 'email\r\na@example.com\r\n');
    const text = JSON.stringify(scenario.config({ source, syncs })).replace(/}$/, ', // The end.\n}');
    const outcome = await scenario.run('preview', text);
    expect(outcome.code, outcome.stderr).toBe(0);
  });
});
