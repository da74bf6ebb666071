import { describe, test } from 'vitest';
import type { SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { type CliOutcome, reportOf, runCli, waitUntil } from './cliProcess.ts';
import { leftoversIn, unneededIn } from './leftovers.ts';
import { emailSync, openScenario, type Scenario, type ScenarioRunOptions, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

/* Each exit code of docs/errors.md, from a real cause. */

interface Case {
  title: string;
  simulator?: SimulatorOptions;
  /** Makes what goes wrong, and returns the configuration. */
  arrange(scenario: Scenario): object | string;
  run?: ScenarioRunOptions;
  code: number;
  error: string;
  /** What message and hint have to name. */
  says: readonly RegExp[];
  status?: string;
  /** How many uploads LINE may have seen; 0 unless given. */
  uploads?: number;
}

const people = csvText(['a', 'b', 'c'].map((name) => ({ email: `${name}@example.com`, note: 'x' })));

/** A configuration of one sync of people.csv, which is written with `content`. */
function withCsv(
  scenario: Scenario,
  content: string | Uint8Array = people,
  parts: Record<string, object> = {},
): object {
  const path = scenario.write('people.csv', content);
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()], ...parts });
}

function withQuery(scenario: Scenario, query: string, database?: string): object {
  return scenario.config({
    source: { type: 'duckdb', query, ...(database !== undefined && { database }) },
    syncs: [emailSync()],
  });
}

function withConnection(scenario: Scenario, connection: object): object {
  return withCsv(scenario, people, { connection });
}

const refused: Case[] = [
  {
    title: 'no value is a valid identifier',
    arrange: (scenario) => withCsv(scenario, 'email\r\nnobody\r\nnone@\r\nnobody\r\n'),
    code: 65,
    error: 'identifiers.none',
    says: [/\bemail\b/, /email\.no_at 2/, /email\.empty_domain 1/, /explain/],
  },
  {
    title: 'a mirror has no values',
    arrange: (scenario) =>
      withCsv(scenario, 'email,note\r\n,x\r\n  ,y\r\n', { syncs: [emailSync({ mode: 'mirror' })] }),
    code: 65,
    error: 'guard.empty_mirror',
    says: [/no values/, /delete it/],
  },
  {
    title: 'there are fewer members than guards.minMembers',
    arrange: (scenario) => withCsv(scenario, people, { guards: { minMembers: 4 } }),
    code: 65,
    error: 'guard.min_members',
    says: [/\b3 members/, /guards\.minMembers \(4\)/],
  },
  {
    title: 'more is rejected than guards.maxRejected allows',
    arrange: (scenario) => withCsv(scenario, `${people}nobody,x\r\n`, { guards: { maxRejected: 0.2 } }),
    code: 65,
    error: 'guard.max_rejected',
    says: [/25 %/, /20 %/, /email\.no_at 1/],
  },
];

const sources: Case[] = [
  {
    title: 'no file matches',
    arrange: (scenario) => scenario.config({ source: { type: 'files', path: 'data/*.parquet' }, syncs: [emailSync()] }),
    code: 66,
    error: 'source.not_found',
    says: [/data\/\*\.parquet/],
  },
  {
    title: 'a column is missing',
    arrange: (scenario) => withCsv(scenario, people, { syncs: [emailSync({ columns: ['e_mail'] })] }),
    code: 66,
    error: 'source.column_missing',
    says: [/e_mail/, /email, note/],
  },
  {
    title: 'a line of CSV is ragged',
    arrange: (scenario) => withCsv(scenario, `${people}d@example.com\r\n`),
    code: 66,
    error: 'source.malformed',
    says: [/people\.csv/, /line 5/, /1 of 2 fields/],
  },
  {
    title: 'a CSV file is in another encoding than UTF-8',
    arrange: (scenario) => withCsv(scenario, Buffer.from('email,note\r\na@example.com,caf\xe9\r\n', 'latin1')),
    code: 66,
    error: 'source.encoding',
    says: [/people\.csv/, /UTF-8/, /line 2/],
  },
  {
    title: 'a CSV file has no header',
    arrange: (scenario) => withCsv(scenario, 'a@example.com,x\r\nb@example.com,y\r\n'),
    code: 66,
    error: 'source.no_header',
    says: [/people\.csv/, /header/],
  },
  {
    title: 'a line of JSON is garbage',
    arrange(scenario) {
      const path = scenario.write('people.jsonl', '{"email":"a@example.com"}\n{"email":\n');
      return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()] });
    },
    code: 66,
    error: 'source.malformed',
    says: [/people\.jsonl/, /line 2/],
  },
  {
    title: 'a Parquet file is cut off',
    arrange(scenario) {
      const path = scenario.write('people.parquet', 'PAR1 and no more');
      return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()] });
    },
    code: 66,
    error: 'source.malformed',
    says: [/people\.parquet/],
  },
  {
    title: 'a query would change something',
    arrange: (scenario) => withQuery(scenario, "COPY (SELECT 'a@example.com' AS email) TO 'stolen.csv'"),
    code: 66,
    error: 'source.not_select',
    says: [/SELECT/, /not run/],
  },
  {
    title: 'a query fails on the way',
    arrange: (scenario) =>
      withQuery(scenario, "SELECT (CASE WHEN random() < 2 THEN 'a@example.com' END)::INT AS email"),
    code: 66,
    error: 'source.query_failed',
    says: [/the query/, /Conversion Error/],
  },
  {
    title: 'the database is missing',
    arrange: (scenario) => withQuery(scenario, 'SELECT email FROM people', 'warehouse.duckdb'),
    code: 66,
    error: 'source.not_found',
    says: [/warehouse\.duckdb/, /source\.database/],
  },
];

