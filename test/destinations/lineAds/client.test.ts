import nock from 'nock';
import { describe, expect, test } from 'vitest';
import type { Upload } from '../../../src/destinations/destination.ts';
import { signRequest } from '../../../src/destinations/lineAds/signing.ts';
import { SyncError } from '../../../src/errors.ts';
import { formOverheadBytes } from '../../../src/http/multipart.ts';
import {
  accountPath,
  audienceJson,
  audienceOf,
  jobJson,
  pageOf,
  setUpClient,
  startMs,
  useNock,
} from '../../setup/clientSetup.ts';
import { answerJson, dropConnection, startServer } from '../../setup/lineServer.ts';

useNock();

const line = 'https://ads.line.me';
const key = { accessKey: 'KEY-marked', secretKey: 'SECRET-marked' };
const firstPage = `${accountPath}?page=1&size=100&sortKey=created&sortOrder=desc`;

const content = Buffer.from('one\ntwo\n');

function uploadOf(action: Upload['action'] = 'add'): Upload {
  const file = {
    name: 'run-sync-0.txt',
    bytes: content.length,
    async *open() {
      yield content;
    },
  };
  return { action, target: { audienceId: '77' }, identifierType: 'ifa', file };
}

describe('requests', () => {
  test('a read is signed for its path without the query, at the instant of its Date', async () => {
    const { client } = setUpClient();
    const expected = await signRequest(key, { path: accountPath }, startMs, 'rfc7515');
    nock(line, {
      reqheaders: { ...expected, accept: 'application/json', 'accept-encoding': 'identity', host: 'ads.line.me' },
      badheaders: ['content-type'],
    })
      .get(firstPage)
      .reply(200, pageOf([audienceJson({ id: '77' })]));
    expect(await client.audiences.reread()).toEqual([audienceOf({ id: '77' })]);
  });

  test('an upload is one multipart POST with its exact length, signed without the boundary', async () => {
    const { client } = setUpClient();
    const path = `${accountPath}/upload`;
    const expected = await signRequest(key, { path, contentType: 'multipart/form-data' }, startMs, 'rfc7515');
    const fields = { action: 'ADD', id: '77', idType: 'IFA' };
    const length = content.length + formOverheadBytes(fields, 'run-sync-0.txt');
    let body = '';
    let contentType = '';
    nock(line).get(firstPage).reply(200, pageOf([]));
    nock(line, {
      reqheaders: {
        ...expected,
        'content-type': (value) => {
          contentType = String(value);
          return true;
        },
        'content-length': `${length}`,
      },
    })
      .post(path, (text: string) => {
        body = text;
        return true;
      })
      .reply(202, audienceJson({ id: '77' }));
    expect(await client.attemptUpload(uploadOf(), 1)).toEqual({
      kind: 'accepted',
      audience: audienceOf({ id: '77' }),
      calls: 1,
    });
    const [, boundary] = /^multipart\/form-data; boundary=(line-ads-sync-[0-9a-f]{32})$/.exec(contentType) ?? [];
    expect(body.startsWith(`--${boundary}\r\n`) && body.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
    expect(Buffer.byteLength(body)).toBe(length);
    expect(body).toContain('filename="run-sync-0.txt"\r\nContent-Type: text/plain\r\n\r\none\ntwo\n\r\n--');
  });

  test('the jobs of one audience are asked for by its id', async () => {
    const { client } = setUpClient();
    nock(line)
      .get(`${accountPath}/77/upload-job`)
      .reply(200, { jobs: [jobJson({ id: '5' })] });
    expect(await client.uploadsTo('77')).toMatchObject([{ id: '5', label: 'run-sync-0.txt', status: 'FINISHED' }]);
  });

  test('each call is logged with method, path, status, attempt and duration, and nothing secret', async () => {
    const { client, logged } = setUpClient();
    nock(line)
      .get(firstPage)
      .reply(500, { errors: [{ reason: 'SECRET-marked' }] });
    nock(line).get(firstPage).reply(200, pageOf([]));
    await client.audiences.reread();
    expect(logged).toEqual([
      { method: 'GET', path: accountPath, status: 500, attempt: 1, ms: 0 },
      { method: 'GET', path: accountPath, status: 200, attempt: 2, ms: 0 },
    ]);
  });
});

const rightDate = dateAfter(0);

/** LINE's `Date` when its clock is so far ahead of ours. */
function dateAfter(skewMs: number): string {
  return new Date(startMs + skewMs).toUTCString();
}

/** Announces one read of the jobs, signed for `atMs` in that form, and what it is answered. */
async function expectRead(form: 'rfc7515' | 'padded', atMs: number, status: number, date = rightDate) {
  const path = `${accountPath}/77/upload-job`;
  const reqheaders = { ...(await signRequest(key, { path }, atMs, form)) };
  nock(line, { reqheaders }).get(path).reply(status, { jobs: [] }, { date });
}

test('an upload is labelled as a text file, as LINE shows its name', () => {
  expect(setUpClient().client.labelOf('run-people-0')).toBe('run-people-0.txt');
});

describe("LINE's clock", () => {
  test.each([7_200_000, -7_200_000, 61_000])(
    'is followed as soon as an answer shows that it is %i ms from ours, also a success',
    async (skewMs) => {
      const { client } = setUpClient();
      await expectRead('rfc7515', startMs, 200, dateAfter(skewMs));
      await expectRead('rfc7515', startMs + skewMs, 200, dateAfter(skewMs));
      expect(client.clockSkewMs()).toBeUndefined();
      expect(client.warnings()).toEqual([]);
      await client.uploadsTo('77');
      await client.uploadsTo('77');
      expect(client.clockSkewMs()).toBe(skewMs);
      const seconds = String(Math.abs(skewMs) / 1000);
      expect(client.warnings()).toEqual([{ code: 'clock_skew', message: expect.stringContaining(seconds) }]);
    },
  );

  test.each([
    'Sat, 13 Sep 275760 00:00:00 GMT',
    'Fri, 01 Jan 10000 00:00:00 GMT',
    'Mon, 01 Jan -000001 00:00:00 GMT',
    'Sat, 14 Sep 275760 00:00:00 GMT',
    'tomorrow',
    '',
  ])('that is told as %j is not known, and ours is signed for', async (date) => {
    const { client } = setUpClient();
    for (let count = 0; count < 2; count += 1) await expectRead('rfc7515', startMs, 200, date);
    await client.uploadsTo('77');
    await client.uploadsTo('77');
    expect(client.clockSkewMs()).toBeUndefined();
  });

  test.each([0, 60_000, -60_000])('is taken for ours when it is %i ms from it', async (skewMs) => {
    const { client, warned } = setUpClient();
    await expectRead('rfc7515', startMs, 200, dateAfter(skewMs));
    await expectRead('rfc7515', startMs, 200, dateAfter(skewMs));
    await client.uploadsTo('77');
    await client.uploadsTo('77');
    expect(client.clockSkewMs()).toBeUndefined();
    expect(warned).toEqual([]);
  });

  test.each([429, 503])('is followed by the retry of a request that was answered %i', async (status) => {
    const { client } = setUpClient({ random: 0 });
    await expectRead('rfc7515', startMs, status, dateAfter(7_200_000));
    await expectRead('rfc7515', startMs + 7_200_000, 200, dateAfter(7_200_000));
    await client.uploadsTo('77');
  });

  test.each([
    [7_200_000, '7200 s behind'],
    [-90_000, '90 s ahead of'],
  ])('that is %i ms from ours is warned of once, in seconds', async (skewMs, words) => {
    const { client, warned } = setUpClient();
    await expectRead('rfc7515', startMs, 401, dateAfter(skewMs));
    for (let count = 0; count < 2; count += 1) await expectRead('rfc7515', startMs + skewMs, 200, dateAfter(skewMs));
    await client.uploadsTo('77');
    await client.uploadsTo('77');
    expect(warned).toEqual([{ skewMs, message: expect.stringContaining(words) }]);
  });

  test('is followed back when ours has been set meanwhile, without a second warning', async () => {
    const { client, warned } = setUpClient();
    await expectRead('rfc7515', startMs, 200, dateAfter(7_200_000));
    await expectRead('rfc7515', startMs + 7_200_000, 200, rightDate);
    await expectRead('rfc7515', startMs, 200, dateAfter(7_200_000));
    for (let count = 0; count < 3; count += 1) await client.uploadsTo('77');
    expect(client.clockSkewMs()).toBe(7_200_000);
    expect(warned).toHaveLength(1);
  });

  test('is followed by requests that were waiting for their slot when it was found to be off', async () => {
    const { client } = setUpClient({ limits: { requestsPerSecond: 20 } });
    await expectRead('rfc7515', startMs, 200);
    await expectRead('rfc7515', startMs, 200, dateAfter(7_200_000));
    await expectRead('rfc7515', startMs + 7_200_000, 200, dateAfter(7_200_000));
    await client.uploadsTo('77');
    await Promise.all([client.uploadsTo('77'), client.uploadsTo('77')]);
  });
});

describe('after a 401', () => {
  const skewedDate = dateAfter(7_200_000);

  test("LINE's time is tried first when ours is off, and kept", async () => {
    const { client } = setUpClient();
    await expectRead('rfc7515', startMs, 401, skewedDate);
    await expectRead('rfc7515', startMs + 7_200_000, 200, skewedDate);
    await expectRead('rfc7515', startMs + 7_200_000, 200, skewedDate);
    await client.uploadsTo('77');
    await client.uploadsTo('77');
  });

  test('the padded form is tried once when the clock is right, and kept', async () => {
    const { client } = setUpClient();
    await expectRead('rfc7515', startMs, 401);
    await expectRead('padded', startMs, 200);
    await expectRead('padded', startMs, 200);
    await client.uploadsTo('77');
    await client.uploadsTo('77');
  });

  test("LINE's time, then the padded form at that time, are kept together", async () => {
    const { client, logged } = setUpClient();
    await expectRead('rfc7515', startMs, 401, skewedDate);
    await expectRead('rfc7515', startMs + 7_200_000, 401, skewedDate);
    await expectRead('padded', startMs + 7_200_000, 200, skewedDate);
    await expectRead('padded', startMs + 7_200_000, 200, skewedDate);
    await client.uploadsTo('77');
    await client.uploadsTo('77');
    expect(logged.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1]);
  });

  test('which comes later in the process the same is tried', async () => {
    const { client } = setUpClient();
    await expectRead('rfc7515', startMs, 200);
    await expectRead('rfc7515', startMs, 401, skewedDate);
    await expectRead('rfc7515', startMs + 7_200_000, 200, skewedDate);
    await client.uploadsTo('77');
    await client.uploadsTo('77');
  });

  test('a form that LINE did not accept is not kept, its time is, and the error tells the skew', async () => {
    const { client } = setUpClient();
    await expectRead('rfc7515', startMs, 401, skewedDate);
    for (let count = 0; count < 2; count += 1) {
      await expectRead('rfc7515', startMs + 7_200_000, 401, skewedDate);
      await expectRead('padded', startMs + 7_200_000, 401, skewedDate);
      await expect(client.uploadsTo('77')).rejects.toMatchObject({
        code: 'auth.failed',
        hint: expect.stringContaining('7200 s behind'),
      });
    }
  });

  test.each(['rfc7515', 'padded'] as const)('a fixed form (%s) is not changed', async (signature) => {
    const { client } = setUpClient({ connection: { signature } });
    await expectRead(signature, startMs, 401);
    await expect(client.uploadsTo('77')).rejects.toMatchObject({ code: 'auth.failed' });
  });

  test('a 5xx in the middle does not pass for acceptance', async () => {
    const { client } = setUpClient();
    await expectRead('rfc7515', startMs, 401);
    await expectRead('padded', startMs, 503);
    await expectRead('rfc7515', startMs, 401);
    await expectRead('padded', startMs, 200);
    await client.uploadsTo('77');
  });
});

