import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  deliverUpload,
  UploadMisrouted,
  type UploadToDeliver,
  UploadUnanswered,
} from '../../../src/delivery/deliverUpload.ts';
import { accountPath, audienceJson, jobJson, pageOf, setUpClient } from '../../setup/clientSetup.ts';
import { type Arrival, answerJson, dropConnection, startServer } from '../../setup/lineServer.ts';

const fileName = 'run-sync-0.txt';
const content = Buffer.from('line-of-somebody\nline-of-another\n');

type Reply =
  | 'accept'
  | 'drop'
  | 'silence'
  | 'garbage'
  | number
  | { status: number; reason: string }
  /** Accepts, and answers with these fields of an audience. */
  | { answer: object };

/** A LINE that plays one reply after the other to uploads (the last for ever), and lists what it is told to hold. */
async function setUpLine(replies: Reply[], setup: Parameters<typeof setUpClient>[0] = {}) {
  const state = { audiences: [] as object[], jobs: [] as object[], onUpload: (_count: number) => {} };
  const uploads: Arrival[] = [];
  const server = await startServer((arrival, response) => {
    if (arrival.url.startsWith(`${accountPath}?`)) return answerJson(response, 200, pageOf(state.audiences));
    if (arrival.method === 'GET') return answerJson(response, 200, { jobs: state.jobs });
    uploads.push(arrival);
    state.onUpload(uploads.length);
    const reply = replies[Math.min(uploads.length, replies.length) - 1];
    if (reply === 'accept') return answerJson(response, 202, audienceJson({ id: '77' }));
    if (reply === 'drop') return dropConnection(response);
    if (reply === 'garbage') return void response.writeHead(202).end('<html>');
    if (typeof reply === 'number') return void response.writeHead(reply).end();
    if (typeof reply === 'object' && 'answer' in reply) return answerJson(response, 202, reply.answer);
    if (typeof reply === 'object') return answerJson(response, reply.status, { errors: [{ reason: reply.reason }] });
  });
  const dispatcher = new Agent({ allowH2: false });
  onTestFinished(() => dispatcher.destroy());
  const prepared = setUpClient({ dispatcher, timeoutMs: () => 2000, connection: { baseUrl: server.origin }, ...setup });
  const deliver = (upload: Partial<UploadToDeliver> = {}) =>
    deliverUpload(prepared.client, { ...uploadToId, ...upload }, prepared.options);
  return { ...prepared, state, uploads, deliver, arrivals: server.arrivals };
}

const uploadToId: UploadToDeliver = {
  action: 'add',
  target: { audienceId: '77' },
  identifierType: 'email',
  file: {
    name: fileName,
    bytes: content.length,
    async *open() {
      yield content;
    },
  },
};
const toName = { target: { audienceName: 'Buyers' } };

function fieldsOf({ body }: Arrival): Record<string, string> {
  const fields = [...body.matchAll(/name="(action|id|name|idType)"\r\n\r\n(.*)\r\n/g)];
  return Object.fromEntries(fields.map(([, name, value]) => [name, value]));
}

describe('an upload that is answered', () => {
  test('is accepted at the first attempt', async () => {
    const { deliver, uploads } = await setUpLine(['accept']);
    expect(await deliver()).toMatchObject({ audienceId: '77', attempts: 1, foundByLookup: false, created: false });
    expect(uploads.map(fieldsOf)).toEqual([{ action: 'ADD', id: '77', idType: 'HASHED_EMAIL' }]);
  });

  test('has the overhead that was told beforehand, or less where it does not replace', async () => {
    const { client, deliver, uploads } = await setUpLine(['accept']);
    await deliver({ action: 'replace' });
    await deliver({ action: 'add' });
    await deliver(toName);
    const overheads = uploads.map(({ headers }) => Number(headers['content-length']) - content.length);
    const told = (audienceId: string | undefined, audienceName: string | undefined) =>
      client.maxOverheadBytes({ identifierType: 'email', label: fileName, audienceId, audienceName });
    const shorter = 'REPLACE'.length - 'ADD'.length;
    expect(overheads).toEqual([told('77', undefined), told('77', undefined) - shorter, expect.any(Number)]);
    expect(overheads[2]).toBeLessThanOrEqual(told(undefined, 'Buyers'));
  });

  test('is sent again, byte for byte but for the boundary, after a transient refusal', async () => {
    const { deliver, uploads, clock } = await setUpLine([{ status: 400, reason: 'LOCK_DEFAULT' }, 'accept']);
    expect(await deliver()).toMatchObject({ attempts: 2 });
    const [first, second] = uploads.map(({ body }) => body.replaceAll(/line-ads-sync-[0-9a-f]{32}/g, 'boundary'));
    expect(second).toBe(first);
    expect(clock.sleeps).toEqual([50]);
  });

  test('waits through more 429s than there are attempts, until jobs.timeoutMs', async () => {
    const { deliver, uploads } = await setUpLine([429, 429, 429, 429, 429, 429, 429, 429, 'accept']);
    expect(await deliver()).toMatchObject({ attempts: 9 });
    expect(uploads).toHaveLength(9);
  });

  test.each([
    ['add', 'line.rate_limited'],
    ['replace', 'line.replace_refused'],
  ] as const)('gives up on an endless 429 to %s with %s', async (action, code) => {
    const { deliver } = await setUpLine([429], { jobs: { timeoutMs: 2000 } });
    const error = await deliver({ action }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(error).not.toBeInstanceOf(UploadUnanswered);
  });

  test('that is refused for good is an error at once, and surely did not arrive', async () => {
    const { deliver, uploads } = await setUpLine([{ status: 400, reason: 'INVALID_FILE_CONTENT' }]);
    const error = await deliver().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'upload.refused' });
    expect(error).not.toBeInstanceOf(UploadUnanswered);
    expect(uploads).toHaveLength(1);
  });
});