const stateOnFile = { state: { directory: 'occupied' } };

const surroundings: Case[] = [
  {
    title: 'the state directory is a file',
    arrange(scenario) {
      scenario.write('occupied', '');
      return withCsv(scenario, people, stateOnFile);
    },
    code: 73,
    error: 'state.not_writable',
    says: [/occupied/, /state\.directory/],
  },
  {
    title: 'the state directory cannot be made',
    arrange: (scenario) => withCsv(scenario),
    run: { args: ['--state', '/proc/line-ads-sync/state'] },
    code: 73,
    error: 'state.not_writable',
    says: [/\/proc\/line-ads-sync/, /--state/],
  },
  {
    title: 'nothing listens where LINE should be',
    arrange: (scenario) =>
      withCsv(scenario, people, { connection: { baseUrl: 'http://127.0.0.1:9' }, retry: { maxAttempts: 2 } }),
    code: 69,
    error: 'line.unreachable',
    says: [/ECONNREFUSED/, /2 attempts/, /baseUrl/],
  },
  {
    title: 'the secret key is another',
    arrange: (scenario) => withConnection(scenario, { secretKey: 'not-the-secret' }),
    code: 77,
    error: 'auth.failed',
    says: [/401/, /secretKey/, /clock/],
  },
  {
    title: 'the key may not upload',
    simulator: { uploadPermission: false },
    arrange: (scenario) => withCsv(scenario),
    code: 77,
    error: 'auth.not_permitted',
    says: [/403/, /Data Provider/],
    uploads: 1,
  },
  {
    title: 'the ad account is not ours',
    arrange: (scenario) => withConnection(scenario, { adAccountId: 'A1' }),
    code: 77,
    error: 'auth.not_permitted',
    says: [/\bA1\b/, /ACCOUNT_NOT_ALLOWED/],
  },
  {
    title: 'LINE does not know the ad account',
    simulator: {
      faults: [{ effect: 'answer', on: 'list', status: 400, reason: 'REQUEST_INPUT_ADACCOUNT_ID_INVALID' }],
    },
    arrange: (scenario) => withCsv(scenario),
    code: 77,
    error: 'auth.account_not_found',
    says: [/ad account/, /adAccountId/],
  },
];

const endless = 1_000_000;

