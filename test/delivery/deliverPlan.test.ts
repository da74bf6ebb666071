import { describe, expect, test } from 'vitest';
import { createDelivery, type Deliverable, type DeliverPlanOptions } from '../../src/delivery/deliverPlan.ts';
import type { RemoteUpload, UploadAttempt } from '../../src/destinations/destination.ts';
import type { LineAdsClient, UploadCall } from '../../src/destinations/lineAds/client.ts';
import { SyncError } from '../../src/errors.ts';
import { type PlanAction, planUploads } from '../../src/planning/plan.ts';
import { type Fate as BatchFate, remoteOf, startBatch } from '../../src/report/batches.ts';
import { audienceOf, createFakeClock, type FakeClock, jobOf } from '../setup/clientSetup.ts';
import { configOf } from '../setup/memberSetup.ts';

const audienceId = '5343822743474';

/** What becomes of an upload; by default it is accepted, and its job finishes. */
type Fate = 'accept' | 'fail job' | 'refuse' | 'lose answer' | 'lose upload' | 'answer for another';

/** An upload by others, right after LINE has accepted so many of ours. */
interface ByOthers {
  after: number;
  type: 'DIFF_ADD' | 'DIFF_REPLACE';
  /** `jobMs` unless given. */
  ms?: number;
}

interface LineOptions {
  fates?: Fate[];
  jobMs?: number;
  /** Of the file names that LINE has jobs of beforehand, unfinished for `jobMs`. */
  earlier?: string[];
  isNew?: boolean;
  others?: ByOthers[];
  /** How long the job of an own upload is not listed, by its index. */
  hiddenMs?: Record<number, number>;
  /** How long the job of an own upload is unfinished, by its index. */
  slowMs?: Record<number, number>;
}

interface FakeJob {
  id: string;
  fileName: string;
  type: string;
  endMs: number;
  end: string;
  listedFromMs: number;
}

/** As many as LINE lists. */
const mostListed = 50;

interface Sent {
  index: number;
  action: string;
  target: string;
  lines: string[];
  /** Uploads in flight when this one began, itself included. */
  inFlight: number;
  /** Unfinished jobs of the audience when it began, by file name. */
  unfinished: string[];
}

