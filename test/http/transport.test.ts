import { createServer } from 'node:http';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createConnections } from '../../src/http/connections.ts';
import { createUploadForm, type FormFile } from '../../src/http/multipart.ts';
import { attemptTimeoutMs, callOnce, type HttpRequest } from '../../src/http/transport.ts';
import { dropConnection, listen, startServer } from '../setup/lineServer.ts';
import { startConnectProxy } from './connectProxy.ts';

const mebibyte = 1024 * 1024;

function setUp(timeoutMs = 30_000) {
  const dispatcher = new Agent({ allowH2: false });
  onTestFinished(() => dispatcher.destroy());
  const controller = new AbortController();
  const sent: string[] = [];
  const send = (url: string, call: Partial<HttpRequest> = {}) =>
    callOnce(dispatcher, { method: 'GET', url, headers: {}, timeoutMs, ...call }, controller.signal, () => {
      sent.push(url);
    });
  return { send, controller, sent };
}

function fileOf(bytes: number, yieldsBytes = bytes): FormFile {
  return {
    name: 'run-sync-0.txt',
    bytes,
    async *open() {
      for (let left = yieldsBytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 'a');
    },
  };
}

function uploadOf(file: FormFile): Partial<HttpRequest> {
  const form = createUploadForm({ action: 'ADD' }, file);
  const headers = { 'content-type': form.contentType, 'content-length': `${form.contentLength}` };
  return { method: 'POST', headers, form };
}

test('an attempt may take 30 s, and 10 s more for each megabyte', () => {
  expect(attemptTimeoutMs(0)).toBe(30_000);
  expect(attemptTimeoutMs(62_914_560)).toBe(659_146);
});

test('an answer comes with its status, text and the headers that matter', async () => {
  const server = await startServer((_arrival, response) => {
    response.writeHead(429, { date: 'Thu, 15 Jan 2026 12:00:00 GMT', 'retry-after': '3' }).end('é');
  });
  const { send, sent } = setUp();
  expect(await send(`${server.origin}/x`)).toEqual({
    kind: 'answer',
    status: 429,
    text: 'é',
    date: 'Thu, 15 Jan 2026 12:00:00 GMT',
    retryAfter: '3',
    bodyBegun: false,
  });
  expect(sent).toHaveLength(1);
});