const unfinished: Case[] = [
  {
    title: "LINE's job is unfinished at jobs.timeoutMs",
    simulator: { jobs: { queuedMs: 0, workingMs: 3_600_000 } },
    arrange: (scenario) => withCsv(scenario, people, { jobs: { timeoutMs: 1_000 } }),
    code: 75,
    error: 'jobs.timeout',
    says: [/1 s/, /1 WORKING/, /jobs\.timeoutMs/],
    status: 'pending',
    uploads: 1,
  },
  {
    title: 'uploads are answered 429 without end',
    simulator: { faults: [{ effect: 'answer', on: 'upload', status: 429, times: endless }] },
    arrange: (scenario) => withCsv(scenario, people, { jobs: { timeoutMs: 1_000 } }),
    code: 75,
    error: 'line.rate_limited',
    says: [/429/, /requestsPerSecond/],
    status: 'pending',
    uploads: endless,
  },
  {
    title: 'REPLACEs are answered 429 without end',
    simulator: { faults: [{ effect: 'answer', on: 'upload', status: 429, times: endless }] },
    arrange(scenario) {
      scenario.simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD' });
      return withCsv(scenario, people, { syncs: [emailSync({ mode: 'mirror' })], jobs: { timeoutMs: 1_000 } });
    },
    code: 75,
    error: 'line.replace_refused',
    says: [/429/, /3 REPLACE/],
    status: 'pending',
    uploads: endless,
  },
  {
    title: 'reads are answered 503 without end',
    simulator: { faults: [{ effect: 'answer', on: 'list', status: 503, times: endless }] },
    arrange: (scenario) => withCsv(scenario),
    code: 75,
    error: 'line.retries_exhausted',
    says: [/503/, /4 attempts/],
    status: 'pending',
  },
  {
    title: 'uploads are answered 503 without end',
    simulator: { faults: [{ effect: 'answer', on: 'upload', status: 503, times: endless }] },
    arrange: (scenario) => withCsv(scenario),
    code: 75,
    error: 'line.retries_exhausted',
    says: [/503/, /may have arrived/],
    status: 'pending',
    uploads: 4,
  },
  {
    title: 'reads are answered 403 by something that is not LINE',
    simulator: { faults: [{ effect: 'answer', on: 'list', status: 403, times: endless }] },
    arrange: (scenario) => withCsv(scenario),
    code: 75,
    error: 'line.blocked',
    says: [/403/, /proxy or firewall/],
    status: 'pending',
  },
  {
    title: 'uploads are answered 403 by something that is not LINE',
    simulator: { faults: [{ effect: 'answer', on: 'upload', status: 403, times: endless }] },
    arrange: (scenario) => withCsv(scenario),
    code: 75,
    error: 'line.blocked',
    says: [/403/, /may have arrived/, /proxy or firewall/],
    status: 'pending',
    uploads: 4,
  },
  {
    title: "LINE's job fails",
    simulator: { faults: [{ effect: 'jobFails' }] },
    arrange: (scenario) => withCsv(scenario),
    code: 1,
    error: 'job.failed',
    says: [/failed at LINE \(1\)/],
    uploads: 1,
  },
  {
    title: 'LINE refuses the upload for good',
    simulator: { faults: [{ effect: 'answer', on: 'upload', status: 400, reason: 'AUDIENCE_GROUP_COUNT_MAX_OVER' }] },
    arrange: (scenario) => withCsv(scenario),
    code: 1,
    error: 'upload.refused',
    says: [/AUDIENCE_GROUP_COUNT_MAX_OVER/, /maximum number of audiences/],
    uploads: 1,
  },
];

/** The error that decided the exit code: the run's own, or that of its only sync. */
function errorOf(outcome: CliOutcome) {
  const report = reportOf(outcome);
  return report.error ?? report.syncs[0]?.error ?? undefined;
}