describe('an accepted upload whose answer names', () => {
  const buyers = { id: '77', name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD' };

  test.each<[string, object, Partial<UploadToDeliver>]>([
    ['another id', { ...buyers, id: '78' }, {}],
    ['another id than a REPLACE was for', { ...buyers, id: '78' }, { action: 'replace' }],
    ['another type', { ...buyers, functionType: 'UPLOAD' }, {}],
    ['another name than the one to create', { ...buyers, name: 'Sellers' }, toName],
    ['another type than the one to create', { ...buyers, functionType: 'UPLOAD' }, toName],
    ['an audience that was there before the creation', { ...buyers, id: '5', name: 'Buyers' }, toName],
  ])('%s is an error, and the upload is not sent again', async (_, answer, changes) => {
    const { deliver, uploads, state } = await setUpLine([{ answer }]);
    state.audiences.push(audienceJson({ id: '5', name: 'Older' }));
    const error = await deliver(changes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadMisrouted);
    expect(error).toMatchObject({ code: 'line.bad_answer', message: expect.stringContaining(fileName) });
    expect(uploads).toHaveLength(1);
  });

  test('another audience is told as that, also when an earlier answer was lost', async () => {
    const { deliver } = await setUpLine(['drop', { answer: { ...buyers, id: '78' } }]);
    expect(await deliver().catch((caught: unknown) => caught)).toBeInstanceOf(UploadMisrouted);
  });

  test.each<[string, object, Partial<UploadToDeliver>]>([
    ['its id as a number', { ...buyers, id: 77 }, {}],
    ['its id alone', { id: '77' }, {}],
    ['its id alone after a creation', { id: '77' }, toName],
    ['another name than an audience had when it was looked up by id', { ...buyers, name: 'Renamed' }, {}],
  ])('%s is accepted', async (_, answer, changes) => {
    const { deliver } = await setUpLine([{ answer }]);
    expect(await deliver(changes)).toMatchObject({ audienceId: '77' });
  });
});

describe('an upload whose answer is lost', () => {
  test.each<[Reply, string]>([
    ['drop', 'a dropped connection'],
    ['silence', 'a timeout'],
    [500, 'a 5xx'],
    ['garbage', 'an unreadable answer'],
  ])('by %s is looked up by its file name, after settling (%s)', async (reply) => {
    const { deliver, uploads, state, clock } = await setUpLine([reply], { timeoutMs: () => 150 });
    state.onUpload = () => state.jobs.push(jobJson({ label: fileName, status: 'QUEUED' }));
    expect(await deliver()).toEqual({
      audienceId: '77',
      audience: undefined,
      attempts: 1,
      foundByLookup: true,
      created: false,
    });
    expect(uploads).toHaveLength(1);
    expect(clock.sleeps).toEqual([700]);
  });

  test('and that is not seen is sent again as ADD', async () => {
    const { deliver, uploads, state, clock } = await setUpLine(['drop', 'accept']);
    state.jobs.push(jobJson({ label: 'run-sync-1.txt' }));
    expect(await deliver()).toMatchObject({ attempts: 2, foundByLookup: false });
    expect(uploads).toHaveLength(2);
    expect(clock.sleeps).toEqual([700, 50]);
  });

  test.each([
    [true, 2],
    [false, 1],
  ])('is sent again as REPLACE only while no ADD of its plan was sent (%s: %i uploads)', async (mayRepeat, count) => {
    const { deliver, uploads } = await setUpLine(['drop', 'accept']);
    const result = await deliver({ action: 'replace', mayRepeatReplace: () => mayRepeat }).catch((error) => error);
    expect(uploads).toHaveLength(count);
    if (mayRepeat) expect(result).toMatchObject({ attempts: 2 });
    else expect(result).toBeInstanceOf(UploadUnanswered);
  });

  test('to the end of the patience is an error that says that it may have arrived', async () => {
    const { deliver, uploads } = await setUpLine(['drop']);
    const error = await deliver().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'line.retries_exhausted', mayHaveArrived: true });
    expect(uploads).toHaveLength(4);
  });

  test('and that is then refused for good may still have arrived', async () => {
    const { deliver } = await setUpLine(['drop', { status: 400, reason: 'EMPTY_FILE' }]);
    const error = await deliver().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'upload.refused' });
  });

  test('by the end of the run may have arrived', async () => {
    const { deliver, state, controller } = await setUpLine(['silence']);
    state.onUpload = () => controller.abort();
    const error = await deliver().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'run.interrupted' });
  });

  test('within the grace after the end of the run is accepted like any other', async () => {
    const { deliver, state, controller } = await setUpLine(['accept'], { uploadSignal: new AbortController().signal });
    state.onUpload = () => controller.abort();
    expect(await deliver()).toMatchObject({ audienceId: '77', attempts: 1, foundByLookup: false });
  });

  test('before its body went out needs no look', async () => {
    const { client, options, clock } = setUpClient({ connection: { baseUrl: 'http://127.0.0.1:1' } });
    const error = await deliverUpload(client, uploadToId, options).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'line.unreachable' });
    expect(error).not.toBeInstanceOf(UploadUnanswered);
    expect(clock.sleeps).not.toContain(700);
  });
});

