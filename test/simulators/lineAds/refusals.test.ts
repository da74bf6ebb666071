import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulators/lineAds/simulator.ts';
import {
  audiencesPath,
  boundary,
  closeAgent,
  emailForm,
  type Form,
  formBody,
  formType,
  hashes,
  type Reply,
  type Sent,
  send,
  upload,
} from './signedRequests.ts';

let simulator: Simulator;
let emailId: string;
beforeEach(async () => {
  simulator = await startSimulator({ strictRates: false });
  emailId = simulator.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD', members: hashes(0, 3) });
});
afterEach(() => simulator.close());
afterAll(closeAgent);

const ourReason = 'REQUEST_INPUT_INVALID';
const [hash = '', otherHash = ''] = hashes(10, 12);
const ifa = '38400000-8cf0-11bd-b23e-10b96e40000d';

describe('an upload is refused for its form', () => {
  const filePart = (headers: string) => ({ fileHeaders: `Content-Disposition: form-data; name="file"${headers}` });
  const toId = (change: Partial<Form> = {}, fields: Record<string, string> = {}): Form => ({
    fields: { action: 'ADD', idType: 'HASHED_EMAIL', id: emailId, ...fields },
    file: `${hash}\n`,
    ...change,
  });
  const toName = (name: string, action = 'ADD'): Form => ({
    fields: { action, idType: 'HASHED_EMAIL', name },
    file: `${hash}\n`,
  });
  const secondFile = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\n${hash}\r\n`;

  it.each<[string, () => Form, string]>([
    ['without an action', () => ({ ...toId(), fields: { idType: 'HASHED_EMAIL', id: emailId } }), ourReason],
    ['with an unknown action', () => toId({}, { action: 'REMOVE' }), ourReason],
    ['with an unknown id type', () => toId({}, { idType: 'EMAIL' }), ourReason],
    ['with neither name nor id', () => ({ ...toId(), fields: { action: 'ADD', idType: 'HASHED_EMAIL' } }), ourReason],
    ['with name and id', () => toId({}, { name: 'Emails' }), ourReason],
    ['with an unknown field', () => toId({}, { mode: 'x' }), ourReason],
    ['with two files', () => toId({ extraParts: secondFile }), ourReason],
    ['without a file', () => ({ fields: toId().fields }), ourReason],
    ['with a file that has no file name', () => toId(filePart('\r\nContent-Type: text/plain')), ourReason],
    ['with an empty file name', () => toId(filePart('; filename=""\r\nContent-Type: text/plain')), ourReason],
    ['with a binary file', () => toId(filePart('; filename="a"\r\nContent-Type: application/octet-stream')), ourReason],
    ['with an id that is no number', () => toId({}, { id: 'abc' }), 'UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT'],
    ['as a REPLACE that would create', () => toName('New', 'REPLACE'), ourReason],
    ['with an empty name', () => toName(''), 'AUDIENCE_GROUP_NAME_EMPTY'],
    ['with a name of 121 characters', () => toName('あ'.repeat(121)), 'AUDIENCE_GROUP_NAME_SIZE_OVER'],
    ['with a control character in its name', () => toName('a\tb'), 'AUDIENCE_GROUP_NAME_WRONG'],
    ['with an empty file', () => toId({ file: '' }), 'EMPTY_FILE'],
    ['with upper-case hex', () => toId({ file: hash.toUpperCase() }), 'INVALID_FILE_CONTENT'],
    ['with a short line', () => toId({ file: `${hash}\n${hash.slice(1)}\n` }), 'INVALID_FILE_CONTENT'],
    ['with a very long line', () => toId({ file: 'a'.repeat(200_000) }), 'INVALID_FILE_CONTENT'],
    ['with an empty line inside', () => toId({ file: `${hash}\n\n${otherHash}\n` }), 'INVALID_FILE_CONTENT'],
    ['with two line ends at its end', () => toId({ file: `${hash}\n\n` }), 'INVALID_FILE_CONTENT'],
    ['with CRLF', () => toId({ file: `${hash}\r\n${otherHash}\r\n` }), 'INVALID_FILE_CONTENT'],
    ['with a byte order mark', () => toId({ file: `\ufeff${hash}\n` }), 'INVALID_FILE_CONTENT'],
    ['with an advertising id among hashes', () => toId({ file: `${hash}\n${ifa}\n` }), 'INVALID_FILE_CONTENT'],
    [
      'with a hash among advertising ids',
      () => toId({ file: `${hash}\n${ifa}\n` }, { idType: 'IFA' }),
      'INVALID_FILE_CONTENT',
    ],
  ])('%s', async (_title, form, reason) => {
    const reply = await upload(simulator, form());
    expect([reply.status, reply.json.errors[0].reason]).toEqual([400, reason]);
    expect(simulator.breaches).toHaveLength(1);
    expect(simulator.breaches[0]).toMatch(/^an upload was refused for its form: /);
    expect(simulator.audiences()).toHaveLength(1);
  });

  it('when a field comes twice', async () => {
    const again = `--${boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n${emailId}\r\n`;
    const reply = await upload(simulator, toId({ extraParts: again }));
    expect(reply.json).toEqual({ errors: [{ reason: ourReason, property: 'id' }] });
  });

  it('when it comes without a Content-Length', async () => {
    expect((await upload(simulator, toId(), { body: Readable.from([formBody(toId())]) })).status).toBe(400);
    expect(simulator.breaches).toHaveLength(1);
  });

  it.each([
    ['when it ends in the middle', formType, (whole: Buffer) => whole.subarray(0, whole.length - 40)],
    ['when it ends in its first part', formType, (whole: Buffer) => whole.subarray(0, 60)],
    ['when it names no boundary', 'multipart/form-data', (whole: Buffer) => whole],
  ])('%s', async (_title, contentType, cut) => {
    const reply = await upload(simulator, toId(), { contentType, body: cut(formBody(toId())) });
    expect(reply.json).toEqual({ errors: [{ reason: ourReason, property: 'body' }] });
    expect((await upload(simulator, toId())).status).toBe(202);
  });

  it('when its body is over 62,914,560 bytes, and not at that size', async () => {
    const empty = formBody(toId({ file: '' })).length;
    const atLimit = formBody(toId({ file: Buffer.alloc(62_914_560 - empty, 'x') }));
    const fits = await upload(simulator, toId(), { body: atLimit });
    expect(fits.json.errors[0].reason).toBe('INVALID_FILE_CONTENT');
    const over = await upload(simulator, toId(), { body: Buffer.concat([atLimit, Buffer.from('x')]) });
    expect(over.json.errors[0].reason).toBe('FILE_SIZE_LIMIT_EXCEEDED');
  });
});

describe('an upload is refused for its audience', () => {
  const form = (id: string, idType = 'HASHED_EMAIL', file = `${hash}\n`): Form => ({
    fields: { action: 'ADD', idType, id },
    file,
  });

  it('when there is none of that id, which is a breach', async () => {
    const reply = await upload(simulator, form('1234567890123'));
    expect(reply.json).toEqual({ errors: [{ reason: 'AUDIENCE_GROUP_NOT_FOUND', property: 'id' }] });
    expect(simulator.breaches).toEqual(['an upload was for an audience that the account does not have']);
  });

  it('when it is EXPIRED', async () => {
    const id = simulator.seedAudience({ name: 'Old', functionType: 'HASHED_EMAIL_UPLOAD', status: 'EXPIRED' });
    const reply = await upload(simulator, form(id));
    expect(reply.json.errors[0].reason).toBe('AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED');
  });

  it.each([
    ['HASHED_PHONE_NUMBER', `${hash}\n`],
    ['IFA', `${ifa}\n`],
  ])('when it holds emails and the upload is %s', async (idType, file) => {
    const reply = await upload(simulator, form(emailId, idType, file));
    expect([reply.status, reply.json.errors[0].property]).toEqual([400, 'idType']);
  });
});

const errorReason = (reply: Reply) => (reply.status < 400 ? undefined : reply.json.errors[0].reason);

describe('permission', () => {
  it.each<[string, number, string]>([
    ['/api/v3/adaccounts/A999/custom-audiences', 403, 'ACCOUNT_NOT_ALLOWED'],
    ['/api/v3/adaccounts/no-account/custom-audiences', 400, 'REQUEST_INPUT_ADACCOUNT_ID_INVALID'],
    ['/api/v3/adaccounts/A999/campaigns', 404, 'ROUTE_NOT_FOUND'],
    ['/', 404, 'ROUTE_NOT_FOUND'],
  ])('for %s gives %i %s', async (path, status, reason) => {
    const reply = await send(simulator, { path });
    expect([reply.status, reply.json.errors[0].reason]).toEqual([status, reason]);
  });

  it('to upload can be missing while reading works', async () => {
    const reader = await startSimulator({ uploadPermission: false });
    const id = reader.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD' });
    const path = `${audiencesPath(reader)}/${id}`;
    const statuses = [
      await send(reader, { path: audiencesPath(reader) }),
      await send(reader, { path: `${path}/upload-job` }),
      await upload(reader, emailForm('ADD', { id }, [hash])),
      await send(reader, { method: 'DELETE', path }),
    ].map((reply) => [reply.status, errorReason(reply)]);
    await reader.close();
    const denied = [403, 'PARTNER_PERMISSION_DENIED'];
    expect(statuses).toEqual([[200, undefined], [200, undefined], denied, denied]);
  });
});

describe('rates', () => {
  it('let 10 requests start within a second, and answer the eleventh 429 with an empty body', async () => {
    const strict = await startSimulator();
    const list: Sent = { path: audiencesPath(strict) };
    const replies = await Promise.all(Array.from({ length: 11 }, () => send(strict, list)));
    await strict.close();
    expect(replies.map((reply) => reply.status).sort()).toEqual([...Array(10).fill(200), 429]);
    expect(replies.find((reply) => reply.status === 429)?.text).toBe('');
    expect(strict.breaches).toEqual(['more than 10 requests started within a second']);
  });

  it('let 3 REPLACEs be in flight, and a fourth once one is answered', async () => {
    const strict = await startSimulator({ faults: [{ effect: 'delay', on: 'upload', ms: 500, times: 3 }] });
    const id = strict.seedAudience({ name: 'Emails', functionType: 'HASHED_EMAIL_UPLOAD' });
    const replace = emailForm('REPLACE', { id }, [hash]);
    const replies = await Promise.all([1, 2, 3, 4].map(() => upload(strict, replace)));
    const add = await upload(strict, emailForm('ADD', { id }, [hash]));
    const later = await upload(strict, replace);
    await strict.close();
    expect(replies.map((reply) => reply.status).sort()).toEqual([202, 202, 202, 429]);
    expect([add.status, later.status]).toEqual([202, 202]);
    expect(strict.breaches[0]).toBe('a REPLACE was sent while three were in flight');
  });
});