describe.concurrent('a sync ends', () => {
  test.for([...refused, ...sources, ...surroundings, ...unfinished])(
    '$code when $title',
    async ({ simulator: options, arrange, run, code, error, says, status, uploads }, { expect }) => {
      await using scenario = await openScenario(options);
      const { simulator, folder } = scenario;

      const outcome = await scenario.run('sync', arrange(scenario), run);

      expect(outcome.code, outcome.stdout + outcome.stderr).toBe(code);
      const found = errorOf(outcome);
      expect(found?.code).toContain(error);
      for (const said of says) expect(`${found?.message} ${found?.hint}`).toMatch(said);
      const usual = code === 65 ? 'refused' : 'failed';
      expect(reportOf(outcome).status).toBe(status ?? usual);
      expect(uploadsTo(simulator).length).toBeLessThanOrEqual(uploads ?? 0);
      expect(outcome.stderr).toContain(error);
      // What an upload was refused for may be mended (a permission): then the next run goes on.
      const isToGoOn = reportOf(outcome).status === 'pending' || error === 'auth.not_permitted';
      expect((isToGoOn ? unneededIn : leftoversIn)(`${folder}/.line-ads-sync`)).toEqual([]);
      expect(leftoversIn(`${folder}/tmp`)).toEqual([]);
      expect(simulator.breaches).toEqual([]);
    },
  );

  test('78 when audiences are unknown, of another type, expired, failed or several of the name', async ({ expect }) => {
    await using scenario = await openScenario();
    const { simulator } = scenario;
    const seed = (name: string, status = 'READY', functionType = 'HASHED_EMAIL_UPLOAD') =>
      simulator.seedAudience({ name, functionType, status });
    const failed = seed('Failed', 'FAILED');
    const phones = seed('Phones', 'READY', 'HASHED_PHONE_NUMBER_UPLOAD');
    const twins = [seed('Twins'), seed('Twins')];
    seed('Expired', 'EXPIRED');
    const syncs = [
      emailSync({ name: 'unknown', audienceName: 'A', audienceId: '999' }),
      emailSync({ name: 'phones', audienceName: 'B', audienceId: phones }),
      emailSync({ name: 'expired', audienceName: 'Expired' }),
      emailSync({ name: 'failed', audienceName: 'C', audienceId: failed }),
      emailSync({ name: 'twins', audienceName: 'Twins' }),
    ];
    const outcome = await scenario.run('sync', withCsv(scenario, people, { syncs }));
    expect(outcome.code).toBe(78);
    const errors = reportOf(outcome).syncs.map(({ error }) => `${error?.code}: ${error?.message} ${error?.hint}`);
    expect(errors).toEqual([
      expect.stringMatching(/^audience\.not_found: .*\b999\b/),
      expect.stringMatching(/^audience\.wrong_type: .*HASHED_PHONE_NUMBER_UPLOAD.*email/),
      expect.stringMatching(/^audience\.unusable: .*EXPIRED/),
      expect.stringMatching(/^audience\.unusable: .*FAILED/),
      expect.stringMatching(new RegExp(`^audience\\.ambiguous: 2 audiences.*"Twins".*${twins[0]}.*audienceId`)),
    ]);
    expect(errors[4]).toContain(twins[1]);
    expect(uploadsTo(simulator)).toEqual([]);
  });

  test('0 with nothing to do when there is nothing to add', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('sync', withCsv(scenario, 'email,note\r\n,x\r\n'));
    expect(outcome.code).toBe(0);
    const { status, syncs } = reportOf(outcome);
    expect(status).toBe('nothing_to_do');
    expect(syncs[0]).toMatchObject({
      counts: { rows: 1, empty: 1, values: 0 },
      plan: { action: 'nothing' },
      error: null,
    });
    expect(uploadsTo(scenario.simulator)).toEqual([]);
  });

  test('75 when SIGTERM comes while LINE works, with the report', async ({ expect }) => {
    await using scenario = await openScenario({ jobs: { queuedMs: 0, workingMs: 3_600_000 } });
    const { simulator, folder } = scenario;
    const outcome = await scenario.run('sync', withCsv(scenario), {
      async during(cli) {
        await waitUntil(
          () => simulator.requests.some(({ path }) => path.endsWith('/upload-job')),
          'jobs were asked for',
        );
        cli.kill('SIGTERM');
      },
    });
    expect(outcome.code).toBe(75);
    const { status, syncs } = reportOf(outcome);
    expect(status).toBe('pending');
    expect(syncs[0]?.error).toMatchObject({ code: 'run.interrupted', message: expect.stringContaining('SIGTERM') });
    expect(syncs[0]).toMatchObject({ status: 'pending', remote: 'unknown', counts: { plannedLines: 3, uploaded: 3 } });
    expect(unneededIn(`${folder}/.line-ads-sync`)).toEqual([]);
  });

  test('75 when SIGTERM comes while an upload waits for its answer', async ({ expect }) => {
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', ms: 60_000 }] });
    const { simulator } = scenario;
    const outcome = await scenario.run('sync', withCsv(scenario, people, { shutdown: { graceMs: 300 } }), {
      async during(cli) {
        await waitUntil(() => uploadsTo(simulator).some(({ lines }) => lines === 3), 'the upload was sent');
        cli.kill('SIGTERM');
      },
    });
    expect(outcome.code).toBe(75);
    expect(reportOf(outcome).syncs[0]).toMatchObject({ status: 'pending', remote: 'unknown' });
  });

  test('75 at once when another process holds the state directory', async ({ expect }) => {
    await using scenario = await openScenario({ jobs: { queuedMs: 0, workingMs: 3_600_000 } });
    const { simulator } = scenario;
    const config = withCsv(scenario);
    const path = scenario.write('second.json', JSON.stringify(config));
    await scenario.run('sync', config, {
      async during(cli) {
        await waitUntil(() => uploadsTo(simulator).length > 0, 'the first run uploaded');
        const env = { ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey };
        const second = await runCli(['sync', '--config', path], { cwd: scenario.folder, env });
        cli.kill('SIGTERM');
        expect(second.code).toBe(75);
        expect(errorOf(second)).toMatchObject({
          code: 'state.locked',
          message: expect.stringContaining('.line-ads-sync'),
          hint: expect.stringContaining('--state'),
        });
      },
    });
    expect(uploadsTo(simulator)).toHaveLength(1);
  });
});

