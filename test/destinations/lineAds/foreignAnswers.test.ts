import nock from 'nock';
import { describe, expect, test } from 'vitest';
import type { Upload } from '../../../src/destinations/destination.ts';
import { isForeign } from '../../../src/destinations/lineAds/foreignAnswers.ts';
import type { SyncError } from '../../../src/errors.ts';
import { accountPath, audienceJson, pageOf, setUpClient, startMs, useNock } from '../../setup/clientSetup.ts';
import { startServer } from '../../setup/lineServer.ts';

/*
 * Answers that a proxy, a firewall or a login page gives in LINE's place.
 */

useNock();

const line = 'https://ads.line.me';
const firstPage = `${accountPath}?page=1&size=100&sortKey=created&sortOrder=desc`;
const page = '<!DOCTYPE html><html><title>MARKED Access denied</title></html>';

function uploadOf(): Upload {
  const content = Buffer.from('one\n');
  const file = {
    name: 'run-sync-0.txt',
    bytes: content.length,
    async *open() {
      yield content;
    },
  };
  return { action: 'add', target: { audienceId: '77' }, identifierType: 'ifa', file };
}

async function failureOf(answer: Promise<unknown>): Promise<SyncError> {
  return answer.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: SyncError) => error,
  );
}

test.each<[number, string | undefined]>([
  [403, page],
  [403, 'Forbidden'],
  [403, ''],
  [403, undefined],
  [403, '{"message":"Forbidden"}'],
  [403, '{"errors":[{"status":"403","title":"Forbidden"}]}'],
  [403, '{"errors":{"reason":"ACCOUNT_NOT_ALLOWED"}}'],
  [403, '"Forbidden"'],
  [401, page],
  [401, `\uFEFF\n ${page}`],
  [404, page],
  [400, page],
  [451, page],
  [407, ''],
  [407, '{"errors":[{"reason":"ACCOUNT_NOT_ALLOWED"}]}'],
])('a %i with the body %j is not from LINE', (status, text) => {
  expect(isForeign({ status, text })).toBe(true);
});

test.each<[number, string | undefined]>([
  [403, '{"errors":[{"reason":"ACCOUNT_NOT_ALLOWED","property":"x"}]}'],
  [403, '{"errors":[{"reason":"a new one"}],"more":1}'],
  [403, '[{"reason":"ACCOUNT_NOT_ALLOWED"}]'],
  [403, '{"errors":[]}'],
  [401, ''],
  [401, undefined],
  [401, '{}'],
  [401, 'Unauthorized'],
  [400, 'Bad Request'],
  [404, ''],
  [408, page],
  [413, page],
  [429, page],
  [500, page],
  [200, page],
  [302, page],
])('a %i with the body %j may be from LINE', (status, text) => {
  expect(isForeign({ status, text })).toBe(false);
});

describe("a 403 that is not LINE's", () => {
  test.each([page, 'Forbidden', '', '{"message":"Forbidden"}'])(
    'with the body %j is retried, and then ends the read as line.blocked',
    async (body) => {
      const { client, clock, logged } = setUpClient({ retry: { maxAttempts: 3 } });
      nock(line).get(firstPage).times(3).reply(403, body);
      const error = await failureOf(client.audiences.reread());
      expect(error.code).toBe('line.blocked');
      expect(error.message).toContain('403');
      expect(error.hint).toMatch(/connection\.baseUrl.*proxy or firewall.*NO_PROXY/);
      expect(error.message + error.hint).not.toContain('MARKED');
      expect(clock.sleeps).toEqual([50, 100]);
      expect(logged.map(({ status }) => status)).toEqual([403, 403, 403]);
    },
  );

  test('does not matter once LINE itself answers', async () => {
    const { client } = setUpClient();
    nock(line).get(firstPage).reply(403, page);
    nock(line)
      .get(firstPage)
      .reply(200, pageOf([audienceJson({ id: '77' })]));
    expect(await client.audiences.reread()).toHaveLength(1);
  });

  test('leaves open whether an upload whose body was sent has arrived', async () => {
    const { client } = setUpClient();
    nock(line).get(firstPage).reply(200, pageOf([]));
    nock(line).post(`${accountPath}/upload`).reply(403, page);
    const attempt = await client.attemptUpload(uploadOf(), 1);
    expect(attempt).toMatchObject({ kind: 'failed', verdict: 'unanswered', calls: 1 });
    if (attempt.kind === 'failed') expect(attempt.error(1).code).toBe('line.blocked');
  });

  test('on the first request is shared with who waited for it', async () => {
    const { client } = setUpClient({ retry: { maxAttempts: 1 } });
    nock(line).get(firstPage).reply(403, page);
    const [list, jobs] = await Promise.all([failureOf(client.audiences.reread()), failureOf(client.uploadsTo('77'))]);
    expect([list.code, jobs.code]).toEqual(['line.blocked', 'line.blocked']);
  });
});

