import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SyncError } from '../../../src/errors.ts';
import { createFaults, type Fault, loadFaults, type RouteKind } from '../../../src/simulators/lineAds/faults.ts';
import { type Simulator, startSimulator } from '../../../src/simulators/lineAds/simulator.ts';
import { audiencesPath, closeAgent, emailForm, hashes, send, upload } from './signedRequests.ts';

let simulator: Simulator;
let id: string;
beforeEach(async () => {
  simulator = await startSimulator({ strictRates: false, jobs: { queuedMs: 0, workingMs: 0 } });
  id = simulator.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD' });
});
afterEach(() => simulator.close());
afterAll(closeAgent);

const add = () => upload(simulator, emailForm('ADD', { id }, hashes(0, 3), 'a.txt'));
const list = () => send(simulator, { path: audiencesPath(simulator) });
const held = () => simulator.members(id).size;

describe('a fault', () => {
  it('answers with a status, a reason and Retry-After, and the upload does not count', async () => {
    simulator.addFault({ effect: 'answer', on: 'upload', status: 503, retryAfter: 2, reason: 'LOCK_DEFAULT' });
    const reply = await add();
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '2']);
    expect(reply.json).toEqual({ errors: [{ reason: 'LOCK_DEFAULT', property: '' }] });
    expect(held()).toBe(0);
    expect(simulator.requests[0]).toMatchObject({ status: 503, action: 'ADD', fileName: 'a.txt', lines: 3 });
    expect((await add()).status).toBe(202);
    expect(held()).toBe(3);
  });

  it('answers 429 with an empty body and a date', async () => {
    const retryAfter = 'Thu, 15 Jan 2026 03:04:05 GMT';
    simulator.addFault({ effect: 'answer', status: 429, retryAfter });
    const reply = await list();
    expect([reply.status, reply.text, reply.headers['retry-after']]).toEqual([429, '', retryAfter]);
    expect(simulator.breaches).toEqual([]);
  });

  it('redirects, and the request does not count', async () => {
    simulator.addFault({ effect: 'redirect', on: 'upload', location: 'https://example.com/' });
    const reply = await add();
    expect([reply.status, reply.headers.location, held()]).toEqual([307, 'https://example.com/', 0]);
  });

  it.each([
    ['dropBefore', 0],
    ['dropAfter', 3],
  ] as const)('%s leaves the client without an answer and the audience with %i members', async (effect, members) => {
    simulator.addFault({ effect, on: 'upload' });
    await expect(add()).rejects.toThrow(/other side closed|ECONNRESET/);
    expect(held()).toBe(members);
    expect(simulator.requests[0]).toMatchObject({ status: null, fileName: 'a.txt' });
  });

  it('keeps a job out of the list, for a while or for ever, and the upload counts all the same', async () => {
    simulator.addFault({ effect: 'jobUnlisted' });
    simulator.addFault({ effect: 'jobUnlisted', ms: 3_600_000 });
    for (let uploads = 0; uploads < 3; uploads += 1) expect((await add()).status).toBe(202);
    expect(held()).toBe(3);
    expect(simulator.jobs(id).map((job) => job.audienceGroupJobId)).toEqual([3]);
  });

  it('answers an upload with another audience, and the target takes the upload all the same', async () => {
    simulator.addFault({ effect: 'otherAudience', skip: 1 });
    expect((await add()).json.id).toBe(id);
    const reply = await add();
    expect(reply.status).toBe(202);
    expect(reply.json).toMatchObject({ id: '9999999999999', name: 'Another audience', status: 'READY' });
    expect(simulator.jobs(id)).toHaveLength(2);
  });

  it('answers 5xx although the upload counted', async () => {
    simulator.addFault({ effect: 'answerAfter', on: 'upload', status: 500 });
    const reply = await add();
    expect([reply.status, reply.text, held()]).toEqual([500, '', 3]);
  });

  it('delays the answer, not the upload', async () => {
    simulator.addFault({ effect: 'delay', on: 'upload', ms: 500 });
    const startedMs = performance.now();
    const reply = add();
    await expect.poll(held, { interval: 5 }).toBe(3);
    expect(simulator.requests[0]?.status).toBeNull();
    expect((await reply).status).toBe(202);
    expect(performance.now() - startedMs).toBeGreaterThan(490);
  });

  it('does not keep the simulator from closing', async () => {
    simulator.addFault({ effect: 'delay', on: 'list', ms: 3_600_000 });
    const reply = list();
    reply.catch(() => undefined);
    await expect.poll(() => simulator.requests.length).toBe(1);
    await simulator.close();
    await reply.catch(() => undefined);
  });

  it('is used up by no request that is refused before it', async () => {
    simulator.addFault({ effect: 'answer', status: 500 });
    const wrongKey = { accessKey: 'X', secretKey: 'X' };
    expect((await send(simulator, { path: audiencesPath(simulator), key: wrongKey })).status).toBe(401);
    expect((await list()).status).toBe(500);
    expect((await list()).status).toBe(200);
  });
});

describe('which request a fault hits', () => {
  const hits = (faults: Fault[], kinds: RouteKind[]) => {
    const pending = createFaults(faults);
    return kinds.map((kind) => pending.take(kind)?.effect ?? '-');
  };

  it('is by kind, after those it skips, as often as it says', () => {
    const faults: Fault[] = [{ effect: 'dropBefore', on: 'jobs', skip: 1, times: 2 }];
    expect(hits(faults, ['jobs', 'list', 'jobs', 'upload', 'jobs', 'jobs'])).toEqual([
      '-',
      '-',
      'dropBefore',
      '-',
      'dropBefore',
      '-',
    ]);
  });

  it('is any when it says so, renaming and deleting too', () => {
    const faults: Fault[] = [{ effect: 'dropBefore', on: 'any', times: 5 }];
    const kinds: RouteKind[] = ['list', 'upload', 'jobs', 'rename', 'delete'];
    expect(hits(faults, kinds)).toEqual(Array(5).fill('dropBefore'));
  });

  it('is the first that is due, and a job fault waits for an upload', () => {
    const faults: Fault[] = [{ effect: 'jobFails', skip: 1 }, { effect: 'dropAfter' }, { effect: 'dropBefore' }];
    expect(hits(faults, ['upload', 'list', 'upload', 'upload'])).toEqual(['dropAfter', 'dropBefore', 'jobFails', '-']);
  });
});

describe('a faults file', () => {
  it('gives faults with their defaults', () => {
    expect(loadFaults('[{"effect":"answer","status":503},{"effect":"jobFails"}]')).toEqual([
      { effect: 'answer', on: 'any', skip: 0, times: 1, status: 503 },
      { effect: 'jobFails', on: 'upload', skip: 0, times: 1, failedType: 'UNKNOWN' },
    ]);
  });

  it.each([
    ['not JSON', '[{'],
    ['no list', '{}'],
    ['an unknown key', '[{"effect":"dropBefore","when":1}]'],
    ['an unknown effect', '[{"effect":"explode"}]'],
    ['a job fault for lists', '[{"effect":"jobFails","on":"list"}]'],
    ['a status that is no error', '[{"effect":"answer","status":200}]'],
  ])('is refused for %s', (_title, text) => {
    expect(() => loadFaults(text)).toThrow(SyncError);
    expect(() => loadFaults(text)).toThrow('The faults file is not');
  });
});
