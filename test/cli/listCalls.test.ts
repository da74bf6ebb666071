import { expect, test } from 'vitest';
import type { Simulator } from '../../src/simulators/lineAds/simulator.ts';
import { reportOf } from './cliProcess.ts';
import { runHere } from './runHere.ts';
import { emailSync, openScenario } from './scenario.ts';

const mirrors = 12;
/** Beside these there is room for the mirrors on the last page. */
const others = 250;
const pages = 3;

function listCalls(simulator: Simulator): number {
  return simulator.requests.filter(({ path }) => path.endsWith('/custom-audiences')).length;
}

test('the audience list is read once for all syncs, once at the end, and by one page before each creation', async () => {
  await using scenario = await openScenario({ strictRates: false });
  const { simulator } = scenario;
  for (let number = 0; number < others; number += 1)
    simulator.seedAudience({ name: `Others ${number}`, functionType: 'HASHED_EMAIL_UPLOAD' });
  const configOf = (emails: readonly string[]) =>
    scenario.config({
      source: { type: 'files', path: scenario.write('people.csv', ['email', ...emails, ''].join('\n')) },
      syncs: Array.from({ length: mirrors }, (_, number) =>
        emailSync({ name: `buyers-${number}`, audienceName: `Buyers ${number}`, mode: 'mirror' }),
      ),
    });
  let before = 0;
  const callsSince = () => {
    const calls = listCalls(simulator) - before;
    before += calls;
    return calls;
  };

  const config = configOf(['a@example.com']);
  expect((await runHere(scenario, config)).report.syncs.map(({ status }) => status)).toEqual(
    Array(mirrors).fill('succeeded'),
  );
  expect(callsSince()).toBe(pages + mirrors + pages);
  expect((await runHere(scenario, config)).report.status).toBe('nothing_to_do');
  expect(callsSince()).toBe(pages);
  const changed = configOf(['a@example.com', 'b@example.com']);
  const { report } = await runHere(scenario, changed);
  expect(report.syncs.map(({ audience }) => audience.status)).toEqual(Array(mirrors).fill('READY'));
  expect(callsSince()).toBe(pages + pages);

  expect((await scenario.run('check', changed)).code).toBe(0);
  expect(callsSince()).toBe(pages);
  const status = await scenario.run('status', changed, { args: ['--remote'] });
  expect([status.code, (reportOf(status) as { syncs: object[] }).syncs.length]).toEqual([0, mirrors]);
  expect(callsSince()).toBe(pages);
  expect(simulator.breaches).toEqual([]);
}, 60_000);
