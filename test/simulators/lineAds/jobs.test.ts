import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulators/lineAds/simulator.ts';
import { audiencesPath, closeAgent, emailForm, hashes, send, upload } from './signedRequests.ts';

const startedMs = Date.parse('2026-01-15T03:04:05Z');
let nowMs: number;
let simulator: Simulator;
beforeEach(async () => {
  nowMs = startedMs;
  const jobs = { queuedMs: 1000, workingMs: 2000 };
  simulator = await startSimulator({ strictRates: false, now: () => nowMs, jobs });
});
afterEach(() => simulator.close());
afterAll(closeAgent);

const date = () => new Date(nowMs).toUTCString();
const seed = (count: number) =>
  simulator.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD', members: hashes(0, count) });

async function sendLines(action: string, target: Record<string, string>, lines: readonly string[], fileName?: string) {
  const reply = await upload(simulator, emailForm(action, target, lines, fileName), { date: date() });
  expect(reply.status).toBe(202);
  return reply.json.id;
}

async function jobs(id: string) {
  const reply = await send(simulator, { path: `${audiencesPath(simulator)}/${id}/upload-job`, date: date() });
  expect(reply.status).toBe(200);
  return reply.json.jobs;
}

it('a creating upload is QUEUED, WORKING, FINISHED, and only then its members and status show', async () => {
  const id = await sendLines('ADD', { name: 'New' }, hashes(0, 101), 'run-emails-0.txt');
  const expected = {
    audienceGroupId: Number(id),
    audienceGroupJobId: 1,
    name: 'run-emails-0.txt',
    type: 'DIFF_ADD',
    jobStatus: 'QUEUED',
    failedType: null,
    audienceCount: 0,
    created: '2026-01-15T12:04:05+09:00',
  };
  expect(await jobs(id)).toEqual([expected]);
  nowMs += 1000;
  expect(await jobs(id)).toEqual([{ ...expected, jobStatus: 'WORKING' }]);
  nowMs += 1999;
  expect((await jobs(id))[0]?.jobStatus).toBe('WORKING');
  expect(simulator.members(id).size).toBe(0);
  expect(simulator.audiences()[0]).toMatchObject({ status: 'IN_PROGRESS', estimatedAudienceSize: '-' });
  nowMs += 1;
  expect(await jobs(id)).toEqual([{ ...expected, jobStatus: 'FINISHED', audienceCount: 101 }]);
  expect(simulator.members(id)).toEqual(new Set(hashes(0, 101)));
  expect(simulator.audiences()[0]).toMatchObject({ status: 'READY', estimatedAudienceSize: '101' });
});

it('ADD unites, REPLACE leaves exactly the file', async () => {
  const id = seed(3);
  await sendLines('ADD', { id }, hashes(2, 5));
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set(hashes(0, 5)));
  await sendLines('REPLACE', { id }, hashes(4, 6));
  expect((await jobs(id))[0]?.type).toBe('DIFF_REPLACE');
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set(hashes(4, 6)));
  expect(simulator.audiences()[0]?.estimatedAudienceSize).toBe('100 or fewer');
  expect(simulator.breaches).toEqual([]);
});

it('an ADD while a REPLACE is unfinished is a breach, and is lost although it finishes', async () => {
  const id = seed(3);
  await sendLines('REPLACE', { id }, hashes(10, 12));
  nowMs += 2999;
  await sendLines('ADD', { id }, hashes(20, 22));
  nowMs += 3000;
  expect((await jobs(id))[0]).toMatchObject({ type: 'DIFF_ADD', jobStatus: 'FINISHED', audienceCount: 2 });
  expect(simulator.members(id)).toEqual(new Set(hashes(10, 12)));
  expect(simulator.breaches).toEqual([
    'an ADD was sent while a REPLACE of its audience was unfinished: its members are lost',
  ]);
});

it('an ADD after a REPLACE has finished is kept', async () => {
  const id = seed(3);
  await sendLines('REPLACE', { id }, hashes(10, 12));
  nowMs += 3000;
  await sendLines('ADD', { id }, hashes(20, 22));
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set([...hashes(10, 12), ...hashes(20, 22)]));
  expect(simulator.breaches).toEqual([]);
});

it('a job that is listed late is in the list by its time', async () => {
  const id = seed(0);
  simulator.addFault({ effect: 'jobUnlisted', ms: 5000 });
  await sendLines('ADD', { id }, hashes(0, 1));
  await sendLines('ADD', { id }, hashes(1, 2));
  const ids = async () => (await jobs(id)).map((job: { audienceGroupJobId: number }) => job.audienceGroupJobId);
  expect(await ids()).toEqual([2]);
  nowMs += 5000;
  expect(await ids()).toEqual([2, 1]);
});

