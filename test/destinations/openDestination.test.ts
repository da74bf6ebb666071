import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { openDestinations } from '../../src/destinations/openDestination.ts';
import type { RequestLimiter } from '../../src/http/limits.ts';
import { createFakeClock, pageOf } from '../setup/clientSetup.ts';
import { answerJson, startServer } from '../setup/lineServer.ts';

const immediate: RequestLimiter = { start: (begin) => begin(() => {}) };
/** Gives no slot, as if another request held it for ever. */
const stuck: RequestLimiter = { start: () => new Promise(() => {}) };

async function setUp(limiters: Record<number, RequestLimiter> = {}) {
  const server = await startServer((_arrival, response) => answerJson(response, 200, pageOf([])));
  const dispatcher = new Agent({ allowH2: false });
  onTestFinished(() => dispatcher.destroy());
  const account = { accessKey: 'key', secretKey: 'secret', baseUrl: server.origin };
  const config = configSchema.parse({
    connection: { adAccountId: 'A1', ...account },
    destinations: {
      second: { type: 'line_ads', adAccountId: 'A2', ...account },
      third: { type: 'line_ads', adAccountId: 'A3', ...account, limits: { requestsPerSecond: 3 } },
    },
    source: { type: 'files', path: 'x.csv' },
    syncs: [{ name: 'people', audienceName: 'People', mode: 'add', identifierType: 'email' }],
    batch: { maxRecords: 100 },
    limits: { requestsPerSecond: 7, unfinishedJobs: 5 },
  });
  const limited: number[] = [];
  const destinationOf = openDestinations(config, {
    clock: createFakeClock(),
    dispatcher,
    log: { info() {}, warn() {} },
    signal: new AbortController().signal,
    createLimiter(requestsPerSecond) {
      limited.push(requestsPerSecond);
      return limiters[limited.length] ?? immediate;
    },
  });
  return { destinationOf, limited, arrivals: server.arrivals };
}

test('a destination is opened when it is first asked for, and only once', async () => {
  const { destinationOf, limited } = await setUp();
  expect(limited).toEqual([]);
  const second = destinationOf('second');
  expect(destinationOf('second')).toBe(second);
  expect(limited).toEqual([7]);
  expect([second.name, second.accountId]).toEqual(['second', 'line_ads:A2']);
  expect(second.capabilities).toMatchObject({ maxLines: 100, unfinishedUploads: 5 });
});

test('each destination has a limiter of its own, for its own rate', async () => {
  const { destinationOf, limited } = await setUp();
  for (const name of ['connection', 'second', 'third']) await destinationOf(name).audiences.reread();
  expect(limited).toEqual([7, 7, 3]);
  expect(destinationOf('third').capabilities).toMatchObject({ maxLines: 100, unfinishedUploads: 8 });
});

test('requests of one account do not wait for those of another', async () => {
  const { destinationOf, arrivals } = await setUp({ 1: stuck });
  void destinationOf('connection').audiences.reread();
  await destinationOf('second').audiences.reread();
  await destinationOf('third').audiences.reread();
  expect(arrivals.map(({ url }) => /adaccounts\/(A\d)/.exec(url)?.[1])).toEqual(['A2', 'A3']);
});

test('a destination that is not configured is a fault of ours', async () => {
  const { destinationOf } = await setUp();
  for (const name of ['fourth', 'constructor']) expect(() => destinationOf(name)).toThrow('passed the schema');
});