test('a redirect is an answer, and its target is never asked', async () => {
  const server = await startServer((_arrival, response) => {
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect(await setUp().send(`${server.origin}/x`)).toMatchObject({ kind: 'answer', status: 302 });
  expect(server.arrivals.map(({ url }) => url)).toEqual(['/x']);
});

test('an answer that is too large is read no further', async () => {
  const server = await startServer((_arrival, response) => {
    response.end(Buffer.alloc(5 * mebibyte, ' '));
  });
  expect(await setUp().send(server.origin)).toMatchObject({ kind: 'answer', status: 200, text: undefined });
});

test('a streamed upload arrives whole, with its length and no chunked encoding', async () => {
  let bytes = 0;
  let headers: Record<string, unknown> = {};
  const server = createServer(async (request, response) => {
    headers = request.headers;
    for await (const chunk of request) bytes += chunk.length;
    response.writeHead(202).end('{}');
  });
  const url = await listen(server);
  const upload = uploadOf(fileOf(20 * mebibyte));
  expect(await setUp().send(url, upload)).toMatchObject({ status: 202, bodyBegun: true });
  expect(bytes).toBe(upload.form?.contentLength);
  expect(headers['content-length']).toBe(`${upload.form?.contentLength}`);
  expect(headers['transfer-encoding']).toBeUndefined();
});

describe('without an answer', () => {
  test('a drop after the body was read is a failure whose body had begun', async () => {
    const server = await startServer((_arrival, response) => dropConnection(response));
    const result = await setUp().send(server.origin, uploadOf(fileOf(100)));
    expect(result).toMatchObject({ kind: 'network', code: 'UND_ERR_SOCKET', bodyBegun: true });
  });

  test("a drop in the middle of a large body is the network's fault", async () => {
    const server = createServer((request) => {
      request.once('data', () => request.socket.resetAndDestroy());
    });
    const url = await listen(server);
    const result = await setUp().send(url, uploadOf(fileOf(20 * mebibyte)));
    expect(result).toMatchObject({ kind: 'network', bodyBegun: true });
  });

  test('a refused connection is a failure before the body, and was never sent', async () => {
    const { send, sent } = setUp();
    const result = await send('http://127.0.0.1:1/', uploadOf(fileOf(100)));
    expect(result).toEqual({ kind: 'network', code: 'ECONNREFUSED', bodyBegun: false });
    expect(sent).toEqual([]);
  });

  test('a proxy that opens no tunnel is a failure before the body, and was never sent', async () => {
    const proxy = await startConnectProxy({ status: () => 403 });
    const dispatcher = createConnections({ HTTPS_PROXY: proxy.address });
    onTestFinished(() => dispatcher.destroy());
    const sent = vi.fn();
    const call = { method: 'POST', url: 'https://ads.line.me/', headers: {}, timeoutMs: 5_000 } as const;
    const upload = { ...call, ...uploadOf(fileOf(100)) };
    expect(await callOnce(dispatcher, upload, new AbortController().signal, sent)).toEqual({
      kind: 'network',
      code: 'HTTP 403',
      bodyBegun: false,
      proxy: { name: `${proxy.address} of HTTPS_PROXY`, status: 403 },
    });
    expect(sent).not.toHaveBeenCalled();
  });

  test('silence ends at the timeout', async () => {
    const server = await startServer(() => {});
    expect(await setUp(60).send(server.origin, uploadOf(fileOf(100)))).toEqual({
      kind: 'network',
      code: 'TIMEOUT',
      bodyBegun: true,
    });
  });

  test('an answer that stops in the middle ends at the timeout', async () => {
    const server = await startServer((_arrival, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('{');
    });
    expect(await setUp(60).send(server.origin)).toMatchObject({ kind: 'network', code: 'TIMEOUT' });
  });

  test('an abort of the run ends the call', async () => {
    const { send, controller } = setUp();
    const server = await startServer(() => controller.abort(new Error('stopped')));
    expect(await send(server.origin)).toMatchObject({ kind: 'network', code: 'ABORTED' });
  });
});

test('an error answer in the middle of a large upload is an answer, and the file is closed', async () => {
  let closed = false;
  const file: FormFile = {
    ...fileOf(40 * mebibyte),
    async *open() {
      try {
        yield* fileOf(40 * mebibyte).open();
      } finally {
        closed = true;
      }
    },
  };
  const server = createServer((request, response) => {
    request.once('data', () => {
      request.pause();
      response.writeHead(401).end();
    });
  });
  const url = await listen(server);
  expect(await setUp().send(url, uploadOf(file))).toMatchObject({ kind: 'answer', status: 401 });
  await expect.poll(() => closed).toBe(true);
});

test("what goes wrong in reading our own file is thrown as it is, not taken for the network's fault", async () => {
  const server = await startServer((_arrival, response) => void response.end('{}'));
  const broken = new Error('disk');
  const file: FormFile = {
    name: 'x',
    bytes: 10,
    async *open() {
      yield Buffer.from('abc');
      throw broken;
    },
  };
  await expect(setUp().send(server.origin, uploadOf(file))).rejects.toBe(broken);
});

test.each([
  ['shorter', 90],
  ['longer', 110],
])('a file that is %s than announced is a failure with its own code', async (_case, yieldsBytes) => {
  const server = await startServer((_arrival, response) => void response.end('{}'));
  const result = await setUp().send(server.origin, uploadOf(fileOf(100, yieldsBytes)));
  expect(result).toMatchObject({ kind: 'network', code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' });
});
