import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { type CliOptions, type CliOutcome, reportOf, runCli, waitUntil } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { leftoversIn, unneededIn } from './leftovers.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

const addresses = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
const wanted = addresses.map(hashOf).sort();

function configOf(scenario: Scenario, changes: object = {}, parts: Record<string, object> = {}): object {
  const path = scenario.write('people.csv', csvText(addresses.map((email) => ({ email, note: 'x' }))));
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync(changes)], ...parts });
}

function seedBuyers({ simulator }: Scenario): string {
  const members = [hashOf('resident@example.com')];
  return simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function jsonLinesOf(text: string): Record<string, unknown>[] {
  return linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a command that must change nothing could have changed. */
function expectUntouched({ simulator, folder }: Scenario): void {
  expect(new Set(simulator.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  expect(existsSync(join(folder, '.line-ads-sync'))).toBe(false);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  expect(simulator.breaches).toEqual([]);
}

/** Runs in a folder where nothing is: for commands that need no configuration. */
async function runAlone(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CliOutcome> {
  await using scenario = await openScenario();
  return await runCli(args, { cwd: scenario.folder, ...options });
}

describe.concurrent('preview', () => {
  test.for(['add', 'mirror'])('tells the plan that sync then carries out (%s), and changes nothing', async (mode) => {
    await using scenario = await openScenario();
    const id = seedBuyers(scenario);
    const config = configOf(scenario, { mode }, { batch: { maxRecords: 2 } });

    const preview = await scenario.run('preview', config);

    expect(preview.code, preview.stderr).toBe(0);
    const planned = reportOf(preview).syncs[0];
    expect(planned).toMatchObject({
      status: 'planned',
      remote: 'untouched',
      audience: { id, created: false },
      plan: { action: mode === 'add' ? 'add' : 'replace', batches: 3, id: expect.stringMatching(/^[0-9a-f]{64}$/) },
      counts: { rows: 5, values: 5, members: 5, lines: 5, plannedLines: 5, uploaded: 0 },
    });
    expect(reportOf(preview).status).toBe('planned');
    expectUntouched(scenario);
    expect(scenario.simulator.members(id)).toEqual(new Set([hashOf('resident@example.com')]));
    const synced = reportOf(await scenario.run('sync', config)).syncs[0];
    expect(synced).toMatchObject({ status: 'succeeded', plan: planned?.plan });
  });

  test('plans to create an audience that is not there, and creates none', async () => {
    await using scenario = await openScenario();
    const preview = await scenario.run('preview', configOf(scenario, { mode: 'mirror' }));
    expect(reportOf(preview).syncs[0]).toMatchObject({ status: 'planned', plan: { action: 'create' } });
    expectUntouched(scenario);
    expect(scenario.simulator.audiences()).toEqual([]);
  });

  test('reports a plan that is refused, and ends 65', async () => {
    await using scenario = await openScenario();
    const config = configOf(scenario, {}, { guards: { minMembers: 6 } });
    const preview = await scenario.run('preview', config);
    expect(preview.code).toBe(65);
    expect(reportOf(preview).status).toBe('refused');
    expect(reportOf(preview).syncs[0]).toMatchObject({
      status: 'refused',
      error: { code: 'guard.min_members' },
      plan: { action: 'create', batches: 1 },
      counts: { members: 5, uploaded: 0 },
    });
    expectUntouched(scenario);
    const refused = await scenario.run('sync', config);
    expect(reportOf(refused).syncs[0]?.plan).toEqual(reportOf(preview).syncs[0]?.plan);
  });
});

describe.concurrent('check', () => {
  test('finds everything in place, changes nothing, and says what only an upload can show', async () => {
    await using scenario = await openScenario();
    seedBuyers(scenario);
    const outcome = await scenario.run('check', configOf(scenario));
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ status: 'succeeded' });
    expect(outcome.stderr).toMatch(/first upload/);
    expectUntouched(scenario);
  });

  const phonesByLand = { identifierType: 'phone', columns: ['email'], countryColumn: 'land' };
  const failures: { part: string; parts?: Record<string, object>; changes?: object; code: number; says: RegExp }[] = [
    { part: 'state', parts: { state: { directory: 'people.csv' } }, code: 73, says: /people\.csv/ },
    { part: 'source', changes: { columns: ['mail'] }, code: 66, says: /mail.*it has: email, note/ },
    {
      part: 'source',
      changes: phonesByLand,
      code: 66,
      says: /land.*it has: email, note/,
    },
    {
      part: 'suppress[0]',
      parts: { suppress: [{ ...phonesByLand, source: { type: 'files', path: 'people.csv' } }] },
      code: 66,
      says: /land.*it has: email, note/,
    },
    { part: 'audience', parts: { connection: { secretKey: 'wrong' } }, code: 77, says: /credentials/ },
    { part: 'audience', changes: { audienceId: '999' }, code: 78, says: /999/ },
    { part: 'audience', parts: { connection: { baseUrl: 'http://127.0.0.1:9' } }, code: 69, says: /ECONNREFUSED/ },
  ];
  test.for(failures)('names the failing part: $part ($code)', async ({ part, parts, changes, code, says }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('check', configOf(scenario, changes, parts));
    expect(outcome.code, outcome.stderr).toBe(code);
    const { status, checks } = JSON.parse(outcome.stdout);
    expect(status).toBe('failed');
    const failed = checks.filter(({ ok }: { ok: boolean }) => !ok);
    expect(failed).toHaveLength(1);
    expect(failed[0].part).toContain(part);
    expect(failed[0].message).toMatch(says);
    expect(linesOf(outcome.stderr).filter((line) => line.startsWith('FAILED'))).toHaveLength(1);
  });

  test('names the configuration when that is what fails', async () => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('check', { ...configOf(scenario), speed: 1 });
    expect(outcome.code).toBe(78);
    expect(outcome.stderr).toMatch(/FAILED +config: The configuration has a problem:\n {8}speed: is not a known key/);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ status: 'failed', checks: [{ part: 'config', ok: false }] });
    expect(scenario.simulator.requests).toEqual([]);
  });
});