test("a 403 of LINE's own still means the permission, at once", async () => {
  const { client, clock } = setUpClient();
  nock(line)
    .get(firstPage)
    .reply(403, { errors: [{ reason: 'NEW_REASON', property: '' }] });
  expect((await failureOf(client.audiences.reread())).code).toBe('auth.not_permitted');
  expect(clock.sleeps).toEqual([]);
});

test.each([
  [401, page],
  [404, page],
  [407, ''],
])('a %i of something between is retried, and then line.blocked', async (status, body) => {
  const { client } = setUpClient({ retry: { maxAttempts: 2 } });
  nock(line).get(firstPage).times(2).reply(status, body);
  expect((await failureOf(client.audiences.reread())).code).toBe('line.blocked');
});

test("an empty 401 is LINE's, and the other form of the signature is tried", async () => {
  const { client } = setUpClient();
  nock(line).get(firstPage).reply(401, '');
  nock(line).get(firstPage).reply(200, pageOf([]));
  expect(await client.audiences.reread()).toEqual([]);
});

test('an answer from between decides neither about the signature nor about the clock', async () => {
  const { client, warned } = setUpClient();
  const date = new Date(startMs + 7_200_000).toUTCString();
  const signatures: (string | null)[] = [];
  const record = (status: number, body: object | string) => (request: Request) => {
    signatures.push(request.headers.get('authorization'));
    return [status, body, { date: status === 200 ? new Date(startMs).toUTCString() : date }] as never;
  };
  nock(line).get(firstPage).reply(record(401, page));
  nock(line).get(firstPage).reply(record(403, page));
  nock(line).get(firstPage).reply(record(502, page));
  nock(line)
    .get(firstPage)
    .reply(record(200, pageOf([])));
  await client.audiences.reread();
  expect(client.clockSkewMs()).toBeUndefined();
  expect(warned).toEqual([]);
  expect(signatures.every((signature) => signature !== null && !signature.includes('='))).toBe(true);
});

describe('an answer that is not whole or not what LINE documents', () => {
  test.each<[string, number, string, Record<string, string>, string]>([
    ['a login page under 200', 200, page, {}, 'line.bad_answer'],
    ['an empty 200', 200, '', {}, 'line.bad_answer'],
    ['JSON that is cut', 200, '{"audienceGroups":[', {}, 'line.bad_answer'],
    ['JSON that ends before the announced length', 200, '{"audi', { 'content-length': '500' }, 'line.unreachable'],
    ['JSON longer than the announced length', 200, JSON.stringify(pageOf([])), { 'content-length': '9' }, 'line'],
    ['a redirect to a login page', 302, '', { location: 'https://login.example/' }, 'line.bad_answer'],
    ['a page under 502', 502, page, {}, 'line.retries_exhausted'],
    ['a page under 503', 503, page, {}, 'line.retries_exhausted'],
    ['a demand to log in to the network', 511, page, {}, 'line.retries_exhausted'],
  ])('(%s) never counts as one, and the run may be repeated', async (_case, status, body, headers, code) => {
    nock.enableNetConnect('127.0.0.1');
    const server = await startServer((_arrival, response) => {
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
      response.write(body, () => response.socket?.end());
    });
    const { client } = setUpClient({ connection: { baseUrl: server.origin }, retry: { maxAttempts: 2 } });
    const error = await failureOf(client.audiences.reread());
    expect(error.code).toContain(code);
    expect(error.message + error.hint).not.toMatch(/MARKED|login\.example/);
  });
});