describe('an upload of an earlier process that may have arrived', () => {
  const earlier = { mayHaveArrived: true, attempts: 2 };

  test('is looked up, after settling, before anything is sent, and found', async () => {
    const { deliver, uploads, state, clock } = await setUpLine(['accept']);
    state.jobs.push(jobJson({ label: fileName, status: 'WORKING' }));
    expect(await deliver(earlier)).toEqual({
      audienceId: '77',
      audience: undefined,
      attempts: 2,
      foundByLookup: true,
      created: false,
    });
    expect(uploads).toEqual([]);
    expect(clock.sleeps).toEqual([700]);
  });

  test('and that is not seen is sent again as ADD; attempts count on', async () => {
    const { deliver, uploads, arrivals, logged } = await setUpLine(['accept']);
    const told: number[] = [];
    const onAttempt = (attempts: number) => void told.push(attempts);
    expect(await deliver({ ...earlier, onAttempt })).toMatchObject({ attempts: 3, foundByLookup: false });
    expect(arrivals.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(uploads).toHaveLength(1);
    expect(told).toEqual([3]);
    expect(logged.find(({ method }) => method === 'POST')).toMatchObject({ attempt: 3 });
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('is sent again as REPLACE only while no ADD of its plan was sent (%s: %i uploads)', async (mayRepeat, count) => {
    const { deliver, uploads } = await setUpLine(['accept']);
    const mayRepeatReplace = () => mayRepeat;
    const result = await deliver({ ...earlier, action: 'replace', mayRepeatReplace }).catch((error) => error);
    expect(uploads).toHaveLength(count);
    if (mayRepeat) expect(result).toMatchObject({ attempts: 3, foundByLookup: false });
    else expect(result).toBeInstanceOf(UploadUnanswered);
  });

  test('is still found as REPLACE when it must not be repeated', async () => {
    const { deliver, state } = await setUpLine(['accept']);
    state.jobs.push(jobJson({ label: fileName, type: 'DIFF_REPLACE' }));
    const replace = { ...earlier, action: 'replace', mayRepeatReplace: () => false } as const;
    expect(await deliver(replace)).toMatchObject({ attempts: 2, foundByLookup: true });
  });

  test('and created its audience is found by name, then by its file among the jobs', async () => {
    const { deliver, uploads, state } = await setUpLine(['accept']);
    state.audiences.push(audienceJson({ id: '77' }));
    state.jobs.push(jobJson({ label: fileName, status: 'QUEUED' }));
    expect(await deliver({ ...earlier, ...toName })).toMatchObject({
      audienceId: '77',
      attempts: 2,
      foundByLookup: true,
      created: true,
    });
    expect(uploads).toEqual([]);
  });

  test('goes on as ADD to the audience of its name, which is taken for ours, when its job is not seen', async () => {
    const { deliver, uploads, state } = await setUpLine(['accept']);
    state.audiences.push(audienceJson({ id: '77' }));
    expect(await deliver({ ...earlier, ...toName })).toMatchObject({ audienceId: '77', attempts: 3, created: true });
    expect(uploads.map(fieldsOf)).toEqual([{ action: 'ADD', id: '77', idType: 'HASHED_EMAIL' }]);
  });

  test('is sent with the name when neither audience nor job is seen', async () => {
    const { deliver, uploads } = await setUpLine(['accept']);
    expect(await deliver({ ...earlier, ...toName })).toMatchObject({ audienceId: '77', attempts: 3, created: true });
    expect(uploads.map(fieldsOf)).toEqual([{ action: 'ADD', name: 'Buyers', idType: 'HASHED_EMAIL' }]);
  });

  test('and is refused for good when sent again may still have arrived', async () => {
    const { deliver } = await setUpLine([{ status: 400, reason: 'EMPTY_FILE' }]);
    const error = await deliver(earlier).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'upload.refused' });
  });

  test('may still have arrived when the run ends before the look', async () => {
    const { deliver, uploads, controller } = await setUpLine(['accept']);
    controller.abort();
    const error = await deliver(earlier).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'run.interrupted' });
    expect(uploads).toEqual([]);
  });
});