describe.concurrent('the other commands', () => {
  test('spec prints connector.json, byte for byte', async () => {
    const { code, stdout, stderr } = await runAlone(['spec']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(readFileSync(new URL('../../connector.json', import.meta.url), 'utf8'));
  });

  test('audiences lists all of the account, one JSON object a line', async () => {
    await using scenario = await openScenario();
    const { simulator } = scenario;
    const ids = Array.from({ length: 101 }, (_, number) =>
      simulator.seedAudience({ name: `名前 ${number}`, functionType: 'UPLOAD' }),
    );
    const { code, stdout } = await scenario.run('audiences', configOf(scenario));
    expect(code).toBe(0);
    const listed = jsonLinesOf(stdout);
    expect(listed.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(listed.find(({ name }) => name === '名前 100')).toMatchObject({ type: 'UPLOAD', status: 'READY' });
    expectUntouched(scenario);
  });

  test('explain shows each form of a phone with its hash', async () => {
    const { code, stdout } = await runAlone(['explain', '--type', 'phone', '--country', 'JP', '０９０－1234－5678']);
    expect(code).toBe(0);
    for (const form of ['+819012345678', '819012345678', '09012345678']) {
      expect(stdout).toContain(form);
      expect(stdout).toContain(createHash('sha256').update(form).digest('hex'));
    }
  });

  test('explain takes values from stdin, one a line, and tells why one is rejected', async () => {
    const stdin = 'Someone@Example.com\nnobody\n\n';
    const { code, stdout } = await runAlone(['explain', '--type', 'email', '-'], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain(hashOf('someone@example.com'));
    expect(stdout).toContain('email.no_at');
    expect(stdout.match(/^type /gm)).toHaveLength(3);
  });

  test('sql prints an expression that hashes as explain does, ready for a SELECT list', async () => {
    const flags = ['--type', 'phone', '--country', 'TH', '--phone-format', 'national'];
    const { code, stdout, stderr } = await runAlone(['sql', '--dialect', 'duckdb', '--column', 'p."No."', ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const connection = await (await DuckDBInstance.create()).connect();
    const people = `(VALUES ('081-234-5678'), ('+66 81 234 5678'), ('０８１'), ('  ')) AS p("No.")`;
    const found = await connection.runAndReadAll(`SELECT ${stdout} FROM ${people}`);
    connection.closeSync();
    const hashed = createHash('sha256').update('0812345678').digest('hex');
    expect(found.getRows().flat()).toEqual([hashed, hashed, 'needs_connector', null]);
  });

  test('sql leaves what it is not sure of as it is with --raw, and takes hashes as --hashed says', async () => {
    const flags = ['--dialect', 'mysql', '--type', 'email', '--column', 'mail'];
    const [plain, raw] = await Promise.all([
      runAlone(['sql', ...flags, '--hashed', 'never']),
      runAlone(['sql', ...flags, '--raw']),
    ]);
    expect(plain.stdout).toMatch(/ELSE 'needs_connector'\nEND\n$/);
    expect(plain.stdout).not.toContain('A-F');
    expect(raw.stdout).toMatch(/ELSE CONVERT\(mail USING utf8mb4\).*\nEND\n$/);
    expect(raw.stdout).toContain('A-F');
  });

  test('sql names the dialects it knows when it is given another', async () => {
    const flags = ['--dialect', 'oracle', '--type', 'email', '--column', 'c'];
    const { code, stdout, stderr } = await runAlone(['sql', ...flags]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/oracle.*duckdb, postgres, mysql, redshift, bigquery, snowflake, clickhouse/s);
  });

  test('simulate prints where it is, acts out faults, takes a whole sync, and ends on SIGTERM', async () => {
    await using scenario = await openScenario();
    const faults = scenario.write('faults.json', '[{"effect":"answer","on":"list","status":503}]');
    const outcome = await runCli(['simulate', '--faults', faults], {
      cwd: scenario.folder,
      async during(cli) {
        await waitUntil(() => cli.stdout().includes('\n'), 'the simulator told where it is');
        const { url: baseUrl, adAccountId, accessKey, secretKey } = JSON.parse(cli.stdout());
        const connection = { baseUrl, adAccountId, accessKey, secretKey };
        const sync = await scenario.run('sync', configOf(scenario, {}, { connection }));
        cli.kill('SIGTERM');
        expect(sync.code, sync.stderr).toBe(0);
        expect(jsonLinesOf(sync.stderr).map(({ status }) => status)).toContain(503);
      },
    });
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(linesOf(outcome.stdout)).toHaveLength(1);
  });

  test('simulate says that its port is taken', async () => {
    await using scenario = await openScenario();
    const { port } = new URL(scenario.simulator.url);
    const { code, stdout, stderr } = await runAlone(['simulate', '--port', port]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(new RegExp(`${port} \\(EADDRINUSE\\).*--port`, 's'));
  });

  test('--help lists the commands that work, and no others', async () => {
    const { code, stdout } = await runAlone(['--help']);
    expect(code).toBe(0);
    const listed = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name);
    expect(listed).toEqual([
      'sync',
      'resume',
      'preview',
      'status',
      'check',
      'audiences',
      'explain',
      'sql',
      'spec',
      'simulate',
      'help',
    ]);
    const { stdout: ofSync } = await runAlone(['sync', '--help']);
    const flags = [...ofSync.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag).sort();
    expect(flags).toEqual([
      '--approve',
      '--config',
      '--detach',
      '--full',
      '--help',
      '--log-level',
      '--max-memory',
      '--only',
      '--quiet',
      '--restart',
      '--state',
      '--version',
    ]);
  });

  test('--version prints the version of the package, whatever the command', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const outcomes = await Promise.all([runAlone(['--version']), runAlone(['sync', '--version'])]);
    expect(outcomes.map(({ code, stdout }) => ({ code, stdout }))).toEqual([
      { code: 0, stdout: `${version}\n` },
      { code: 0, stdout: `${version}\n` },
    ]);
  });
});

describe.concurrent('what a run prints', () => {
  test('is the report alone on stdout, and log lines on stderr that tell of each request', async () => {
    await using scenario = await openScenario();
    const { stdout, stderr } = await scenario.run('sync', configOf(scenario));
    expect(linesOf(stdout)).toHaveLength(1);
    const lines = jsonLinesOf(stderr);
    const requests = lines.filter(({ msg }) => msg === 'Request');
    expect(requests.map(({ method, path, status }) => ({ method, path, status }))).toEqual(
      scenario.simulator.requests.map(({ method, path, status }) => ({ method, path, status })),
    );
    for (const { time, attempt } of requests) {
      expect(Number.isNaN(Date.parse(String(time)))).toBe(false);
      expect(attempt).toBe(1);
    }
  });

  test('is nothing beside the report with --quiet, while all is well', async () => {
    await using scenario = await openScenario();
    const { code, stdout, stderr } = await scenario.run('sync', configOf(scenario), { args: ['--quiet'] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
  });

  test('is the report all the same when the log cannot be written', async () => {
    await using scenario = await openScenario();
    const log = openSync('/dev/full', 'w');
    const outcome = await scenario.run('sync', configOf(scenario), { stderr: log });
    closeSync(log);
    expect(outcome.code).toBe(0);
    expect(reportOf(outcome)).toMatchObject({ status: 'succeeded' });
  });

  test('holds warnings but no requests at --log-level warn', async () => {
    await using scenario = await openScenario();
    const { secretKey } = scenario.simulator;
    const config = configOf(scenario, {}, { connection: { secretKey } });
    const { stderr } = await scenario.run('sync', config, { args: ['--log-level', 'warn'] });
    expect(jsonLinesOf(stderr)).toMatchObject([{ level: 'warn', code: 'inline_secret' }]);
    expect(stderr).toContain('connection.secretKey');
  });
});

describe.concurrent('a run', () => {
  test('takes its configuration from stdin, only the syncs it is told, and another state directory', async () => {
    await using scenario = await openScenario();
    const { simulator, folder } = scenario;
    const others = emailSync({ name: 'others', audienceName: 'Others' });
    const config = JSON.stringify(configOf(scenario, {}, { syncs: [emailSync(), others] }));
    const outcome = await runCli(['sync', '--config', '-', '--only', 'others', '--state', 'elsewhere/state'], {
      cwd: folder,
      env: { ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey },
      stdin: config,
    });
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(reportOf(outcome).syncs.map(({ name }) => name)).toEqual(['others']);
    expect(simulator.audiences().map(({ name }) => name)).toEqual(['Others']);
    expect(existsSync(join(folder, 'elsewhere/state/lock'))).toBe(true);
    expect(existsSync(join(folder, '.line-ads-sync'))).toBe(false);
  });

  test('removes what a killed run left, and converges', async () => {
    await using scenario = await openScenario({
      jobs: { queuedMs: 50, workingMs: 100 },
      faults: [{ effect: 'delay', on: 'upload', skip: 1, ms: 60_000 }],
    });
    const { simulator, folder } = scenario;
    seedBuyers(scenario);
    const state = join(folder, '.line-ads-sync');
    const config = configOf(scenario, { mode: 'mirror' }, { batch: { maxRecords: 2 } });
    const killed = await scenario.run('sync', config, {
      async during(cli) {
        const read = () => uploadsTo(simulator).filter(({ lines }) => lines !== null);
        await waitUntil(() => read().length > 1, 'LINE had the second upload');
        cli.kill('SIGKILL');
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(leftoversIn(state)).not.toEqual([]);

    const outcome = await scenario.run('sync', config);

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(unneededIn(state)).toEqual([]);
    expect([...simulator.members(audienceId(simulator, 'Buyers'))].sort()).toEqual(wanted);
    expect(simulator.breaches).toEqual([]);
  });

  test('keeps its files to its own user while it works', async () => {
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', ms: 60_000 }] });
    const state = join(scenario.folder, '.line-ads-sync');
    const modes: Record<string, string[]> = { folder: [], file: [] };
    await scenario.run('sync', configOf(scenario, {}, { shutdown: { graceMs: 0 } }), {
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length > 0, 'an upload was sent');
        for (const path of [
          state,
          ...readdirSync(state, { recursive: true }).map((name) => join(state, String(name))),
        ]) {
          const stat = statSync(path);
          modes[stat.isDirectory() ? 'folder' : 'file']?.push((stat.mode & 0o777).toString(8));
        }
        cli.kill('SIGTERM');
      },
    });
    expect(new Set(modes.folder)).toEqual(new Set(['700']));
    expect(new Set(modes.file)).toEqual(new Set(['600']));
    expect(modes.file?.length).toBeGreaterThan(2);
    expect(unneededIn(state)).toEqual([]);
  });
});

test('a sync may be named like a file of ours', async () => {
  await using scenario = await openScenario();
  const outcome = await scenario.run('sync', configOf(scenario, { name: 'lock' }));
  expect(outcome.code).toBe(0);
});