describe('retries of a read', () => {
  test('follow full-jitter backoff and end when attempts are used up', async () => {
    const { client, clock } = setUpClient();
    nock(line).get(firstPage).times(4).reply(503);
    await expect(client.audiences.reread()).rejects.toMatchObject({
      code: 'line.retries_exhausted',
      hint: expect.stringContaining('4 attempts'),
    });
    expect(clock.sleeps).toEqual([50, 100, 200]);
  });

  test.each([
    ['seconds', '2', 2000],
    ['a date', new Date(startMs + 3000).toUTCString(), 3000],
  ])('wait as long as Retry-After asks for in %s', async (_form, retryAfter, expectedMs) => {
    const { client, clock } = setUpClient();
    nock(line)
      .get(firstPage)
      .reply(429, '', { 'retry-after': retryAfter, date: new Date(startMs).toUTCString() });
    nock(line).get(firstPage).reply(200, pageOf([]));
    await client.audiences.reread();
    expect(clock.sleeps).toEqual([expectedMs]);
  });

  test('do not happen for a redirect, a refusal or an answer that cannot get better', async () => {
    const { client, clock } = setUpClient();
    nock(line).get(firstPage).reply(302, '', { location: 'https://elsewhere.example/' });
    await expect(client.audiences.reread()).rejects.toMatchObject({ code: 'line.bad_answer' });
    nock(line)
      .get(firstPage)
      .reply(400, [{ reason: 'REQUEST_INPUT_ADACCOUNT_ID_INVALID' }]);
    await expect(client.audiences.reread()).rejects.toMatchObject({ code: 'auth.account_not_found' });
    nock(line)
      .get(firstPage)
      .reply(403, { errors: [{ reason: 'ACCOUNT_NOT_ALLOWED' }] });
    await expect(client.audiences.reread()).rejects.toMatchObject({ code: 'auth.not_permitted' });
    expect(clock.sleeps).toEqual([]);
  });

  test.each([
    [400, ['LOCK_DEFAULT'], 2],
    [400, ['X', 'COPY_FAILED_WITH_LOCK'], 2],
    [409, ['BLOCK_APP_CANNOT_ACQUIRE_LOCK'], 2],
    [400, ['BLOCKED_BY_EXCEEDING_TIME_LIMIT'], 2],
    [400, ['EMPTY_FILE'], 1],
    [401, ['LOCK_DEFAULT'], 1],
  ])('go by the reasons of a %i with %j: %i attempts', async (status, reasons, attempts) => {
    const { client, logged } = setUpClient({ retry: { maxAttempts: 2 }, connection: { signature: 'padded' } });
    nock(line)
      .get(firstPage)
      .times(attempts)
      .reply(status, { errors: reasons.map((reason) => ({ reason })) });
    await expect(client.audiences.reread()).rejects.toBeInstanceOf(SyncError);
    expect(logged).toHaveLength(attempts);
  });

  test('happen for an answer that is not what LINE documents, which then is the error', async () => {
    const { client } = setUpClient({ retry: { maxAttempts: 2 } });
    nock(line).get(firstPage).times(2).reply(200, '<html>marked text</html>');
    const error = await client.audiences.reread().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'line.bad_answer' });
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain('marked');
  });

  test('an abort ends them with its reason', async () => {
    const { client, controller, clock } = setUpClient();
    const reason = new SyncError('run.interrupted', 'm', 'h');
    nock(line).get(firstPage).reply(503);
    clock.sleep = async (_ms, signal) => {
      controller.abort(reason);
      signal?.throwIfAborted();
    };
    await expect(client.audiences.reread()).rejects.toBe(reason);
  });
});

