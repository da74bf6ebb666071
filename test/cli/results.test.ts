import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { readStatus } from '../../src/run/status.ts';
import { runHere } from './runHere.ts';
import { emailSync, openScenario, type Scenario } from './scenario.ts';

/* What becomes of a result that nobody gets, and of a run that never came to its syncs. */

function configOf(scenario: Scenario, content = 'email\na@example.com\n'): Record<string, unknown> {
  const path = scenario.write('people.csv', content);
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()] });
}

function load({ simulator, folder }: Scenario, config: object): Config {
  const env = { ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey };
  const state = { directory: `${folder}/.line-ads-sync` };
  return loadConfig(JSON.stringify({ ...config, state }), { env }).config;
}

async function runsOnRecord(scenario: Scenario, config: object) {
  return (await readStatus(load(scenario, config), undefined)).runs;
}

/** A pipe whose reader is gone. */
function openBrokenPipe(scenario: Scenario): number {
  const path = join(scenario.folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(reader);
  return writer;
}

describe.concurrent('a result that cannot be written', () => {
  test.for<[string, (scenario: Scenario) => number]>([
    ['ENOSPC', () => openSync('/dev/full', 'w')],
    ['EPIPE', openBrokenPipe],
  ])('(%s) makes a run that succeeded end with 73, and is in the journal', async ([code, open], { expect }) => {
    await using scenario = await openScenario();
    const stdout = open(scenario);
    onTestFinished(() => closeSync(stdout));
    const config = configOf(scenario);
    const outcome = await scenario.run('sync', config, { stdout });
    expect(outcome.code).toBe(73);
    expect(outcome.stderr).toContain(`The result could not be written to stdout (${code}).`);
    expect(await runsOnRecord(scenario, config)).toMatchObject([{ command: 'sync', status: 'succeeded' }]);
  });

  test('does not hide what a run failed with', async ({ expect }) => {
    await using scenario = await openScenario();
    const stdout = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(stdout));
    const config = configOf(scenario, 'email\nnobody\n');
    expect((await scenario.run('sync', config, { stdout })).code).toBe(65);
    expect(await runsOnRecord(scenario, config)).toMatchObject([{ status: 'refused' }]);
  });
});

test('a run that breaks before its syncs begin is in the journal with its error', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const config = configOf(scenario);
  // Stands for any fault of ours at that point.
  const broken = { ...load(scenario, config), jobs: undefined as never };
  const { code } = await runHere(scenario, config, { config: broken });
  expect(code).toBe(70);
  expect(await runsOnRecord(scenario, config)).toMatchObject([{ status: 'failed', error: { code: 'internal' } }]);
});
