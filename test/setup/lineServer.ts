import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Arrival {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface TestServer {
  origin: string;
  arrivals: Arrival[];
}

/** A server on 127.0.0.1 that hands each request to `answer` once its body is read; gone when the test ends. */
export async function startServer(
  answer: (arrival: Arrival, response: ServerResponse, index: number) => void | Promise<void>,
): Promise<TestServer> {
  const arrivals: Arrival[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const arrival = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    arrivals.push(arrival);
    await answer(arrival, response, arrivals.length - 1);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return { origin: await listen(server), arrivals };
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Closes the connection without an answer. */
export function dropConnection(response: ServerResponse): void {
  response.socket?.destroy();
}