it('jobs take effect in the order in which they finish', async () => {
  const id = seed(0);
  simulator.addFault({ effect: 'jobSlow', extraMs: 5000 });
  await sendLines('REPLACE', { id }, hashes(0, 2));
  await sendLines('REPLACE', { id }, hashes(5, 6));
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set(hashes(5, 6)));
  nowMs += 5000;
  expect(simulator.members(id)).toEqual(new Set(hashes(0, 2)));
});

it('a failed job changes nothing, and a new audience stays IN_PROGRESS', async () => {
  simulator.addFault({ effect: 'jobFails', failedType: 'SOME_TYPE' });
  const id = await sendLines('ADD', { name: 'New' }, hashes(0, 3));
  expect((await jobs(id))[0]).toMatchObject({ jobStatus: 'QUEUED', failedType: null });
  nowMs += 3000;
  expect((await jobs(id))[0]).toMatchObject({ jobStatus: 'FAILED', failedType: 'SOME_TYPE', audienceCount: 0 });
  expect(simulator.members(id).size).toBe(0);
  expect(simulator.audiences()[0]?.status).toBe('IN_PROGRESS');
  await sendLines('ADD', { id }, hashes(0, 3));
  nowMs += 3000;
  expect(simulator.audiences()[0]?.status).toBe('READY');
});

it('the same line twice in a file is a breach, and two files may share lines', async () => {
  const id = seed(0);
  await sendLines('ADD', { id }, hashes(0, 3));
  await sendLines('ADD', { id }, hashes(0, 3));
  expect(simulator.breaches).toEqual([]);
  await sendLines('ADD', { id }, [...hashes(0, 3), ...hashes(0, 1)]);
  expect(simulator.breaches).toEqual(['a file held the same line more than once']);
  nowMs += 3000;
  expect((await jobs(id))[0]?.audienceCount).toBe(4);
});

it('advertising ids of any case are kept as they came, with or without a last line end', async () => {
  const id = simulator.seedAudience({ name: 'Devices', functionType: 'UPLOAD' });
  const lines = ['38400000-8cf0-11bd-b23e-10b96e40000d', 'AEBE52E7-03EE-455A-B3C4-E57283966239'];
  const file = lines.join('\n');
  const fileHeaders = 'Content-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv';
  const form = { fields: { action: 'REPLACE', idType: 'IFA', id }, file, fileHeaders };
  expect((await upload(simulator, form, { date: date() })).status).toBe(202);
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set(lines));
  expect(simulator.requests[0]).toEqual({
    time: startedMs,
    method: 'POST',
    path: `${audiencesPath(simulator)}/upload`,
    query: '',
    status: 202,
    action: 'REPLACE',
    fileName: 'a.csv',
    lines: 2,
  });
});

it('the form may name its id type after the file', async () => {
  const id = seed(0);
  const later = (name: string, value: string) =>
    `--line-ads-test-boundary\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const extraParts = later('action', 'ADD') + later('idType', 'HASHED_EMAIL') + later('id', id);
  const form = { fields: {}, file: hashes(0, 2).join('\n'), extraParts };
  expect((await upload(simulator, form, { date: date() })).status).toBe(202);
});

it('a file of many chunks is read whole', async () => {
  const id = seed(0);
  const lines = hashes(0, 20_000);
  await sendLines('REPLACE', { id }, lines);
  nowMs += 3000;
  expect(simulator.members(id)).toEqual(new Set(lines));
  expect(simulator.breaches).toEqual([]);
});

it('jobs are listed newest first, at most 50', async () => {
  const seeds = Array.from({ length: 52 }, (_, index) => ({ name: `file-${index}` }));
  const id = simulator.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD', jobs: seeds });
  const listed = await jobs(id);
  expect(listed).toHaveLength(50);
  expect([listed[0]?.name, listed[49]?.name]).toEqual(['file-51', 'file-2']);
});

it('a seeded unfinished REPLACE finishes when told, and loses ADDs until then', async () => {
  const id = simulator.seedAudience({
    name: 'Emails',
    functionType: 'HASHED_EMAIL_UPLOAD',
    members: hashes(0, 3),
    jobs: [{ name: 'by-hand.csv', type: 'DIFF_REPLACE', finishesInMs: 4000, members: hashes(7, 9) }],
  });
  expect((await jobs(id))[0]).toMatchObject({ jobStatus: 'WORKING', audienceCount: 0 });
  await sendLines('ADD', { id }, hashes(20, 22));
  nowMs += 4000;
  expect((await jobs(id))[1]).toMatchObject({ jobStatus: 'FINISHED', audienceCount: 2 });
  expect(simulator.members(id)).toEqual(new Set(hashes(7, 9)));
});