/** LINE as far as uploads and jobs go, over plain data. A job is there as soon as its upload is accepted. */
function createFakeLine(clock: FakeClock, options: LineOptions) {
  const { fates = [], jobMs = 5000, earlier = [], isNew = false, others = [] } = options;
  const jobs: FakeJob[] = [];
  let accepted = 0;

  function addJob(fileName: string, job: Partial<FakeJob> & { ms?: number | undefined } = {}): void {
    const { ms = jobMs, ...rest } = job;
    jobs.push({
      id: String(jobs.length + 1),
      fileName,
      type: 'DIFF_ADD',
      endMs: clock.now() + ms,
      end: 'FINISHED',
      listedFromMs: 0,
      ...rest,
    });
  }

  for (const fileName of earlier) addJob(fileName);
  const sent: Sent[] = [];
  let inFlight = 0;
  let polls = 0;
  let exists = !isNew;

  const listed = (): RemoteUpload[] =>
    jobs
      .slice(-mostListed)
      .filter(({ listedFromMs }) => listedFromMs <= clock.now())
      .map(({ id, fileName, type, endMs, end }) =>
        jobOf({ id, fileName, type, status: clock.now() < endMs ? 'WORKING' : end }),
      );

  function accept(fileName: string, end = 'FINISHED'): UploadAttempt {
    exists = true;
    const index = Number(/(\d+)\.txt$/.exec(fileName)?.[1]);
    const type = sent.findLast((upload) => upload.index === index)?.action === 'REPLACE' ? 'DIFF_REPLACE' : 'DIFF_ADD';
    const listedFromMs = clock.now() + (options.hiddenMs?.[index] ?? 0);
    addJob(fileName, { type, end, listedFromMs, ms: options.slowMs?.[index] });
    accepted += 1;
    for (const { after, type: othersType, ms } of others)
      if (after === accepted) addJob('by-hand.csv', { type: othersType, ms });
    return { kind: 'accepted', calls: 1, audience: audienceOf() };
  }

  function fail(verdict: 'terminal' | 'unanswered'): UploadAttempt {
    const error = () => new SyncError(verdict === 'terminal' ? 'upload.refused' : 'line.unreachable', 'no', 'again');
    return { kind: 'failed', calls: 1, verdict, ms: 1, retryAfterMs: 0, error };
  }

  function answer(fileName: string, index: number): UploadAttempt {
    switch (fates[index] ?? 'accept') {
      case 'accept':
        return accept(fileName);
      case 'fail job':
        return accept(fileName, 'FAILED');
      case 'refuse':
        return fail('terminal');
      case 'lose answer':
        accept(fileName);
        return fail('unanswered');
      case 'lose upload':
        return fail('unanswered');
      case 'answer for another':
        accept(fileName);
        return { kind: 'accepted', calls: 1, audience: audienceOf({ id: '99' }) };
    }
  }

  async function attemptUpload({ form }: UploadCall): Promise<UploadAttempt> {
    let body = '';
    for await (const part of form.open()) body += Buffer.from(part).toString();
    expect(Buffer.byteLength(body)).toBe(form.contentLength);
    const field = (name: string) => new RegExp(`name="${name}"\r\n\r\n(.*)\r\n`).exec(body)?.[1];
    const [, fileName = '', content = ''] = /filename="(.*)"\r\n.*\r\n\r\n([\s\S]*)\r\n--/.exec(body) ?? [];
    const index = Number(/(\d+)\.txt$/.exec(fileName)?.[1]);
    const unfinished = listed().flatMap((job) => (job.status === 'WORKING' ? [job.fileName] : []));
    const target = field('id') ?? `name ${field('name')}`;
    sent.push({
      index,
      action: field('action') ?? '',
      target,
      lines: content.trim().split('\n'),
      inFlight: ++inFlight,
      unfinished,
    });
    for (let turn = 0; turn < 3 + ((index * 2) % 5); turn++) await new Promise((resolve) => setImmediate(resolve));
    inFlight--;
    return answer(fileName, index);
  }

  const listAudiences = async () => (exists ? [audienceOf()] : []);
  const client: LineAdsClient = {
    listAudiences,
    audiences: { recall: listAudiences, refresh: listAudiences },
    async uploadJobs() {
      polls++;
      await new Promise((resolve) => setImmediate(resolve));
      return listed();
    },
    attemptUpload,
    uploadPatience: () => ({ mayRetry: async () => false }),
    createAlone: (create) => create(),
    wasAnswered: () => true,
    clockSkewMs: () => undefined,
  };
  return { client, sent, polls: () => polls };
}

const lines = Array.from({ length: 200 }, (_, index) => `line-${index}`.padEnd(64, '-'));

async function* readLines(start: number, end: number) {
  for (const line of lines.slice(start, end)) yield Buffer.from(`${line}\n`);
}

type Overrides = LineOptions & {
  mode?: 'add' | 'mirror';
  /** Unless given, what the mode does without a snapshot. */
  action?: PlanAction;
  batches?: number;
  limits?: object;
  jobs?: object;
  signal?: AbortSignal;
  /** How far an earlier run has come. */
  resumed?: Partial<Deliverable>;
};

function setUp({ mode = 'mirror', batches = 1, limits, jobs, signal, resumed, action, ...line }: Overrides = {}) {
  const clock = createFakeClock();
  const fake = createFakeLine(clock, line);
  const config = configOf({ identifierType: 'email', mode });
  const count = batches * 2;
  const planned = planUploads({
    runId: 'run',
    sync: config.syncs[0]!,
    audience: line.isNew === true ? undefined : audienceOf(),
    action: action ?? (line.isNew === true ? 'create' : mode === 'mirror' ? 'replace' : 'add'),
    digests: { snapshot: null, members: '' },
    lines: { count, lineBytes: 65 },
    batch: { maxRecords: 2, maxBytes: 62_914_560 },
  });
  const plan: Deliverable = {
    batches: planned.batches.map(startBatch),
    audienceId: line.isNew === true ? null : audienceId,
    audienceCreated: false,
    uploadsBefore: null,
    uploadsListed: [],
    unplanned: [],
    ...resumed,
  };
  const written: string[] = [];
  const record: DeliverPlanOptions['record'] = {
    noteUploadsBefore: (ids) => written.push(`before ${ids.join(' ')}`),
    noteIntent: ({ planned: { index } }) => written.push(`intent ${index}`),
    noteAnswer: ({ planned: { index }, fate }) => written.push(`${fate} ${index}`),
    noteUploads: (changed) =>
      written.push(...changed.map(({ planned: { index }, report }) => `${report.jobStatus} ${index}`)),
  };
  const progress: { uploaded: number; finished: number; total: number }[] = [];
  const options: DeliverPlanOptions = {
    client: fake.client,
    identifierType: 'email',
    audienceName: 'Buyers',
    toleratesAdds: mode === 'add',
    readLines,
    limits: { ...config.limits, ...limits },
    jobs: { ...config.jobs, pollMinMs: 1000, pollMaxMs: 4000, settleMs: 10, timeoutMs: 100_000, ...jobs },
    record,
    clock,
    signal: signal ?? new AbortController().signal,
    onProgress: (done) => progress.push(done),
  };
  return { ...fake, clock, delivery: createDelivery(plan, options), plan, progress, written, options };
}