describe('the first request', () => {
  /** Answers the first request late, and from then on with `status` to reads. */
  function setUpServer(beforeFirst: () => Promise<void>, statuses: (index: number) => number = () => 200) {
    return startServer(async (arrival, response, index) => {
      if (index === 0) await beforeFirst();
      response.setHeader('date', new Date(startMs).toUTCString());
      if (arrival.method === 'POST') return answerJson(response, 202, audienceJson());
      const body = arrival.url.includes('/upload-job') ? { jobs: [] } : pageOf([]);
      answerJson(response, statuses(index), body);
    });
  }

  test('goes alone: the others wait for its answer', async () => {
    nock.enableNetConnect('127.0.0.1');
    let arrivedBeforeAnswer = 0;
    const server = await setUpServer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      arrivedBeforeAnswer = server.arrivals.length;
    });
    const { client } = setUpClient({ connection: { baseUrl: server.origin } });
    await Promise.all([client.uploadsTo('1'), client.uploadsTo('2'), client.attemptUpload(uploadOf(), 1)]);
    expect(arrivedBeforeAnswer).toBe(1);
    expect(server.arrivals).toHaveLength(3);
  });

  test('is a GET even when an upload comes first', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await setUpServer(async () => {});
    const { client } = setUpClient({ connection: { baseUrl: server.origin } });
    await client.attemptUpload(uploadOf(), 1);
    expect(server.arrivals.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('shares a credential error with who waited for it, so that wrong keys are not tried over and over', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await setUpServer(
      async () => {},
      () => 401,
    );
    const { client } = setUpClient({ connection: { baseUrl: server.origin, signature: 'padded' } });
    const results = await Promise.allSettled([client.uploadsTo('1'), client.uploadsTo('2')]);
    expect(results.map((result) => result.status === 'rejected' && result.reason.code)).toEqual([
      'auth.failed',
      'auth.failed',
    ]);
    expect(server.arrivals).toHaveLength(1);
  });

  test('keeps a refusal that concerns only itself to itself', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await setUpServer(
      async () => {},
      (index) => (index === 0 ? 400 : 200),
    );
    const { client } = setUpClient({ connection: { baseUrl: server.origin } });
    const results = await Promise.allSettled([client.uploadsTo('1'), client.uploadsTo('2')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});

describe('reachability', () => {
  test('LINE is unreachable when nothing was ever answered', async () => {
    nock.enableNetConnect('127.0.0.1');
    const { client, logged } = setUpClient({ connection: { baseUrl: 'http://127.0.0.1:1' } });
    await expect(client.audiences.reread()).rejects.toMatchObject({ code: 'line.unreachable' });
    expect(client.wasAnswered()).toBe(false);
    expect(logged.map(({ status, network }) => [status, network])).toEqual(
      Array.from({ length: 4 }, () => [null, 'ECONNREFUSED']),
    );
  });

  test('retries are exhausted when it had answered before', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await startServer((_arrival, response, index) =>
      index === 0 ? answerJson(response, 200, pageOf([])) : dropConnection(response),
    );
    const { client } = setUpClient({ connection: { baseUrl: server.origin } });
    await client.audiences.reread();
    await expect(client.audiences.reread()).rejects.toMatchObject({ code: 'line.retries_exhausted' });
    expect(client.wasAnswered()).toBe(true);
  });
});

describe('uploads in flight', () => {
  test.each([
    ['replace', 3],
    ['add', 4],
  ] as const)('of %s are at most %i', async (purpose, most) => {
    nock.enableNetConnect('127.0.0.1');
    let inFlight = 0;
    let highest = 0;
    const server = await startServer(async (arrival, response) => {
      if (arrival.method === 'GET') return answerJson(response, 200, pageOf([]));
      inFlight += 1;
      highest = Math.max(highest, inFlight);
      await new Promise((resolve) => setTimeout(resolve, 40));
      inFlight -= 1;
      answerJson(response, 202, audienceJson());
    });
    const { client } = setUpClient({ connection: { baseUrl: server.origin } });
    await client.audiences.reread();
    const attempts = await Promise.all(Array.from({ length: 9 }, () => client.attemptUpload(uploadOf(purpose), 1)));
    expect(attempts.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(highest).toBe(most);
  });

  /** A LINE whose answers to uploads wait for `answerUploads`; `posted` tells when so many have arrived. */
  async function setUpHeldUploads(overrides: Parameters<typeof setUpClient>[0] = {}) {
    nock.enableNetConnect('127.0.0.1');
    const held = Promise.withResolvers<void>();
    const grace = new AbortController();
    let posts = 0;
    const server = await startServer(async (arrival, response) => {
      if (arrival.method === 'GET') return answerJson(response, 200, pageOf([]));
      posts += 1;
      await held.promise;
      answerJson(response, 202, audienceJson());
    });
    const setup = setUpClient({ connection: { baseUrl: server.origin }, uploadSignal: grace.signal, ...overrides });
    await setup.client.audiences.reread();
    const posted = (count: number) => expect.poll(() => posts, { interval: 5 }).toBe(count);
    return { ...setup, grace, posted, answerUploads: held.resolve, countPosts: () => posts };
  }

  const stopped = new Error('stopped');

  test('come to their end after the run is aborted, when no read starts any more', async () => {
    const { client, controller, posted, answerUploads } = await setUpHeldUploads();
    const upload = client.attemptUpload(uploadOf(), 1);
    await posted(1);
    controller.abort(stopped);
    await expect(client.uploadsTo('77')).rejects.toBe(stopped);
    answerUploads();
    expect(await upload).toMatchObject({ kind: 'accepted' });
  });

  test('outlast the run, but a read in flight ends with it', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await startServer(() => controller.abort(stopped));
    const { client, controller } = setUpClient({
      connection: { baseUrl: server.origin },
      uploadSignal: new AbortController().signal,
    });
    await expect(client.uploadsTo('77')).rejects.toBe(stopped);
    expect(server.arrivals).toHaveLength(1);
  });

  test('are cut when their own signal is aborted, and may have arrived', async () => {
    const { client, controller, grace, posted } = await setUpHeldUploads();
    const upload = client.attemptUpload(uploadOf(), 1);
    await posted(1);
    controller.abort(stopped);
    grace.abort(stopped);
    expect(await upload).toMatchObject({ kind: 'failed', verdict: 'unanswered' });
  });

  test('are cut with the run when they have no signal of their own', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await startServer((arrival, response) => {
      if (arrival.method === 'GET') answerJson(response, 200, pageOf([]));
      else controller.abort(stopped);
    });
    const { client, controller } = setUpClient({ connection: { baseUrl: server.origin } });
    expect(await client.attemptUpload(uploadOf(), 1)).toMatchObject({ kind: 'failed', verdict: 'unanswered' });
  });

  test.each([
    ['a free upload', 'add', { concurrentUploads: 1 }],
    ['a free REPLACE', 'replace', { concurrentReplaces: 1 }],
    ['its slot', 'add', { requestsPerSecond: 5 }],
  ] as const)('are not joined by one that waited for %s when the run was aborted', async (_case, purpose, limits) => {
    const { client, controller, posted, answerUploads, countPosts } = await setUpHeldUploads({ limits });
    const first = client.attemptUpload(uploadOf(purpose), 1);
    const second = client.attemptUpload(uploadOf(purpose), 1);
    await posted(1);
    controller.abort(stopped);
    answerUploads();
    const [started, waiting] = await Promise.allSettled([first, second]);
    expect(started).toMatchObject({ status: 'fulfilled', value: { kind: 'accepted' } });
    expect(waiting).toEqual({ status: 'rejected', reason: stopped });
    expect(countPosts()).toBe(1);
  });

  test('do not start again after a 401 once the run is aborted', async () => {
    nock.enableNetConnect('127.0.0.1');
    const server = await startServer((arrival, response) => {
      if (arrival.method === 'GET') return answerJson(response, 200, pageOf([]));
      controller.abort(stopped);
      answerJson(response, 401, {});
    });
    const { client, controller } = setUpClient({
      connection: { baseUrl: server.origin },
      uploadSignal: new AbortController().signal,
    });
    await expect(client.attemptUpload(uploadOf(), 1)).rejects.toBe(stopped);
    expect(server.arrivals.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('no longer start once the run is aborted', async () => {
    const { client, controller } = setUpClient();
    nock(line).get(firstPage).reply(200, pageOf([]));
    await client.audiences.reread();
    const reason = new Error('stopped');
    controller.abort(reason);
    await expect(client.attemptUpload(uploadOf(), 1)).rejects.toBe(reason);
  });
});