describe('an upload that creates its audience', () => {
  test('goes out with the name, after a look for it', async () => {
    const { deliver, uploads, arrivals } = await setUpLine(['accept']);
    expect(await deliver(toName)).toMatchObject({ audienceId: '77', created: true, attempts: 1 });
    expect(uploads.map(fieldsOf)).toEqual([{ action: 'ADD', name: 'Buyers', idType: 'HASHED_EMAIL' }]);
    expect(arrivals.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('sends nothing to an audience of that name that somebody made meanwhile', async () => {
    const { deliver, uploads, state } = await setUpLine(['accept']);
    state.audiences.push(audienceJson({ id: '77' }));
    const error = await deliver(toName).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'audience.appeared' });
    expect(error).not.toBeInstanceOf(UploadUnanswered);
    expect(uploads).toEqual([]);
  });

  test('is found after a lost answer by name, then by its file among the jobs', async () => {
    const { deliver, uploads, state } = await setUpLine(['drop']);
    state.onUpload = () => {
      state.audiences.push(audienceJson({ id: '88', type: 'UPLOAD' }), audienceJson({ id: '77' }));
      state.jobs.push(jobJson({ label: fileName, status: 'WORKING' }));
    };
    expect(await deliver(toName)).toMatchObject({ audienceId: '77', foundByLookup: true, created: true, attempts: 1 });
    expect(uploads).toHaveLength(1);
  });

  test('goes on as ADD to the id when the audience is there but not our job', async () => {
    const { deliver, uploads, state } = await setUpLine(['drop', 'accept']);
    state.onUpload = (count) => {
      if (count === 1) state.audiences.push(audienceJson({ id: '77' }));
    };
    expect(await deliver(toName)).toMatchObject({ audienceId: '77', created: true, attempts: 2 });
    expect(uploads.map(fieldsOf)).toEqual([
      { action: 'ADD', name: 'Buyers', idType: 'HASHED_EMAIL' },
      { action: 'ADD', id: '77', idType: 'HASHED_EMAIL' },
    ]);
  });

  test('is sent again with the name when neither is seen', async () => {
    const { deliver, uploads } = await setUpLine([503, 'accept']);
    expect(await deliver(toName)).toMatchObject({ created: true, attempts: 2 });
    expect(uploads.map(fieldsOf).map(({ name }) => name)).toEqual(['Buyers', 'Buyers']);
  });

  test('stops when several of that name are there by now', async () => {
    const { deliver, uploads, state } = await setUpLine(['drop']);
    state.onUpload = () => state.audiences.push(audienceJson({ id: '77' }), audienceJson({ id: '78' }));
    const error = await deliver(toName).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UploadUnanswered);
    expect(error).toMatchObject({ code: 'audience.ambiguous', message: expect.stringMatching(/78 .*77 /) });
    expect(uploads).toHaveLength(1);
  });

  test('is one at a time, each after a fresh look', async () => {
    const { deliver, uploads, state, arrivals } = await setUpLine(['accept']);
    state.onUpload = () => state.audiences.push(audienceJson({ id: '77' }));
    const [first, second] = await Promise.allSettled([deliver(toName), deliver(toName)]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { created: true } });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'audience.appeared' } });
    expect(uploads.map(fieldsOf).map(({ name }) => name)).toEqual(['Buyers']);
    expect(arrivals.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });
});

test('no secret and nothing of the file is in any log line or error', async () => {
  const { deliver, logged } = await setUpLine(['drop', 500, { status: 400, reason: 'DECODING_FAILED' }]);
  const error = (await deliver().catch((caught: unknown) => caught)) as UploadUnanswered;
  const printed = JSON.stringify(logged) + error.message + error.hint + error.stack + String(error.cause);
  for (const secret of ['KEY-marked', 'SECRET-marked', 'Bearer', 'line-of-somebody'])
    expect(printed).not.toContain(secret);
  expect(logged.length).toBeGreaterThan(4);
});
