import { describe, test } from 'vitest';
import { reportOf } from './cliProcess.ts';
import { emailSync, openScenario, type Scenario } from './scenario.ts';

/* What a run comes to under limits that the system sets to its process. */

function configOf(scenario: Scenario): Record<string, unknown> {
  // Enough for worker threads to be started.
  const rows = Array.from({ length: 40_000 }, (_, index) => `customer-${index}@example.com\n`);
  const path = scenario.write('people.csv', `email\n${rows.join('')}`);
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()] });
}

function under(limit: string): readonly string[] {
  return ['bash', '-c', `${limit} && exec "$@"`, 'limited'];
}

describe.runIf(process.platform === 'linux')('a run', { concurrent: true }, () => {
  test.for([
    ['ulimit -v 1900000', 'address space'],
    ['ulimit -n 40', 'open files'],
  ] as const)('under %s ends with 73, naming the %s', async ([limit, resource], { expect }) => {
    await using scenario = await openScenario();
    const config = configOf(scenario);
    for (const command of ['sync', 'preview']) {
      const outcome = await scenario.run(command, config, { through: under(limit) });
      expect(outcome.code, outcome.stderr).toBe(73);
      expect(reportOf(outcome).error).toMatchObject({
        code: 'process.limit',
        message: expect.stringContaining(`too little room for ${resource}`),
      });
    }
    expect(scenario.simulator.requests).toEqual([]);
  });

  test.for(['ulimit -v 2500000', 'ulimit -v 4500000', 'ulimit -v 12000000'])(
    'under %s succeeds, with as many threads as fit',
    async (limit, { expect }) => {
      await using scenario = await openScenario();
      const outcome = await scenario.run('sync', configOf(scenario), { through: under(limit) });
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(reportOf(outcome).syncs[0]?.counts).toMatchObject({ members: 40_000, uploaded: 40_000 });
    },
  );

  test('without a PATH finds mkfifo all the same', async ({ expect }) => {
    await using scenario = await openScenario();
    const outcome = await scenario.run('sync', configOf(scenario), { env: { PATH: '/nonexistent' } });
    expect(outcome.code, outcome.stderr).toBe(0);
  });
});
