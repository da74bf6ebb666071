import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { Clock } from '../../src/clock.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { SyncError } from '../../src/errors.ts';
import { exitCodeOfRun } from '../../src/report/exitCodes.ts';
import type { RunReport } from '../../src/report/report.ts';
import type { RunOptions } from '../../src/run/options.ts';
import { run } from '../../src/run/run.ts';
import type { RecordedRequest } from '../../src/simulators/lineAds/exchange.ts';
import type { Fault } from '../../src/simulators/lineAds/faults.ts';
import { type Simulator, startSimulator } from '../../src/simulators/lineAds/simulator.ts';
import { hashOf } from '../cli/customers.ts';
import { makeFastFolder } from '../setup/fastFolder.ts';
import { createRandom, integerBetween, pickOne } from '../setup/seeded.ts';
import { failJournalAt } from './failJournal.ts';
import { brokenUploadRules } from './uploadRules.ts';
import { createVirtualClock, unlimited } from './virtualClock.ts';

/*
 * One seed: a simulated LINE under faults, a source that changes, and some runs. The rules of docs/guarantees.md are
 * asserted after each run. When no fault is left, a last run must bring the audience in step.
 */

/** Events during and between runs, beside LINE's own faults. */
const mishaps = [
  'none',
  'none',
  'an upload by others',
  'an upload by others during the run',
  'uploads by others throughout the run',
  'uploads by others that push ours off the list',
  'the disk is full',
  'the state directory vanishes',
  'the run is stopped',
  'audiences appear between two pages',
  'an audience vanishes between two pages',
] as const;
type Mishap = (typeof mishaps)[number];

interface World extends AsyncDisposable {
  random: () => number;
  clock: Clock;
  simulator: Simulator;
  folder: string;
  mode: 'add' | 'mirror';
  people: Set<number>;
  /** Number of the simulator's breaches that were checked. */
  breaches: number;
  /** Number of requests that LINE had received when others last uploaded. */
  othersUploadedAt: number;
  config: Config;
}

export async function runSeed(seed: number): Promise<string[]> {
  await using world = await openWorld(seed);
  const { random } = world;
  const story: string[] = [`${world.mode}, ${world.people.size} people`];
  const rounds = integerBetween(random, 2, 4);
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) changePeople(world);
    addFaults(world);
    const mishap = pickOne(random, mishaps);
    const report = await runUnder(mishap, world);
    story.push(`${world.people.size} people; ${mishap}: ${describe(report)}`);
    checkReport(report, world, story, mishap);
    if (random() < 0.3) await checkPreview(world, story);
  }
  await converge(world, story);
  return story;
}

