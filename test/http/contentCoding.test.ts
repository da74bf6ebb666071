import { createServer } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callOnce, type HttpAnswer } from '../../src/http/transport.ts';
import { setUpClient } from '../setup/clientSetup.ts';
import { listen, startServer } from '../setup/lineServer.ts';

const text = JSON.stringify({ page: 1, audienceGroups: [], note: 'ライン'.repeat(100) });

async function answerOf(body: Uint8Array, coding: string, status = 200): Promise<HttpAnswer> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-encoding': coding }).end(body);
  });
  const dispatcher = new Agent({ allowH2: false });
  onTestFinished(() => dispatcher.destroy());
  const call = { method: 'GET', url: await listen(server), headers: {}, timeoutMs: 5_000 } as const;
  const result = await callOnce(dispatcher, call, new AbortController().signal, () => {});
  if (result.kind === 'answer') return result;
  throw new Error(`no answer (${result.code})`);
}

describe('an answer that is compressed although that was not asked for', () => {
  test.each<[string, Uint8Array]>([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity, gzip', gzipSync(text)],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
  ])('by %j is decoded', async (coding, body) => {
    expect(await answerOf(body, coding)).toMatchObject({ status: 200, text });
    expect(await answerOf(body, coding, 403)).toMatchObject({ status: 403, text });
  });

  test.each<[string, Uint8Array, string]>([
    ['compress', Buffer.from(text), 'compress'],
    ['gzip, aes128gcm', gzipSync(text), 'aes128gcm'],
    ['toString', Buffer.from(text), 'tostring'],
    ['<MARKED>', Buffer.from(text), 'with a strange name'],
    ['gzip, gzip, gzip, gzip', Buffer.from(text), 'gzip'],
    ['gzip', Buffer.from(text), 'gzip'],
    ['gzip', gzipSync(text).subarray(0, 40), 'gzip'],
    ['br', Buffer.from(text), 'br'],
    ['zstd', Buffer.from(text), 'zstd'],
    ['deflate', Buffer.from(text), 'deflate'],
  ])('by %j, and cannot be decoded, has no text but the name of its coding', async (coding, body, named) => {
    expect(await answerOf(body, coding)).toMatchObject({ status: 200, text: undefined, coding: named });
  });

  test('is read no further than an answer may be long', async () => {
    expect(await answerOf(gzipSync(Buffer.alloc(50_000_000, ' ')), 'gzip')).toMatchObject({ text: undefined });
  });
});

test('LINE is asked for no coding, and one that cannot be undone is named by the error', async () => {
  const server = await startServer((_arrival, response) => {
    response.writeHead(200, { 'content-encoding': 'compress' }).end(text);
  });
  const { client } = setUpClient({ connection: { baseUrl: server.origin }, retry: { maxAttempts: 1 } });
  const error = await client.audiences.reread().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'line.bad_answer', message: expect.stringContaining('content coding compress') });
  expect(server.arrivals[0]?.headers['accept-encoding']).toBe('identity');
});
