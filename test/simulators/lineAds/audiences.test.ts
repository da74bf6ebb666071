import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulators/lineAds/simulator.ts';
import { audiencesPath, closeAgent, emailForm, hashes, type Reply, send, upload } from './signedRequests.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ strictRates: false, now: () => Date.parse('2026-01-15T03:04:05Z') });
});
afterEach(() => simulator.close());
afterAll(closeAgent);

const date = 'Thu, 15 Jan 2026 03:04:05 GMT';
const list = (query: string) => send(simulator, { path: audiencesPath(simulator), query, date });
const names = (reply: Reply) => reply.json.audienceGroups.map((audience) => audience.name);
const seed = (name: string, functionType = 'HASHED_EMAIL_UPLOAD') => simulator.seedAudience({ name, functionType });

describe('the list', () => {
  it('has an audience as the reference describes it', async () => {
    const members = hashes(0, 101);
    const id = simulator.seedAudience({ name: 'Buyers', functionType: 'HASHED_EMAIL_UPLOAD', members });
    expect(id).toMatch(/^\d{13}$/);
    const reply = await list('?name=&page=1&size=100&sortKey=created&sortOrder=desc');
    expect(reply.headers.date).toBe(date);
    const audience = {
      id,
      name: 'Buyers',
      functionType: 'HASHED_EMAIL_UPLOAD',
      status: 'READY',
      failedType: null,
      estimatedAudienceSize: '101',
      created: '2026-01-15T12:04:05+09:00',
    };
    const body = { page: 1, size: 100, totalElements: 1, hasNextPage: false, audienceGroups: [audience] };
    expect([reply.status, reply.json]).toEqual([200, body]);
  });

  it('searches names for a part of them, in any case and of all types', async () => {
    seed('Buyers 90 days');
    seed('buyers', 'VIDEO_VIEW');
    seed('Visitors');
    expect(names(await list('?name=Buyers'))).toEqual(['buyers', 'Buyers 90 days']);
  });

  it('comes in pages, newest first unless asked otherwise', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) seed(name);
    const pages = [await list('?page=1&size=2'), await list('?page=2&size=2'), await list('?page=3&size=2')];
    expect(pages.map(names)).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
    expect(pages.map((page) => page.json.hasNextPage)).toEqual([true, true, false]);
    expect(pages.map((page) => page.json.totalElements)).toEqual([5, 5, 5]);
    expect(names(await list('?page=4&size=2'))).toEqual([]);
    expect(names(await list('?size=2&sortOrder=asc'))).toEqual(['a', 'b']);
    expect((await list('?page=2&size=1&sortOrder=asc')).json.hasNextPage).toBe(true);
  });

  it.each(['?page=0', '?page=x', '?size=0', '?size=101', '?sortOrder=up', '?sortKey=size', '?limit=5'])(
    'refuses %s',
    async (query) => {
      expect((await list(query)).status).toBe(400);
    },
  );
});

describe('an audience', () => {
  const path = (id: string) => `${audiencesPath(simulator)}/${id}`;
  const rename = (id: string, body: string, contentType = 'application/json') =>
    send(simulator, { method: 'POST', path: path(id), contentType, body, date });

  it('is made anew by each upload to a name', async () => {
    const form = emailForm('ADD', { name: 'Twice' }, hashes(0, 3));
    const replies = [await upload(simulator, form, { date }), await upload(simulator, form, { date })];
    expect(replies.map((reply) => reply.status)).toEqual([202, 202]);
    expect(new Set(replies.map((reply) => reply.json.id)).size).toBe(2);
    const made = {
      name: 'Twice',
      functionType: 'HASHED_EMAIL_UPLOAD',
      status: 'IN_PROGRESS',
      estimatedAudienceSize: '-',
    };
    expect(replies[0]?.json).toMatchObject(made);
    expect(simulator.breaches).toEqual([]);
  });

  it('is renamed', async () => {
    const id = seed('Before');
    const reply = await rename(id, '{"name":"After"}');
    expect([reply.status, reply.json.id, reply.json.name]).toEqual([200, id, 'After']);
    expect(simulator.audiences()[0]?.name).toBe('After');
  });

  it.each([
    ['{"name":""}', 'application/json'],
    ['{"name":"x","id":1}', 'application/json'],
    ['no JSON', 'application/json'],
    ['{"name":"After"}', 'text/plain'],
  ])('is not renamed by %s as %s', async (body, contentType) => {
    const id = seed('Before');
    expect((await rename(id, body, contentType)).status).toBe(400);
    expect(simulator.audiences()[0]?.name).toBe('Before');
  });

  it('is deleted, and then unknown', async () => {
    const id = seed('Gone');
    const reply = await send(simulator, { method: 'DELETE', path: path(id), date });
    expect([reply.status, reply.text]).toEqual([202, '']);
    expect(simulator.audiences()).toEqual([]);
    expect(() => simulator.members(id)).toThrow('no such audience');
    const again = await send(simulator, { path: `${path(id)}/upload-job`, date });
    expect(again.json.errors[0].reason).toBe('AUDIENCE_GROUP_NOT_FOUND');
    expect(simulator.breaches).toEqual(['a request was for an audience that the account does not have']);
  });
});
