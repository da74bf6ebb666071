import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { createRequestLimiter } from '../../src/http/limits.ts';
import { callOnce } from '../../src/http/transport.ts';

/** Time of its own, which passes only in sleeps. */
function createTiming() {
  const timing = {
    nowMs: 0,
    now: () => timing.nowMs,
    async sleep(ms: number) {
      await new Promise((resolve) => setImmediate(resolve));
      timing.nowMs += ms;
    },
  };
  return timing;
}

test('starts are 1.1 s / perSecond apart, however long a request takes', async () => {
  const timing = createTiming();
  const limiter = createRequestLimiter(10, timing);
  const starts: number[] = [];
  const neverAnswered = new Promise<void>(() => {});
  const begin = (sent: () => void) => {
    starts.push(timing.nowMs);
    sent();
    return starts.length === 4 ? Promise.resolve() : neverAnswered;
  };
  await Promise.race(Array.from({ length: 4 }, () => limiter.start(begin)));
  expect(starts.map(Math.round)).toEqual([0, 110, 220, 330]);
});

test('a slot is held from the moment the request goes out, not from the wait for its connection', async () => {
  const timing = createTiming();
  const limiter = createRequestLimiter(10, timing);
  const starts: number[] = [];
  const begin = async (sent: () => void) => {
    if (starts.length === 0) await timing.sleep(500);
    starts.push(timing.nowMs);
    sent();
  };
  await Promise.all([limiter.start(begin), limiter.start(begin)]);
  expect(starts.map(Math.round)).toEqual([500, 610]);
});

test('a timer that fires too early is waited out', async () => {
  const timing = createTiming();
  const tooEarly = { ...timing, now: () => timing.nowMs, sleep: (ms: number) => timing.sleep(ms / 2 + 1) };
  const limiter = createRequestLimiter(10, tooEarly);
  const starts: number[] = [];
  const begin = async (sent: () => void) => {
    starts.push(timing.nowMs);
    sent();
  };
  await Promise.all([limiter.start(begin), limiter.start(begin)]);
  expect(starts[1]).toBeGreaterThanOrEqual(110);
});

test("each caller gets its own request's result or error, and a request that was never sent costs no slot", async () => {
  const timing = createTiming();
  const limiter = createRequestLimiter(10, timing);
  const results = await Promise.allSettled([
    limiter.start(async () => Promise.reject(new Error('not connected'))),
    limiter.start(async (sent) => {
      sent();
      return timing.nowMs;
    }),
  ]);
  expect(results).toEqual([
    { status: 'rejected', reason: new Error('not connected') },
    { status: 'fulfilled', value: 0 },
  ]);
});

/** Another thread, since this one's loop is blocked while requests arrive. */
const arrivalServer = `
  const { parentPort } = require('node:worker_threads');
  const arrivals = [];
  const server = require('node:http').createServer((request, response) => {
    arrivals.push(performance.now());
    response.end('{}');
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  parentPort.on('message', () => parentPort.postMessage(arrivals));
`;

function blockLoop(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

function mostInASecond(arrivals: readonly number[]): number {
  return Math.max(...arrivals.map((from) => arrivals.filter((at) => at >= from && at - from < 1000).length));
}

test('no sliding second sees more than 10 requests arrive, also after the event loop was blocked', async () => {
  const worker = new Worker(arrivalServer, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = await once(worker, 'message');
  const dispatcher = new Agent({ allowH2: false });
  onTestFinished(() => dispatcher.close());
  const limiter = createRequestLimiter(10);
  const call = { method: 'GET', url: `http://127.0.0.1:${port}/`, headers: {}, timeoutMs: 30_000 } as const;
  const { signal } = new AbortController();

  const requests = Array.from({ length: 40 }, () => limiter.start((sent) => callOnce(dispatcher, call, signal, sent)));
  setTimeout(() => blockLoop(1500), 600);
  await Promise.all(requests);

  worker.postMessage('arrivals');
  const [arrivals] = await once(worker, 'message');
  expect(arrivals).toHaveLength(40);
  expect(mostInASecond(arrivals)).toBeLessThanOrEqual(10);
  expect(mostInASecond(arrivals)).toBeGreaterThanOrEqual(8);
});