describe.concurrent('the first of the list decides among several syncs', () => {
  const fine = emailSync({ name: 'fine', audienceName: 'Fine' });
  const unknown = emailSync({ name: 'unknown', audienceId: '999' });
  const noColumn = emailSync({ name: 'no-column', audienceName: 'No column', columns: ['e_mail'] });
  const noMembers = emailSync({ name: 'no-members', audienceName: 'No members', columns: ['note'] });
  const alsoFine = emailSync({ name: 'also-fine', audienceName: 'Also fine' });

  test.for([
    { code: 78, syncs: [fine, noMembers, noColumn, unknown], fails: [] },
    { code: 66, syncs: [noMembers, fine, noColumn], fails: [] },
    { code: 65, syncs: [fine, noMembers], fails: [{ effect: 'jobFails' as const }] },
    { code: 1, syncs: [fine, alsoFine], fails: [{ effect: 'jobFails' as const }] },
  ])('$code, and the others are carried out', async ({ code, syncs, fails }, { expect }) => {
    await using scenario = await openScenario({ faults: fails });
    const outcome = await scenario.run('sync', withCsv(scenario, people, { syncs }));
    expect(outcome.code, outcome.stderr).toBe(code);
    const report = reportOf(outcome);
    expect(report.error).toBeNull();
    const succeeded = report.syncs.filter(({ status }) => status === 'succeeded');
    expect(succeeded).toHaveLength(code === 65 ? 0 : 1);
    for (const { audience } of succeeded) expect(scenario.simulator.members(audience.id ?? '').size).toBe(3);
    for (const { status, error } of report.syncs) expect(error === null).toBe(status === 'succeeded');
    expect(scenario.simulator.breaches).toEqual([]);
  });
});

describe.concurrent('usage errors end 64', () => {
  test.for([
    { title: 'an unknown command', args: ['synk'], says: /synk/ },
    { title: 'a command that is not there', args: ['upload', '--config', 'c.json'], says: /upload/ },
    { title: 'an impossible port', args: ['simulate', '--port', '70000'], says: /70000/ },
  ])('for $title, which is named on stderr', async ({ args, says }, { expect }) => {
    await using scenario = await openScenario();
    const outcome = await runCli(args, { cwd: scenario.folder });
    expect(outcome.code).toBe(64);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(says);
  });

  test.for([
    { title: 'an unknown flag', args: ['sync', '--config', 'c.json', '--fast'], says: /--fast/ },
    { title: 'a flag of a later version', args: ['sync', '--config', 'c.json', '--cursor'], says: /--cursor/ },
    { title: 'a missing --config', args: ['preview'], says: /--config/ },
  ])('for $title, which is named on stderr and in the report', async ({ args, says }, { expect }) => {
    await using scenario = await openScenario();
    const outcome = await runCli(args, { cwd: scenario.folder });
    expect(outcome.code).toBe(64);
    expect(outcome.stderr).toMatch(says);
    expect(errorOf(outcome)).toMatchObject({ code: 'usage', message: expect.stringMatching(says) });
  });

  test('for an --only that names no sync, which is named with those there are', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('sync', withCsv(scenario), { args: ['--only', 'sellers'] });
    expect(outcome.code).toBe(64);
    expect(errorOf(outcome)).toMatchObject({ code: 'usage', message: expect.stringContaining('sellers') });
    expect(errorOf(outcome)?.hint).toContain('buyers');
    expect(scenario.simulator.requests).toEqual([]);
  });
});
