import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '../../src/simulators/lineAds/simulator.ts';
import { type CliOutcome, type RunningCli, reportOf, waitUntil } from '../cli/cliProcess.ts';
import { hashOf } from '../cli/customers.ts';
import { audienceId, emailSync, openScenario, type Scenario } from '../cli/scenario.ts';
import { csvText } from '../cli/sourceFiles.ts';
import { brokenUploadRules } from '../faults/uploadRules.ts';
import { createRandom, integerBetween, pickOne } from '../setup/seeded.ts';

/*
 * Kills the real command with SIGKILL, runs it again until it ends, and compares the result at the simulated LINE.
 */

/** The sync that is killed. */
export interface Work {
  mode: 'add' | 'mirror';
  /** True if the audience exists before, with other members. */
  exists: boolean;
  batches: number;
}

const perBatch = 2;
const residents = ['resident-1@example.com', 'resident-2@example.com', 'person-0@example.com'];
const killer = fileURLToPath(new URL('./killAtStep.ts', import.meta.url));

/** The time of a kill: a step of the journal, or a delay after the n-th request. */
export type Kill = { at: 'before' | 'after'; step: number } | { afterRequest: number; ms: number };

export interface CaseResult {
  /** Number of runs that were killed before they ended. */
  kills: number;
  runs: number;
  isResumed: boolean;
}

/** Runs the command under each of the kills in turn, then to its end. Throws if a rule of docs/guarantees.md was broken. */
export async function runCase(work: Work, kills: readonly Kill[]): Promise<CaseResult> {
  await using scenario = await openScenario({
    jobs: { queuedMs: 10, workingMs: 30 },
    // A delay between the effect of an upload and its answer leaves time for a kill.
    faults: [{ effect: 'delay', on: 'upload', ms: 60, times: 1000 }],
  });
  const { simulator } = scenario;
  if (work.exists)
    simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: residents.map(hashOf) });
  const config = configOf(scenario, work);
  const result = { kills: 0, runs: 0, isResumed: false };
  for (const kill of kills) {
    const outcome = await runToKill(scenario, config, kill);
    result.runs += 1;
    if (outcome.signal === 'SIGKILL') result.kills += 1;
    else demand(outcome.code === 0, `a run that was not killed ended with ${outcome.code}: ${tail(outcome)}`);
  }
  for (let tries = 0; ; tries += 1) {
    const outcome = await scenario.run('sync', config);
    result.runs += 1;
    result.isResumed ||= reportOf(outcome).resumed;
    if (outcome.code === 0) break;
    demand(tries < 3, `the runs after the kills do not end: ${tail(outcome)}`);
  }
  checkOutcome(simulator, work);
  return result;
}

function configOf(scenario: Scenario, { mode, batches }: Work): object {
  const path = scenario.write('people.csv', csvText(peopleOf(batches).map((email) => ({ email }))));
  return scenario.config({
    source: { type: 'files', path },
    syncs: [emailSync({ mode })],
    batch: { maxRecords: perBatch },
  });
}

function peopleOf(batches: number): string[] {
  return Array.from({ length: batches * perBatch }, (_, index) => `person-${index}@example.com`);
}

function runToKill(scenario: Scenario, config: object, kill: Kill): Promise<CliOutcome> {
  if ('step' in kill)
    return scenario.run('sync', config, {
      nodeArgs: ['--import', killer],
      env: { KILL_AT: `${kill.at} ${kill.step}` },
    });
  const { simulator } = scenario;
  const before = simulator.requests.length;
  const during = async (cli: RunningCli) => {
    let isOver = false;
    cli.onEnd(() => {
      isOver = true;
    });
    await waitUntil(() => isOver || simulator.requests.length >= before + kill.afterRequest, 'the request is there');
    await delay(kill.ms);
    cli.kill('SIGKILL');
  };
  return scenario.run('sync', config, { during });
}

/** Returns the number of journal steps in one undisturbed run. */
export async function countSteps(work: Work): Promise<number> {
  await using scenario = await openScenario({ jobs: { queuedMs: 10, workingMs: 30 } });
  if (work.exists)
    scenario.simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: [] });
  const outcome = await scenario.run('sync', configOf(scenario, work), { nodeArgs: ['--import', killer] });
  return Number(/journal steps: (\d+)/.exec(outcome.stderr)?.[1]);
}

function checkOutcome(simulator: Simulator, { mode, exists, batches }: Work): void {
  const id = audienceId(simulator, 'Buyers');
  const people = peopleOf(batches).map(hashOf);
  const wanted = new Set(mode === 'add' && exists ? [...people, ...residents.map(hashOf)] : people);
  const held = simulator.members(id);
  demand(
    held.size === wanted.size && [...wanted].every((member) => held.has(member)),
    `LINE holds ${held.size} members, not the ${wanted.size} of the plan`,
  );
  demand(simulator.breaches.length === 0, simulator.breaches.join('; '));
  const broken = brokenUploadRules(simulator, id);
  demand(broken.length === 0, broken.join('; '));
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function tail({ stdout, stderr }: CliOutcome): string {
  return `${stdout.slice(-1500)}\n${stderr.slice(-500)}`;
}

/** Returns the work and the kills of a seed. */
export function caseOfSeed(seed: number): { work: Work; kills: Kill[] } {
  const random = createRandom(seed);
  const work: Work = {
    mode: pickOne(random, ['add', 'mirror', 'mirror']),
    exists: random() < 0.7,
    batches: integerBetween(random, 2, 4),
  };
  // Fewer requests than a run makes, so that most kills hit a running process.
  const most = 3 + work.batches;
  const kills = Array.from({ length: integerBetween(random, 1, 4) }, () => ({
    afterRequest: integerBetween(random, 0, most),
    ms: integerBetween(random, 0, 150),
  }));
  return { work, kills };
}
