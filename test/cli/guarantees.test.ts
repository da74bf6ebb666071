import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { SyncError } from '../../src/errors.ts';
import type { RunOptions } from '../../src/run/options.ts';
import type { RecordedRequest } from '../../src/simulators/lineAds/exchange.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulators/lineAds/simulator.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, emailSync, openScenario, uploadsTo } from './scenario.ts';

/*
 * What a run says of an audience to which more happens than its own uploads.
 */

const hourMs = 3_600_000;
/** For runs that are to end with jobs.timeout. */
const impatient = { jobs: { timeoutMs: 1000 } };
const emails = (count: number) => Array.from({ length: count }, (_, index) => `person-${index}@example.com`);

/** A mirror of the only audience, `Buyers`, one member a batch, and a clock that can be put forward. */
async function openMirror({ mode = 'mirror', ...options }: SimulatorOptions & { mode?: 'mirror' | 'add' } = {}) {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  const scenario = await openScenario({ strictRates: false, now: clock.now, ...options });
  const { simulator } = scenario;
  const id = simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members: [hashOf('old')] });

  function configOf(people: readonly string[], changes: object = {}): object {
    const path = scenario.write('people.csv', ['email', ...people, ''].join('\n'));
    return scenario.config({
      source: { type: 'files', path },
      syncs: [emailSync({ mode })],
      batch: { maxRecords: 1 },
      guards: { maxShrink: 1 },
      ...changes,
    });
  }

  return {
    ...scenario,
    id,
    configOf,
    putForward: (ms: number) => {
      aheadMs += ms;
    },
    run: (config: object, changes: Partial<RunOptions> = {}) => runHere(scenario, config, { clock, ...changes }),
    /** Whether LINE holds exactly these. */
    holds: (people: readonly string[]) => {
      const held = simulator.members(id);
      return held.size === people.length && people.every((email) => held.has(hashOf(email)));
    },
  };
}

const interrupted = new SyncError('run.interrupted', 'The run was stopped.', 'Run again.');

/** Does something once LINE has answered so many uploads. */
function afterUploads(simulator: Simulator, count: number, act: () => void): void {
  const isAccepted = ({ method, status }: RecordedRequest) => method === 'POST' && status === 202;
  const due = simulator.requests.filter(isAccepted).length + count;
  const timer = setInterval(() => {
    if (simulator.requests.filter(isAccepted).length < due) return;
    clearInterval(timer);
    act();
  }, 1);
  timer.unref();
}

function uploadByOthers(simulator: Simulator, id: string, type: 'DIFF_ADD' | 'DIFF_REPLACE'): void {
  simulator.uploadByOthers(id, { name: 'by-hand.csv', type, lines: new Set([hashOf('stranger')]), lineCount: 1 });
}

describe.concurrent('a mirror of more batches than LINE lists jobs', () => {
  const people = emails(60);

  test('is no success when others sent a REPLACE early on; the next run sends the whole set', async ({ expect }) => {
    await using mirror = await openMirror();
    const { simulator, id } = mirror;
    const config = mirror.configOf(people);
    afterUploads(simulator, 2, () => uploadByOthers(simulator, id, 'DIFF_REPLACE'));
    const { code, report } = await mirror.run(config);
    expect(simulator.jobs(id).some(({ name }) => name === 'by-hand.csv')).toBe(false);
    expect([code, report.status, report.syncs[0]?.error?.code]).toEqual([75, 'pending', 'audience.changed']);
    expect(report.syncs[0]?.remote).toBe('unknown');

    const again = await mirror.run(config);
    expect([again.code, again.report.syncs[0]?.plan?.action]).toEqual([0, 'replace']);
    expect(mirror.holds(people)).toBe(true);
    expect((await mirror.run(config)).report.status).toBe('nothing_to_do');

    for (let count = 0; count < 60; count += 1) uploadByOthers(simulator, id, 'DIFF_ADD');
    const preview = await mirror.run(config, { command: 'preview' });
    expect(preview.report.syncs[0]?.plan?.action).toBe('replace');
    expect(preview.report.syncs[0]?.warnings.map(({ code }) => code)).toContain('snapshot_void');
  });

  test('that was stopped after others uploaded is not completed, but sent as a whole', async ({ expect }) => {
    await using mirror = await openMirror();
    const { simulator, id } = mirror;
    const config = mirror.configOf(people);
    const halt = new AbortController();
    afterUploads(simulator, 2, () => uploadByOthers(simulator, id, 'DIFF_REPLACE'));
    afterUploads(simulator, 30, () => halt.abort(interrupted));
    const stopped = await mirror.run(config, { signal: halt.signal });
    expect(stopped.report.syncs[0]?.error?.code).toBe('run.interrupted');

    const again = await mirror.run(config);
    expect([again.code, again.report.resumed, again.report.syncs[0]?.plan?.action]).toEqual([0, false, 'replace']);
    expect(again.report.syncs[0]?.warnings.map(({ code }) => code)).toContain('plan_abandoned');
    expect(mirror.holds(people)).toBe(true);
  });
});