async function openWorld(seed: number): Promise<World> {
  const random = createRandom(seed);
  const clock = createVirtualClock(Date.UTC(2026, 0, 15), random);
  const simulator = await startSimulator({
    now: clock.now,
    strictRates: false,
    clockSkewMs: pickOne(random, [0, 0, 600_000, -600_000, 1_800_000, -1_800_000]),
    signature: pickOne(random, ['any', 'padded', 'rfc7515']),
    jobs: { queuedMs: integerBetween(random, 0, 20_000), workingMs: integerBetween(random, 0, 60_000) },
  });
  const folder = makeFastFolder('line-ads-sync-seed-');
  const mode = pickOne(random, ['add', 'mirror'] as const);
  // One world in five has more batches than LINE lists jobs.
  const isLarge = random() < 0.2;
  const count = isLarge ? integerBetween(random, 55, 80) : integerBetween(random, 1, 12);
  const people = new Set(Array.from({ length: count }, (_, index) => index));
  const exists = random() < 0.6;
  if (exists) seedBuyers(simulator, [hashOf('resident'), hashOf('another resident')]);
  // Names that a search finds and an exact comparison must not: another type, and another name.
  simulator.seedAudience({ name: 'Buyers', functionType: 'UPLOAD' });
  simulator.seedAudience({ name: 'Buyers 2', functionType: 'HASHED_EMAIL_UPLOAD' });
  if (random() < 0.3)
    for (let number = 0; number < 120; number += 1)
      simulator.seedAudience({ name: `Others ${number}`, functionType: 'UPLOAD' });
  const config = configSchema.parse({
    connection: {
      adAccountId: simulator.adAccountId,
      accessKey: simulator.accessKey,
      secretKey: simulator.secretKey,
      baseUrl: simulator.url,
    },
    source: { type: 'files', path: join(folder, 'people.csv') },
    syncs: [{ name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode }],
    batch: { maxRecords: isLarge ? 1 : integerBetween(random, 1, 5) },
    jobs: { pollMaxMs: 60_000, timeoutMs: 20 * 60_000 },
    guards: { maxShrink: pickOne(random, [0.5, 1]) },
    plan: { fullRefreshDays: pickOne(random, [7, 7, 0]) },
    state: { directory: join(folder, 'state'), keepSnapshots: random() < 0.8, resumeMaxAgeHours: 0.5 },
  });
  return {
    ...{ random, clock, simulator, folder, mode, people, config },
    breaches: 0,
    othersUploadedAt: 0,
    async [Symbol.asyncDispose]() {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function seedBuyers(simulator: Simulator, members: readonly string[]): string {
  return simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members });
}

function changePeople({ random, people }: World): void {
  const change = random();
  if (change < 0.25) return;
  for (let number = 0; number < 30; number += 1) {
    if (random() < 0.15) people.add(number);
    if (change > 0.6 && random() < 0.3 && people.size > 1) people.delete(number);
  }
}

function addFaults({ random, simulator }: World): void {
  const reads = ['list', 'jobs', 'any', 'upload'] as const;
  for (let count = integerBetween(random, 0, 4); count > 0; count -= 1) {
    const skip = integerBetween(random, 0, 5);
    const times = integerBetween(random, 1, 4);
    const fault: Fault = pickOne<() => Fault>(random, [
      () => ({ effect: 'answer', on: pickOne(random, reads), status: 429, skip, times }),
      () => ({ effect: 'answer', on: pickOne(random, reads), status: 429, skip, times, retryAfter: 3 }),
      () => ({ effect: 'answer', on: pickOne(random, reads), status: pickOne(random, [500, 502, 503]), skip, times }),
      () => ({ effect: 'dropBefore', on: pickOne(random, reads), skip, times }),
      () => ({ effect: 'dropAfter', on: pickOne(random, reads), skip, times }),
      () => ({ effect: 'answerAfter', on: pickOne(random, reads), status: 500, skip, times }),
      () => ({ effect: 'answer', on: 'upload', status: 400, reason: 'LOCK_DEFAULT', skip, times }),
      () => ({ effect: 'jobFails', skip }),
      () => ({ effect: 'jobSlow', extraMs: 600_000, skip, times }),
      () => ({ effect: 'jobUnlisted', ms: integerBetween(random, 1, 600_000), skip, times }),
      () => ({ effect: 'jobUnlisted', skip }),
      () => ({ effect: 'otherAudience', skip }),
    ])();
    simulator.addFault(fault);
  }
}

function runOnce(world: World, changes: Partial<RunOptions> = {}): Promise<RunReport> {
  const { folder, config, clock, people } = world;
  writeFileSync(
    join(folder, 'people.csv'),
    ['email', ...[...people].map((number) => `person-${number}@example.com`), ''].join('\n'),
  );
  return run({
    config,
    command: 'sync',
    stdin: Readable.from([]),
    dispatcher: new Agent({ allowH2: false }),
    clock,
    log: { info() {}, warn() {} },
    progress: { show() {}, end() {}, close() {} },
    signal: new AbortController().signal,
    createLimiter: () => unlimited,
    ...changes,
  });
}

async function runUnder(mishap: Mishap, world: World): Promise<RunReport> {
  const { random, simulator, config } = world;
  const after = integerBetween(random, 1, 8);
  switch (mishap) {
    case 'none':
      return runOnce(world);
    case 'an upload by others':
      uploadByOthers(world);
      return runOnce(world);
    case 'an upload by others during the run':
      return meanwhile(simulator, after, () => uploadByOthers(world), runOnce(world));
    case 'uploads by others throughout the run':
      return allAlong(simulator, after, () => uploadByOthers(world), runOnce(world));
    case 'uploads by others that push ours off the list':
      return meanwhile(
        simulator,
        after,
        () => {
          uploadByOthers(world, 'DIFF_REPLACE');
          for (let count = 0; count < 60; count += 1) uploadByOthers(world, 'DIFF_ADD');
        },
        runOnce(world),
      );
    case 'the disk is full': {
      using _full = failJournalAt(after);
      return await runOnce(world);
    }
    case 'the state directory vanishes':
      return meanwhile(
        simulator,
        after,
        () => rmSync(config.state.directory, { recursive: true, force: true }),
        runOnce(world),
      );
    case 'the run is stopped': {
      const stop = new AbortController();
      return meanwhile(simulator, after, () => stop.abort(interrupted), runOnce(world, { signal: stop.signal }));
    }
    case 'audiences appear between two pages':
      return meanwhile(
        simulator,
        1,
        () => void simulator.seedAudience({ name: 'Newer', functionType: 'UPLOAD' }),
        runOnce(world),
      );
    case 'an audience vanishes between two pages':
      return meanwhile(simulator, 1, () => removeOthers(simulator), runOnce(world));
  }
}

/** Acts once, after LINE has received the given number of further requests, if the run makes them. */
async function meanwhile(simulator: Simulator, after: number, act: () => void, running: Promise<RunReport>) {
  const due = simulator.requests.length + after;
  const timer = setInterval(() => {
    if (simulator.requests.length < due) return;
    clearInterval(timer);
    act();
  }, 1);
  return running.finally(() => clearInterval(timer));
}

/** Acts each time that LINE has received the given number of further requests. */
async function allAlong(simulator: Simulator, every: number, act: () => void, running: Promise<RunReport>) {
  let due = simulator.requests.length + every;
  const timer = setInterval(() => {
    if (simulator.requests.length < due) return;
    due += every;
    act();
  }, 1);
  return running.finally(() => clearInterval(timer));
}

/** Removes the newest audience of others, which moves all older ones in the list. */
function removeOthers(simulator: Simulator): void {
  const newest = simulator.audiences().findLast(({ name }) => name !== 'Buyers');
  if (newest !== undefined) simulator.removeAudience(newest.id);
}

const interrupted = new SyncError('run.interrupted', 'The run was stopped.', 'Run again.');

const jobTypes = ['DIFF_ADD', 'DIFF_REPLACE'] as const;

function uploadByOthers(world: World, type = pickOne(world.random, jobTypes)): void {
  const { random, simulator } = world;
  const id = buyersId(simulator);
  if (id === undefined) return;
  world.othersUploadedAt = simulator.requests.length;
  const stranger = hashOf(`stranger ${random()}`);
  simulator.uploadByOthers(id, { name: 'by-hand.csv', type, lines: new Set([stranger]), lineCount: 1 });
}

function buyersId(simulator: Simulator): string | undefined {
  return simulator
    .audiences()
    .find(({ name, functionType }) => name === 'Buyers' && functionType === 'HASHED_EMAIL_UPLOAD')?.id;
}

function describe({ status, resumed, syncs: [sync] }: RunReport): string {
  const error = sync?.error?.code ?? '';
  const warnings = sync?.warnings.map(({ code }) => code).join(' ') ?? '';
  return [resumed ? 'resumed' : '', status, sync?.plan?.action ?? '', error, warnings].filter(Boolean).join(', ');
}

/** Tells whether others uploaded after the last list of jobs. Only the next run can see that. */
function isTooLate({ simulator, othersUploadedAt }: World): boolean {
  const isLook = ({ path, status }: RecordedRequest) => path.endsWith('/upload-job') && status === 200;
  return simulator.requests.findLastIndex(isLook) < othersUploadedAt;
}

const duringTheRun: ReadonlySet<Mishap> = new Set([
  'an upload by others during the run',
  'uploads by others throughout the run',
  'uploads by others that push ours off the list',
]);

/** Asserts that the sums of a report are right, and that LINE holds the members that it claims. */
function checkReport(report: RunReport, world: World, story: string[], mishap: Mishap): void {
  const { simulator } = world;
  const demand = (holds: boolean, rule: string) => {
    if (!holds) throw new Error(`${rule}\n${story.join('\n')}\n${JSON.stringify(report)}`);
  };
  for (const { counts, status, remote, error } of report.syncs) {
    demand(counts.values === counts.rejected + counts.duplicates + counts.members, 'the counts do not add up');
    demand(counts.uploaded <= counts.plannedLines, 'more was uploaded than planned');
    demand((status === 'succeeded' || status === 'nothing_to_do') === (error === null), 'status and error disagree');
    if (status === 'succeeded') demand(remote === 'complete', 'succeeded, but not complete');
    if (status !== 'succeeded' && error?.code === 'job.failed')
      demand(remote !== 'complete', 'complete with a failed job');
  }
  const isFine = exitCodeOfRun(report) === 0;
  if (isFine && !report.resumed && !(duringTheRun.has(mishap) && isTooLate(world)))
    demand(isInStep(world), `${report.status}, but LINE does not hold the members`);
  const breaches = simulator.breaches
    .slice(world.breaches)
    .filter((breach) => !duringTheRun.has(mishap) || !unforeseen.test(breach));
  demand(breaches.length === 0, breaches.join('; '));
  world.breaches = simulator.breaches.length;
  const id = buyersId(simulator);
  const broken = id === undefined ? [] : brokenUploadRules(simulator, id, (name) => name !== 'by-hand.csv');
  demand(broken.length === 0, broken.join('; '));
}

/** A REPLACE by others is seen only in the next list of jobs. The run then reports it at its end. */
const unforeseen = /an ADD was sent while a REPLACE/;

/** Mirror: exactly the members of the source. Add: at least these. */
function isInStep({ simulator, mode, people }: World): boolean {
  const id = buyersId(simulator);
  if (id === undefined) return people.size === 0;
  const held = simulator.members(id);
  const wanted = [...people].map((number) => hashOf(`person-${number}@example.com`));
  return wanted.every((member) => held.has(member)) && (mode === 'add' || held.size === wanted.length);
}

/** Runs again until there is nothing to do. A Mirror that shrinks too much is approved. */
async function converge(world: World, story: string[]): Promise<void> {
  for (let tries = 0; tries < 12; tries += 1) {
    const report = await runOnce(world);
    story.push(`again: ${describe(report)}`);
    checkReport(report, world, story, 'none');
    const [sync] = report.syncs;
    if (sync?.error?.code === 'guard.max_shrink') {
      const approved = await runOnce(world, { approve: [sync.plan?.id ?? ''] });
      story.push(`approved: ${describe(approved)}`);
      checkReport(approved, world, story, 'none');
    } else if (exitCodeOfRun(report) === 0 && !report.resumed && isInStep(world)) return;
  }
  throw new Error(`the runs do not converge\n${story.join('\n')}`);
}

/** Asserts that a preview changes nothing, neither at LINE nor in the state. */
async function checkPreview(world: World, story: string[]): Promise<void> {
  const { simulator, config } = world;
  const before = stateOf(config.state.directory);
  const requests = simulator.requests.length;
  const report = await runOnce(world, { command: 'preview' });
  story.push(`preview: ${describe(report)}`);
  // An upload of a stopped run may reach LINE only now, as a whole or in part.
  const isOfPreview = ({ fileName, status }: RecordedRequest) =>
    fileName === null ? status !== null : fileName.startsWith(report.runId);
  const sent = simulator.requests
    .slice(requests)
    .filter(({ method }) => method !== 'GET')
    .filter(isOfPreview);
  if (sent.length > 0) throw new Error(`a preview sent something\n${story.join('\n')}`);
  if (stateOf(config.state.directory) !== before) throw new Error(`a preview moved the state\n${story.join('\n')}`);
}

function stateOf(directory: string): string {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return '';
  const names = readdirSync(directory, { recursive: true }).map(String).sort();
  return names
    .map((name) => {
      const path = join(directory, name);
      return statSync(path).isDirectory() ? name : `${name} ${hashOf(readFileSync(path, 'latin1'))}`;
    })
    .join('\n');
}
