import { expect, test } from 'vitest';
import { createUploadFollower } from '../../src/delivery/followUploads.ts';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { uploadOf } from '../../src/destinations/remoteUploads.ts';
import { SyncError } from '../../src/errors.ts';
import { ConnectionUntrusted } from '../../src/http/tlsFaults.ts';
import { createFakeClock, jobOf } from '../setup/clientSetup.ts';

const file = 'run-sync-0.txt';
const config = { wait: true, timeoutMs: 60_000, pollMinMs: 1000, pollMaxMs: 8000, settleMs: 10 };
const isDone = (jobs: readonly RemoteUpload[]) => uploadOf(jobs, file)?.state === 'finished';

/** Gives the states of one job, poll by poll (the last for ever); an error is thrown. */
function setUpFollower(states: (string | Error)[], jobs = config) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const polledAtMs: number[] = [];
  const startMs = clock.now();
  const destination = {
    async uploadsTo() {
      const state = states[Math.min(polledAtMs.length, states.length - 1)];
      polledAtMs.push(clock.now() - startMs);
      if (state instanceof Error) throw state;
      return state === undefined || state === 'none' ? [] : [jobOf({ status: state })];
    },
  };
  const follower = createUploadFollower(destination, '77', { jobs, clock, signal: controller.signal });
  return { follower, polledAtMs, clock, controller };
}

test('the first look is at once; delays double up to the longest and begin again when something changed', async () => {
  const { follower, polledAtMs } = setUpFollower([
    'QUEUED',
    'QUEUED',
    'QUEUED',
    'QUEUED',
    'QUEUED',
    'WORKING',
    'FINISHED',
  ]);
  await follower.waitUntil(isDone);
  const delays = polledAtMs.map((at, index) => at - (polledAtMs[index - 1] ?? 0));
  expect(delays).toEqual([0, 1000, 2000, 4000, 8000, 8000, 1000]);
});

test('a shortest delay above the longest is cut to it', async () => {
  const { follower, polledAtMs } = setUpFollower(['QUEUED', 'QUEUED', 'FINISHED'], { ...config, pollMaxMs: 200 });
  await follower.waitUntil(isDone);
  expect(polledAtMs).toEqual([0, 200, 400]);
});

test('one poll serves all who wait', async () => {
  const { follower, polledAtMs } = setUpFollower(['QUEUED', 'WORKING', 'FINISHED']);
  const isWorking = (jobs: readonly RemoteUpload[]) => jobs[0]?.status !== 'QUEUED';
  const results = await Promise.all([isDone, isDone, isWorking].map((isReached) => follower.waitUntil(isReached)));
  expect(results.map((jobs) => jobs[0]?.status)).toEqual(['FINISHED', 'FINISHED', 'WORKING']);
  expect(polledAtMs).toHaveLength(3);
});

test('who comes while a poll is under way is judged by a later one, since that one may be older', async () => {
  let release: () => void = () => {};
  let polls = 0;
  const destination = {
    async uploadsTo() {
      polls += 1;
      if (polls === 1) await new Promise<void>((resolve) => (release = resolve));
      return [];
    },
  };
  const clock = createFakeClock();
  const follower = createUploadFollower(destination, '77', {
    jobs: config,
    clock,
    signal: new AbortController().signal,
  });
  const early = follower.waitUntil((jobs) => jobs.length === 0);
  await new Promise((resolve) => setImmediate(resolve));
  const late = follower.waitUntil((jobs) => jobs.length === 0);
  release();
  await early;
  expect(polls).toBe(1);
  await late;
  expect(polls).toBe(2);
});

test('a new wait brings the next look nearer, but keeps the shortest delay', async () => {
  const { follower, polledAtMs, clock } = setUpFollower(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED', 'FINISHED']);
  const sleep = clock.sleep;
  let second: Promise<unknown> | undefined;
  clock.sleep = async (ms, signal) => {
    if (ms === 8000 && second === undefined) second = follower.waitUntil(isDone);
    await sleep(ms, signal);
  };
  await follower.waitUntil(isDone);
  await second;
  expect(polledAtMs).toEqual([0, 1000, 3000, 7000, 8000]);
});

test.each(['line.unreachable', 'line.rate_limited', 'line.retries_exhausted', 'line.bad_answer'] as const)(
  'a poll that fails with %s is no failed job',
  async (code) => {
    const { follower, polledAtMs } = setUpFollower(['QUEUED', new SyncError(code, 'm', 'h'), 'FINISHED']);
    await follower.waitUntil(isDone);
    expect(polledAtMs).toEqual([0, 1000, 3000]);
  },
);

test.each([
  ['is refused for good', new SyncError('auth.not_permitted', 'm', 'h')],
  ['meets a certificate that is not trusted', new ConnectionUntrusted('line.unreachable', 'm', 'h')],
])('a poll that %s ends every wait', async (_, refusal) => {
  const { follower } = setUpFollower(['QUEUED', refusal]);
  const waits = await Promise.allSettled([follower.waitUntil(isDone), follower.waitUntil(isDone)]);
  expect(waits).toEqual([
    { status: 'rejected', reason: refusal },
    { status: 'rejected', reason: refusal },
  ]);
});

test('the wait ends at its time, after a last look, naming the jobs that are unfinished', async () => {
  const { follower, polledAtMs } = setUpFollower(['WORKING'], { ...config, timeoutMs: 10_000 });
  await expect(follower.waitUntil(isDone)).rejects.toMatchObject({
    code: 'jobs.timeout',
    message: expect.stringMatching(/audience 77 did not finish within 10 s\. Unfinished: 1 WORKING\./),
  });
  expect(polledAtMs.at(-1)).toBe(10_000);
});

test('an abort ends the wait with its reason, also in the middle of a sleep', async () => {
  const { follower, clock, controller } = setUpFollower(['WORKING']);
  const reason = new SyncError('run.interrupted', 'm', 'h');
  const sleep = clock.sleep;
  clock.sleep = (ms, signal) => {
    if (ms === 4000) controller.abort(reason);
    return sleep(ms, signal);
  };
  await expect(follower.waitUntil(isDone)).rejects.toBe(reason);
});

test('an abort during a poll ends the wait with its reason, however the poll fails', async () => {
  const controller = new AbortController();
  const reason = new SyncError('run.interrupted', 'm', 'h');
  const destination = {
    async uploadsTo(): Promise<RemoteUpload[]> {
      controller.abort(reason);
      throw new SyncError('auth.failed', 'm', 'h');
    },
  };
  const options = { jobs: config, clock: createFakeClock(), signal: controller.signal };
  await expect(createUploadFollower(destination, '77', options).waitUntil(isDone)).rejects.toBe(reason);
});

test('after all waits have ended a new one polls again', async () => {
  const { follower, polledAtMs } = setUpFollower(['FINISHED']);
  await follower.waitUntil(isDone);
  await follower.waitUntil(isDone);
  expect(polledAtMs).toEqual([0, 1000]);
});