async function errorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`);
  return error;
}

describe('the order of uploads', () => {
  test('an audience is created by its first ADD, alone; the others name its id and do not wait for its job', async () => {
    const { delivery, plan, sent, polls } = setUp({ isNew: true, batches: 4 });
    await delivery.deliver();
    expect(sent.map(({ index, action, target }) => [index, action, target])).toEqual([
      [0, 'ADD', 'name Buyers'],
      [1, 'ADD', audienceId],
      [2, 'ADD', audienceId],
      [3, 'ADD', audienceId],
    ]);
    expect(sent[1]?.unfinished).toEqual(['run-people-0.txt']);
    expect(polls()).toBe(0);
    expect(plan).toMatchObject({ audienceId, audienceCreated: true });
  });

  test.each(['add', 'mirror'] as const)(
    'the first upload of %s waits until no earlier job is unfinished',
    async (mode) => {
      const { delivery, plan, sent, clock } = setUp({ mode, earlier: ['others-1.txt', 'others-2.txt'], batches: 1 });
      const startMs = clock.now();
      await delivery.deliver();
      expect(sent.map(({ unfinished }) => unfinished)).toEqual([[]]);
      expect(clock.now() - startMs).toBeGreaterThanOrEqual(5000);
      expect(plan.audienceCreated).toBe(false);
    },
  );

  test('ADDs go in parallel behind a first that goes alone', async () => {
    const { delivery, sent } = setUp({ mode: 'add', batches: 8, limits: { concurrentUploads: 3 } });
    await delivery.deliver();
    expect(sent.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(sent[1]?.unfinished).toEqual(['run-people-0.txt']);
    expect(Math.max(...sent.map(({ inFlight }) => inFlight))).toBe(3);
  });

  test('ADDs behind a REPLACE wait until its job is finished', async () => {
    const { delivery, plan, sent } = setUp({ batches: 5 });
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['REPLACE', 'ADD', 'ADD', 'ADD', 'ADD']);
    for (const { unfinished } of sent) expect(unfinished).not.toContain('run-people-0.txt');
    expect(plan.batches[0]?.report.jobStatus).toBe('FINISHED');
  });

  test('ADDs behind a REPLACE wait while a job of others is unfinished, too', async () => {
    const { delivery, sent } = setUp({ batches: 3, others: [{ after: 1, type: 'DIFF_ADD', ms: 30_000 }] });
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['REPLACE', 'ADD', 'ADD']);
    expect(sent[1]?.unfinished).toEqual([]);
  });

  test('ADDs behind a REPLACE wait for its job also while LINE does not list it yet', async () => {
    const { delivery, sent, clock } = setUp({ batches: 3, hiddenMs: { 0: 40_000 } });
    const startMs = clock.now();
    await delivery.deliver();
    expect(sent).toHaveLength(3);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(40_000);
    await delivery.follow();
  });

  test('no ADD is sent while a REPLACE of others is known to be unfinished', async () => {
    const { delivery, sent } = setUp({
      mode: 'add',
      batches: 8,
      limits: { unfinishedJobs: 2 },
      others: [{ after: 1, type: 'DIFF_REPLACE', ms: 30_000 }],
    });
    await delivery.deliver();
    expect(sent).toHaveLength(8);
    for (const { unfinished } of sent.slice(2)) expect(unfinished).not.toContain('by-hand.csv');
  });

  test('unfinished jobs of others take room from our own', async () => {
    const { delivery, sent } = setUp({
      mode: 'add',
      batches: 12,
      limits: { unfinishedJobs: 4 },
      others: Array.from({ length: 3 }, () => ({ after: 1, type: 'DIFF_ADD', ms: 60_000 })),
    });
    await delivery.deliver();
    expect(sent).toHaveLength(12);
    // Until the first poll nobody knows of them.
    for (const { inFlight, unfinished } of sent.slice(4)) expect(inFlight + unfinished.length).toBeLessThanOrEqual(4);
  });

  test('uploads wait before they crowd an unfinished job out of the list', async () => {
    const { delivery, plan, sent } = setUp({ mode: 'add', batches: 75, slowMs: { 0: 90_000 } });
    await delivery.deliver();
    await delivery.follow();
    expect(sent).toHaveLength(75);
    expect(remoteOf(plan.batches).remote).toBe('complete');
  });

  test('each batch carries its own lines, none twice', async () => {
    const { delivery, sent } = setUp({ mode: 'add', batches: 6 });
    await delivery.deliver();
    const inOrder = sent.toSorted((a, b) => a.index - b.index);
    expect(inOrder.flatMap((upload) => upload.lines)).toEqual(lines.slice(0, 12));
  });

  test.each([1, 2, 3, 8])(
    'with unfinishedJobs %i there are never more of our own uploads and jobs',
    async (unfinishedJobs) => {
      const { delivery, sent } = setUp({
        isNew: true,
        batches: 12,
        limits: { unfinishedJobs, concurrentUploads: 4 },
      });
      await delivery.deliver();
      expect(sent.length).toBe(12);
      const most = Math.max(...sent.map(({ inFlight, unfinished }) => inFlight + unfinished.length));
      expect(most).toBeLessThanOrEqual(unfinishedJobs);
    },
  );

  test('an empty plan sends nothing and asks nothing', async () => {
    const { delivery, plan, sent, polls } = setUp({ batches: 0 });
    await delivery.deliver();
    await delivery.follow();
    expect([sent.length, polls()]).toEqual([0, 0]);
    expect(remoteOf(plan.batches)).toEqual({ remote: 'untouched', done: 0, total: 0 });
  });
});

describe('success', () => {
  test.each<[string, Overrides]>([
    ['create', { isNew: true, batches: 3 }],
    ['add', { mode: 'add', batches: 3 }],
    ['replace', { batches: 3 }],
    ['replace in one batch', { batches: 1 }],
  ])('of %s: every job is followed to its end, and LINE holds all', async (_, overrides) => {
    const { delivery, plan, progress } = setUp(overrides);
    await delivery.deliver();
    await delivery.follow();
    const total = overrides.batches ?? 1;
    expect(remoteOf(plan.batches)).toEqual({ remote: 'complete', done: total, total });
    for (const { report, fate } of plan.batches) {
      expect(fate).toBe('accepted');
      expect(report).toMatchObject({ jobStatus: 'FINISHED', audienceCount: 2, attempts: 1, records: 2, bytes: 130 });
      expect(typeof report.jobId).toBe('number');
    }
    expect(progress.at(-1)).toEqual({ uploaded: total, finished: total, total });
  });

  test('without following says that the end is not known', async () => {
    const { delivery, plan } = setUp({ mode: 'add', batches: 3 });
    await delivery.deliver();
    expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 3 });
  });

  test('after a lost answer is found by the file name', async () => {
    const { delivery, plan, sent } = setUp({ mode: 'add', batches: 2, fates: ['lose answer', 'lose answer'] });
    await delivery.deliver();
    await delivery.follow();
    expect(sent.length).toBe(2);
    expect(remoteOf(plan.batches).remote).toBe('complete');
  });

  test('after a lost answer to a creation knows the new audience', async () => {
    const { delivery, plan, sent } = setUp({ isNew: true, batches: 2, fates: ['lose answer'] });
    await delivery.deliver();
    expect(sent.map(({ target }) => target)).toEqual(['name Buyers', audienceId]);
    expect(plan).toMatchObject({ audienceId, audienceCreated: true });
  });
});

describe('failure', () => {
  test('of the first upload leaves LINE untouched and sends nothing more', async () => {
    const { delivery, plan, sent } = setUp({ batches: 3, fates: ['refuse'] });
    expect((await errorOf(delivery.deliver())).code).toBe('upload.refused');
    expect(sent.length).toBe(1);
    expect(plan.batches.map(({ fate }) => fate)).toEqual(['refused', 'unsent', 'unsent']);
    await delivery.follow();
    expect(remoteOf(plan.batches)).toEqual({ remote: 'untouched', done: 0, total: 3 });
  });

  test('of a creation leaves no audience', async () => {
    const { delivery, plan } = setUp({ isNew: true, fates: ['refuse'] });
    await errorOf(delivery.deliver());
    expect(plan).toMatchObject({ audienceId: null, audienceCreated: false });
  });

  test('of an upload stops the batches behind it; what was accepted can be followed', async () => {
    const { delivery, plan, sent } = setUp({
      mode: 'add',
      batches: 20,
      fates: ['accept', 'refuse'],
      limits: { concurrentUploads: 3, unfinishedJobs: 10 },
    });
    expect((await errorOf(delivery.deliver())).code).toBe('upload.refused');
    expect(sent.length).toBeLessThanOrEqual(6);
    expect(plan.batches.some(({ fate }) => fate === 'sending')).toBe(false);
    const accepted = plan.batches.filter(({ fate }) => fate === 'accepted').length;
    await delivery.follow();
    expect(remoteOf(plan.batches)).toEqual({ remote: 'partial', done: accepted, total: 20 });
  });

  test('of an upload stops those that wait for room as well', async () => {
    const { delivery, sent } = setUp({
      mode: 'add',
      batches: 20,
      fates: ['accept', 'accept', 'refuse'],
      limits: { concurrentUploads: 4, unfinishedJobs: 3 },
    });
    await errorOf(delivery.deliver());
    expect(sent.length).toBeLessThanOrEqual(4);
  });

  test('of the job of a REPLACE stops the ADDs', async () => {
    const { delivery, plan, sent } = setUp({ batches: 3, fates: ['fail job'] });
    const error = await errorOf(delivery.deliver());
    expect(error).toMatchObject({ code: 'job.failed', message: 'A job failed at LINE (1).' });
    expect(sent.map(({ action }) => action)).toEqual(['REPLACE']);
    expect(plan.batches[0]?.report.jobStatus).toBe('FAILED');
    expect(remoteOf(plan.batches)).toMatchObject({ done: 0, total: 3 });
    expect(remoteOf(plan.batches).remote).not.toBe('complete');
  });

  test('of the jobs of ADDs is told with their ids, after all have ended', async () => {
    const { delivery, plan } = setUp({ mode: 'add', batches: 4, fates: ['accept', 'fail job', 'accept', 'fail job'] });
    await delivery.deliver();
    const error = await errorOf(delivery.follow());
    expect(error.code).toBe('job.failed');
    expect(error.message).toMatch(/^2 jobs failed at LINE \(\d, \d\)\.$/);
    expect(remoteOf(plan.batches)).toEqual({ remote: 'partial', done: 2, total: 4 });
  });

  test('to learn whether an upload arrived leaves what LINE holds unknown', async () => {
    const { delivery, plan } = setUp({ batches: 2, fates: ['lose upload'] });
    const error = await errorOf(delivery.deliver());
    expect(error.message).toContain('run-people-0.txt may have arrived');
    expect(plan.batches.map(({ fate }) => fate)).toEqual(['unknown', 'unsent']);
    expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 2 });
  });

  test('of jobs to end in time is told with their ids', async () => {
    const { delivery, plan, clock } = setUp({ mode: 'add', batches: 2, jobMs: 1_000_000 });
    await delivery.deliver();
    const startMs = clock.now();
    const error = await errorOf(delivery.follow());
    expect(error.code).toBe('jobs.timeout');
    expect(error.message).toContain('unfinished: 1 WORKING, 2 WORKING');
    expect(clock.now() - startMs).toBe(100_000);
    expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 2 });
    expect(plan.batches.map(({ report }) => report.jobId)).toEqual([1, 2]);
  });

  test('of earlier jobs to end in time leaves LINE untouched', async () => {
    const { delivery, plan, sent } = setUp({ earlier: ['others.txt'], jobMs: 1_000_000 });
    expect((await errorOf(delivery.deliver())).code).toBe('jobs.timeout');
    expect(sent).toEqual([]);
    expect(remoteOf(plan.batches).remote).toBe('untouched');
  });
});

describe('an answer that names another audience', () => {
  test.each([0, 2])('ends the delivery at batch %i: nothing more is sent, and its fate is unknown', async (index) => {
    const fates: Fate[] = ['accept', 'accept', 'accept'];
    fates[index] = 'answer for another';
    const { delivery, plan, sent } = setUp({ batches: 6, fates, limits: { concurrentUploads: 1 } });
    const error = await errorOf(delivery.deliver());
    expect(error.code).toBe('line.bad_answer');
    expect(error.message).toContain(`run-people-${index}.txt for audience ${audienceId} and answered with audience 99`);
    expect(sent).toHaveLength(index + 1);
    expect(plan.batches[index]?.fate).toBe('unknown');
    expect(plan.audienceId).toBe(audienceId);
    expect(remoteOf(plan.batches).remote).toBe('unknown');
  });
});

describe('more batches than LINE lists jobs', () => {
  const many = { batches: 75, limits: { unfinishedJobs: 8 } };

  test.each<['mirror' | 'add', ByOthers['type'], string]>([
    ['mirror', 'DIFF_REPLACE', 'audience.changed'],
    ['mirror', 'DIFF_ADD', 'audience.changed'],
    ['add', 'DIFF_REPLACE', 'audience.changed'],
    ['add', 'DIFF_ADD', 'succeeds'],
  ])('in a plan of %s, a %s of others after the fifth upload: %s', async (mode, type, expected) => {
    const { delivery, client, plan } = setUp({ ...many, mode, others: [{ after: 5, type }] });
    await delivery.deliver();
    const end = await delivery.follow().then(
      () => 'succeeds',
      (error: SyncError) => error.code,
    );
    expect(end).toBe(expected);
    const listed = await client.uploadJobs(audienceId);
    expect([listed.length, listed.some(({ fileName }) => fileName === 'by-hand.csv')]).toEqual([50, false]);
    expect(plan.unplanned).toHaveLength(expected === 'succeeds' ? 0 : 1);
  });

  test('are an undisturbed success', async () => {
    const { delivery, plan } = setUp(many);
    await delivery.deliver();
    await delivery.follow();
    expect(remoteOf(plan.batches)).toEqual({ remote: 'complete', done: 75, total: 75 });
    expect(plan.uploadsListed).toHaveLength(50);
  });

  test('are no success after a kill, when others have uploaded more since than LINE lists', async () => {
    const first = setUp({ mode: 'add', batches: 20 });
    await first.delivery.deliver();
    const seen = first.plan.uploadsListed;
    const others = Array.from({ length: 60 }, (_, index) => `run-other-${index}.txt`);
    const second = setUp({
      mode: 'add',
      earlier: others,
      resumed: { uploadsBefore: [], uploadsListed: seen.map((id) => `x${id}`) },
    });
    second.plan.batches[0]!.fate = 'unknown';
    expect((await errorOf(second.delivery.deliver())).code).toBe('audience.changed');
    expect(second.sent).toEqual([]);
  });
});

describe('a signal', () => {
  const reason = new SyncError('run.interrupted', 'stopped by the test', 'again');

  test('that came before stops everything', async () => {
    const { delivery, plan, sent } = setUp({ signal: AbortSignal.abort(reason) });
    await expect(delivery.deliver()).rejects.toBe(reason);
    expect(sent).toEqual([]);
    expect(remoteOf(plan.batches).remote).toBe('untouched');
  });

  test('while jobs are awaited ends the waiting with its reason', async () => {
    const controller = new AbortController();
    const { delivery, plan } = setUp({ mode: 'add', batches: 2, jobMs: 1_000_000, signal: controller.signal });
    await delivery.deliver();
    const following = delivery.follow();
    controller.abort(reason);
    await expect(following).rejects.toBe(reason);
    expect(remoteOf(plan.batches).remote).toBe('unknown');
  });
});

describe('what an earlier run has left', () => {
  /** The batches of a plan with these fates, in a delivery that goes on with them. */
  function goOn(fates: readonly BatchFate[], overrides: Overrides = {}, resumed: Partial<Deliverable> = {}) {
    const setup = setUp({ batches: fates.length, resumed: { uploadsBefore: [], ...resumed }, ...overrides });
    fates.forEach((fate, index) => {
      setup.plan.batches[index]!.fate = fate;
    });
    return setup;
  }

  test('is sent, and nothing that LINE has', async () => {
    const { delivery, plan, sent } = goOn(['accepted', 'unsent', 'unknown'], {
      mode: 'add',
      earlier: ['run-people-0.txt', 'run-people-2.txt'],
    });
    await delivery.deliver();
    expect(sent.map(({ index }) => index)).toEqual([1]);
    await delivery.follow();
    expect(remoteOf(plan.batches).remote).toBe('complete');
  });

  test('is sent again where LINE does not list it: a REPLACE, as long as no ADD was sent', async () => {
    const { delivery, sent } = goOn(['unknown', 'unsent']);
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['REPLACE', 'ADD']);
  });

  test('and has arrived, the ADDs still wait for the REPLACE to be finished', async () => {
    const { delivery, sent, clock } = goOn(['unknown', 'unsent'], { earlier: ['run-people-0.txt'] });
    const startMs = clock.now();
    await delivery.deliver();
    expect(sent.map(({ action, unfinished }) => [action, unfinished])).toEqual([['ADD', []]]);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(5000);
  });

  test('of a mirror into which somebody else has uploaded since is not taken for a success', async () => {
    const earlier = ['run-people-0.txt', 'by-hand.csv'];
    const { delivery, plan } = goOn(['unknown', 'unsent'], { earlier });
    await delivery.deliver();
    expect((await errorOf(delivery.follow())).code).toBe('audience.changed');
    expect(plan.uploadsBefore).toEqual([]);
  });

  test('is a REPLACE that never arrived: it is sent, and discards what others uploaded before it', async () => {
    const { delivery, plan, sent } = goOn(['unknown', 'unsent'], { earlier: ['by-hand.csv'] });
    await delivery.deliver();
    await delivery.follow();
    expect(sent.map(({ action }) => action)).toEqual(['REPLACE', 'ADD']);
    expect(plan.unplanned).toEqual([]);
  });

  test('of an Add is none the worse for another ADD', async () => {
    const earlier = ['run-people-0.txt', 'by-hand.csv'];
    const { delivery } = goOn(['unknown', 'unsent'], { mode: 'add', earlier });
    await delivery.deliver();
    await delivery.follow();
  });
});

describe('what is written down', () => {
  test('is each step before it is taken, and after', async () => {
    const { delivery, written } = setUp({ batches: 2, earlier: ['others.txt'] });
    await delivery.deliver();
    await delivery.follow();
    expect(written).toEqual([
      'before 1',
      'intent 0',
      'accepted 0',
      'WORKING 0',
      'FINISHED 0',
      'intent 1',
      'accepted 1',
      'WORKING 1',
      'FINISHED 1',
    ]);
  });

  test('is a plan that relies on a snapshot, and meets an upload of others, before it has sent anything', async () => {
    const { delivery, sent, written } = setUp({
      mode: 'add',
      earlier: ['by-hand.csv'],
      resumed: { uploadsBefore: [] },
    });
    await delivery.deliver();
    expect(sent.length).toBe(1);
    const mirror = setUp({ mode: 'mirror', action: 'add', earlier: ['by-hand.csv'], resumed: { uploadsBefore: [] } });
    expect((await errorOf(mirror.delivery.deliver())).code).toBe('audience.changed');
    expect(mirror.sent).toEqual([]);
    expect(written).not.toContain('before 1');
  });

  test('that cannot be is not sent', async () => {
    const { delivery, sent, options } = setUp({ batches: 2 });
    options.record.noteIntent = () => {
      throw new SyncError('state.disk_full', 'full', 'free');
    };
    expect((await errorOf(delivery.deliver())).code).toBe('state.disk_full');
    expect(sent).toEqual([]);
  });
});