describe.concurrent('an accepted upload whose job LINE never lists', () => {
  test('is waited for until state.resumeMaxAgeHours are over; then the whole set is sent', async ({ expect }) => {
    await using mirror = await openMirror();
    const { simulator } = mirror;
    const people = emails(2);
    const config = mirror.configOf(people);
    simulator.addFault({ effect: 'jobUnlisted', skip: 1 });
    for (let tries = 0; tries < 2; tries += 1) {
      const { code, report } = await mirror.run(mirror.configOf(people, impatient));
      expect([code, report.status, report.syncs[0]?.error?.code]).toEqual([75, 'pending', 'jobs.timeout']);
    }
    const before = uploadsTo(simulator).length;
    mirror.putForward(24 * hourMs);
    const preview = await mirror.run(config, { command: 'preview' });
    expect(preview.report.syncs[0]?.warnings.map(({ code }) => code)).toContain('unfinished_plan');
    const { code, report } = await mirror.run(config);
    expect([code, report.status, report.syncs[0]?.plan?.action]).toEqual([0, 'succeeded', 'replace']);
    expect(report.syncs[0]?.warnings.find(({ code }) => code === 'plan_abandoned')?.message).toContain(
      'LINE does not list the jobs of 1 of its uploads',
    );
    expect(uploadsTo(simulator).length - before).toBe(2);
    expect(mirror.holds(people)).toBe(true);
    expect((await mirror.run(config)).report.status).toBe('nothing_to_do');
  });

  test('is given up alone: a job that is listed and unfinished is waited for, whatever its age', async ({ expect }) => {
    await using mirror = await openMirror();
    const { simulator } = mirror;
    const config = mirror.configOf(emails(1), impatient);
    simulator.addFault({ effect: 'jobSlow', extraMs: 30 * hourMs });
    expect((await mirror.run(config)).report.syncs[0]?.error?.code).toBe('jobs.timeout');
    mirror.putForward(25 * hourMs);
    const late = await mirror.run(config);
    expect([late.report.syncs[0]?.error?.code, uploadsTo(simulator).length]).toEqual(['jobs.timeout', 1]);
    expect(late.report.syncs[0]?.warnings.map(({ code }) => code)).not.toContain('plan_abandoned');
    mirror.putForward(5 * hourMs);
    expect((await mirror.run(mirror.configOf(emails(1)))).code).toBe(0);
    expect(uploadsTo(simulator).length).toBe(1);
  });
});

describe.concurrent('an answer that names another audience than the target', () => {
  test.for([0, 1, 2])('ends the sync at batch %i; the next run sends the whole set', async (skip, { expect }) => {
    await using mirror = await openMirror();
    const { simulator } = mirror;
    const people = emails(6);
    const config = mirror.configOf(people, { limits: { concurrentUploads: 1 } });
    simulator.addFault({ effect: 'otherAudience', skip });
    const { code, report } = await mirror.run(config);
    expect([code, report.syncs[0]?.error?.code]).toEqual([75, 'line.bad_answer']);
    expect([uploadsTo(simulator).length, report.syncs[0]?.remote]).toEqual([skip + 1, 'unknown']);
    await delay(20);
    const again = await mirror.run(config);
    expect([again.code, again.report.resumed, again.report.syncs[0]?.plan?.action]).toEqual([0, false, 'replace']);
    expect(mirror.holds(people)).toBe(true);
  });

  test('when it was to be created leaves one audience of the name', async ({ expect }) => {
    await using mirror = await openMirror();
    const { simulator } = mirror;
    simulator.removeAudience(mirror.id);
    const config = mirror.configOf(emails(3));
    simulator.addFault({ effect: 'otherAudience' });
    expect((await mirror.run(config)).report.syncs[0]?.error?.code).toBe('line.bad_answer');
    expect((await mirror.run(config)).code).toBe(0);
    expect(simulator.members(audienceId(simulator, 'Buyers')).size).toBe(3);
  });
});

test('a suppression list that is added after a stopped run voids the plan that was left', async ({ expect }) => {
  await using mirror = await openMirror();
  const { simulator } = mirror;
  const people = emails(10);
  const halt = new AbortController();
  afterUploads(simulator, 1, () => halt.abort(interrupted));
  await mirror.run(mirror.configOf(people), { signal: halt.signal });
  expect(uploadsTo(simulator).length).toBeLessThan(10);
  const path = mirror.write('stop.csv', `email\n${people[9]}\n`);
  const suppress = [{ source: { type: 'files', path }, identifierType: 'email' }];
  const { code, report } = await mirror.run(mirror.configOf(people, { suppress }));
  expect([code, report.resumed]).toEqual([0, false]);
  expect(report.syncs[0]?.warnings.map(({ code }) => code)).toContain('plan_abandoned');
  expect(mirror.holds(people.slice(0, 9))).toBe(true);
});
