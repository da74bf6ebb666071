import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/simulators/lineAds/faults.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { reportOf, waitUntil } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

/* What goes wrong on the way to LINE and at LINE: the membership comes out right all the same, or the report says not. */

const addresses = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
const wanted = addresses.map(hashOf).sort();
const residents = [hashOf('resident@example.com'), hashOf('a@example.com')];
const threeBatches = { batch: { maxRecords: 2 }, limits: { concurrentUploads: 1 } };

type Outcome = Awaited<ReturnType<typeof runHere>>;

/** Rates have tests of their own. */
function open(options: SimulatorOptions = {}): Promise<Scenario> {
  return openScenario({ strictRates: false, ...options });
}

function configOf(scenario: Scenario, changes: object = {}, parts: Record<string, object> = {}): object {
  const path = scenario.write('people.csv', csvText(addresses.map((email) => ({ email }))));
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync(changes)], ...parts });
}

function seedBuyers({ simulator }: Scenario, seed: object = {}): string {
  return simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: residents, ...seed });
}

function membersOf(simulator: Simulator): string[] {
  return [...simulator.members(audienceId(simulator, 'Buyers'))].sort();
}

function union(...sets: readonly string[][]): string[] {
  return [...new Set(sets.flat())].sort();
}

/** How often each file was sent, in the order of the batches. */
function sendsByFile(simulator: Simulator): number[] {
  const counts = new Map<string, number>();
  for (const { fileName } of uploadsTo(simulator)) counts.set(fileName ?? '', (counts.get(fileName ?? '') ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([, count]) => count);
}

function expectSuccess(outcome: Outcome, simulator: Simulator): void {
  expect(outcome.code, JSON.stringify(outcome.report)).toBe(0);
  const { status, syncs } = outcome.report;
  expect(status).toBe('succeeded');
  expect(syncs[0]).toMatchObject({ remote: 'complete', error: null, counts: { plannedLines: 5, uploaded: 5 } });
  expect(simulator.breaches).toEqual([]);
}

const plans = [
  { plan: 'creating', mode: 'add', seeded: false, members: wanted },
  { plan: 'adding', mode: 'add', seeded: true, members: union(wanted, residents) },
  { plan: 'replacing', mode: 'mirror', seeded: true, members: wanted },
];

/** Hits the first sending of each of three files, which is sent again right after when it did not arrive. */
function onEachFirstSend(fault: Fault, arrives: boolean): Fault[] {
  return arrives ? [{ ...fault, times: 3 }] : [0, 1, 2].map((skip) => ({ ...fault, skip }));
}

const losses: { title: string; fault: Fault; arrives: boolean }[] = [
  { title: 'the socket drops before it counts', fault: { effect: 'dropBefore', on: 'upload' }, arrives: false },
  { title: 'the socket drops after it counted', fault: { effect: 'dropAfter', on: 'upload' }, arrives: true },
  {
    title: 'LINE answers 500 after it counted',
    fault: { effect: 'answerAfter', on: 'upload', status: 500 },
    arrives: true,
  },
  {
    title: 'LINE answers 503 and it does not count',
    fault: { effect: 'answer', on: 'upload', status: 503 },
    arrives: false,
  },
];
const lost = plans.flatMap((plan) => losses.map((loss) => ({ ...plan, ...loss })));

describe.concurrent('a lost answer to every upload of a plan', () => {
  test.for(lost)('when $plan and $title: nobody is missed, and nothing is accepted twice', async (given) => {
    await using scenario = await open({ faults: onEachFirstSend(given.fault, given.arrives) });
    const { simulator } = scenario;
    if (given.seeded) seedBuyers(scenario);

    const outcome = await runHere(scenario, configOf(scenario, { mode: given.mode }, threeBatches));

    expectSuccess(outcome, simulator);
    expect(membersOf(simulator)).toEqual(given.members);
    expect(sendsByFile(simulator)).toEqual(given.arrives ? [1, 1, 1] : [2, 2, 2]);
    const [sync] = outcome.report.syncs;
    expect(sync?.audience).toMatchObject({ id: audienceId(simulator, 'Buyers'), created: !given.seeded });
    expect(sync?.batches.map(({ attempts }) => attempts)).toEqual(given.arrives ? [1, 1, 1] : [2, 2, 2]);
  });
});

const passing: { title: string; simulator: SimulatorOptions }[] = [
  {
    title: 'reads fail with 500, 503, 429 and dropped sockets',
    simulator: {
      faults: [
        { effect: 'answer', on: 'list', status: 500, times: 2 },
        { effect: 'answer', on: 'jobs', status: 503, times: 2 },
        { effect: 'dropBefore', on: 'jobs', skip: 1 },
        { effect: 'answer', on: 'jobs', status: 429, skip: 1, retryAfter: 0 },
      ],
    },
  },
  { title: 'LINE takes only padded signatures', simulator: { signature: 'padded' } },
  { title: 'LINE takes only signatures without padding', simulator: { signature: 'rfc7515' } },
  { title: "LINE's clock is 20 minutes ahead", simulator: { clockSkewMs: 1_200_000 } },
  { title: 'a job is slow', simulator: { faults: [{ effect: 'jobSlow', extraMs: 700 }] } },
  {
    title: 'answers to uploads are slow',
    simulator: { faults: [{ effect: 'delay', on: 'upload', ms: 400, times: 3 }] },
  },
];

describe.concurrent('what passes is waited for', () => {
  test.for(passing)('when $title, a mirror of several batches comes out right', async ({ simulator: options }) => {
    await using scenario = await open(options);
    seedBuyers(scenario);
    const outcome = await runHere(scenario, configOf(scenario, { mode: 'mirror' }, { batch: { maxRecords: 2 } }));
    expectSuccess(outcome, scenario.simulator);
    expect(membersOf(scenario.simulator)).toEqual(wanted);
    expect(sendsByFile(scenario.simulator)).toEqual([1, 1, 1]);
  });

  test('when uploads are answered 429, they are sent again, after Retry-After where LINE gives one', async () => {
    await using scenario = await open({
      faults: [
        { effect: 'answer', on: 'upload', status: 429, times: 6 },
        { effect: 'answer', on: 'upload', status: 429, retryAfter: 1 },
      ],
    });
    const { simulator } = scenario;
    seedBuyers(scenario);
    const outcome = await runHere(scenario, configOf(scenario, { mode: 'mirror' }));
    expectSuccess(outcome, simulator);
    expect(membersOf(simulator)).toEqual(wanted);
    expect(outcome.report.syncs[0]?.batches[0]?.attempts).toBe(8);
    const times = uploadsTo(simulator).map(({ time }) => time);
    expect(times[7]! - times[6]!).toBeGreaterThanOrEqual(1_000);
  });

  test('when a job of the audience is unfinished, the first upload waits for it', async () => {
    await using scenario = await open();
    const { simulator } = scenario;
    const seededAt = Date.now();
    seedBuyers(scenario, { jobs: [{ name: 'by-hand.csv', type: 'DIFF_REPLACE', finishesInMs: 2_500 }] });
    const outcome = await runHere(scenario, configOf(scenario));
    expectSuccess(outcome, simulator);
    expect(uploadsTo(simulator)[0]!.time - seededAt).toBeGreaterThanOrEqual(2_500);
    expect(membersOf(simulator)).toEqual(union(wanted, residents));
  });

  test('when the audience stands on the second page, among names and types like its own, it is found', async () => {
    await using scenario = await open();
    const { simulator } = scenario;
    const id = seedBuyers(scenario);
    const functionType = 'HASHED_EMAIL_UPLOAD';
    for (let number = 0; number < 120; number += 1) simulator.seedAudience({ name: `Buyers ${number}`, functionType });
    simulator.seedAudience({ name: 'buyers', functionType });
    simulator.seedAudience({ name: 'Buyers', functionType: 'UPLOAD' });
    const outcome = await runHere(scenario, configOf(scenario, { mode: 'mirror' }));
    expectSuccess(outcome, simulator);
    expect([...simulator.members(id)].sort()).toEqual(wanted);
  });
});

describe.concurrent('what does not pass is told, and running again converges', () => {
  test('when the job of one of three batches fails', async () => {
    await using scenario = await open({ faults: [{ effect: 'jobFails', skip: 1 }] });
    const { simulator } = scenario;
    const config = configOf(scenario, {}, threeBatches);
    const failed = await runHere(scenario, config);
    expect(failed.code).toBe(1);
    expect(failed.report.syncs[0]).toMatchObject({
      status: 'partial',
      remote: 'partial',
      remoteBatches: { done: 2, total: 3 },
      error: { code: 'job.failed' },
    });
    expect(failed.report.syncs[0]?.batches.map(({ jobStatus }) => jobStatus)).toEqual([
      'FINISHED',
      'FAILED',
      'FINISHED',
    ]);
    expect((await runHere(scenario, config)).code).toBe(0);
    expect(membersOf(simulator)).toEqual(wanted);
    expect(simulator.breaches).toEqual([]);
  });

  test('when the job of a REPLACE fails, nothing is added after it', async () => {
    await using scenario = await open({ faults: [{ effect: 'jobFails' }] });
    const { simulator } = scenario;
    seedBuyers(scenario);
    const config = configOf(scenario, { mode: 'mirror' }, threeBatches);
    const failed = await runHere(scenario, config);
    expect(failed.code).toBe(1);
    expect(failed.report.syncs[0]).toMatchObject({ status: 'failed', error: { code: 'job.failed' } });
    expect(sendsByFile(simulator)).toEqual([1]);
    expect(membersOf(simulator)).toEqual(union(residents));
    expect((await runHere(scenario, config)).code).toBe(0);
    expect(membersOf(simulator)).toEqual(wanted);
  });

  test('when LINE refuses the second of three uploads, the report says what LINE holds', async () => {
    await using scenario = await open({
      faults: [{ effect: 'answer', on: 'upload', skip: 1, status: 400, reason: 'INVALID_FILE_CONTENT' }],
    });
    const { simulator } = scenario;
    seedBuyers(scenario);
    const config = configOf(scenario, { mode: 'mirror' }, threeBatches);
    const refused = await runHere(scenario, config);
    expect(refused.code).toBe(1);
    expect(refused.report.syncs[0]).toMatchObject({
      status: 'partial',
      remote: 'partial',
      remoteBatches: { done: 1, total: 3 },
      counts: { plannedLines: 5, uploaded: 2 },
      error: { code: 'upload.refused', message: expect.stringContaining('INVALID_FILE_CONTENT') },
    });
    expect(membersOf(simulator)).toEqual(wanted.slice(0, 2));
    expect((await runHere(scenario, config)).code).toBe(0);
    expect(membersOf(simulator)).toEqual(wanted);
  });

  test.for(['list', 'upload'] as const)('when a %s request is redirected, nobody follows', async (on) => {
    await using elsewhere = await open();
    await using scenario = await open({
      faults: [{ effect: 'redirect', on, location: elsewhere.simulator.url }],
    });
    const outcome = await runHere(scenario, configOf(scenario));
    expect(outcome.code).not.toBe(0);
    expect(outcome.report.syncs[0]?.error).toMatchObject({
      message: expect.stringContaining('307'),
      hint: expect.stringContaining('baseUrl'),
    });
    expect(elsewhere.simulator.requests).toEqual([]);
    expect(scenario.simulator.audiences()).toEqual([]);
  });
});

const slowJobs = { jobs: { queuedMs: 200, workingMs: 600 } };

describe.concurrent('a run that does not wait ends 0 with its jobs pending', () => {
  test('by --detach, right after the last upload', async () => {
    await using scenario = await openScenario({ jobs: { queuedMs: 0, workingMs: 3_600_000 } });
    const { simulator } = scenario;
    const outcome = await scenario.run('sync', configOf(scenario, {}, { batch: { maxRecords: 2 } }), {
      args: ['--detach'],
    });
    expect(outcome.code).toBe(0);
    const { status, syncs } = reportOf(outcome);
    expect(status).toBe('pending');
    expect(syncs[0]).toMatchObject({ status: 'pending', error: null, remote: 'unknown', counts: { uploaded: 5 } });
    expect(sendsByFile(simulator)).toEqual([1, 1, 1]);
    expect(simulator.breaches).toEqual([]);
  });

  test('by wait: false, but a REPLACE that has ADDs behind it is waited for', async () => {
    await using scenario = await open(slowJobs);
    const { simulator } = scenario;
    seedBuyers(scenario);
    const parts = { batch: { maxRecords: 2 }, jobs: { wait: false } };
    const outcome = await runHere(scenario, configOf(scenario, { mode: 'mirror' }, parts));
    expect(outcome.code).toBe(0);
    expect(outcome.report.syncs[0]).toMatchObject({ status: 'pending', counts: { uploaded: 5 } });
    const [replace, ...adds] = uploadsTo(simulator);
    expect([replace, ...adds].map((upload) => upload?.action)).toEqual(['REPLACE', 'ADD', 'ADD']);
    for (const add of adds) expect(add.time - replace!.time).toBeGreaterThanOrEqual(800);
    await waitUntil(() => membersOf(simulator).length === wanted.length, 'the last job finished');
    expect(membersOf(simulator)).toEqual(wanted);
    expect(simulator.breaches).toEqual([]);
  });
});
