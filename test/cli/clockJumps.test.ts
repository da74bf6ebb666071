import { describe, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readStatus } from '../../src/run/status.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, uploadsTo } from './scenario.ts';

const dayMs = 86_400_000;

function clockAt(offsetMs: number) {
  return { ...systemClock, now: () => Date.now() + offsetMs };
}

describe.concurrent('a clock that jumps by years', () => {
  test('ahead and back leaves right audiences, and runs in the order in which they came', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { simulator, folder } = scenario;
    const config = scenario.config({
      source: { type: 'files', path: `${folder}/people.csv` },
      syncs: [emailSync({ mode: 'mirror' })],
      state: { directory: `${folder}/state` },
    });
    const runIds: string[] = [];
    const actions: unknown[] = [];
    for (const [days, people] of [
      [0, 'ab'],
      [4_000, 'abc'],
      [0, 'abcd'],
      [-4_000, 'bcde'],
      [0, 'bcdef'],
      [0, 'bcdefg'],
    ] as const) {
      scenario.write('people.csv', `email\n${[...people].map((name) => `${name}@example.com\n`).join('')}`);
      const { code, report } = await runHere(scenario, config, { clock: clockAt(days * dayMs) });
      expect(code, JSON.stringify(report)).toBe(0);
      expect(simulator.members(audienceId(simulator, 'Buyers')).size).toBe(people.length);
      runIds.push(report.runId);
      actions.push(report.syncs[0]?.plan?.action);
    }
    // A full refresh is due whenever its age cannot be known, and only then.
    expect(actions).toEqual(['create', 'replace', 'replace', 'replace', 'replace', 'add']);
    expect(new Set(uploadsTo(simulator).map(({ fileName }) => fileName)).size).toBe(runIds.length);
    const env = { ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey };
    const { runs } = await readStatus(loadConfig(JSON.stringify(config), { env }).config, undefined);
    expect(runs.map(({ runId }) => runId)).toEqual(runIds.toReversed());
  });
});
