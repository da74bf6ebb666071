import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createPlainTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { listen } from '../setup/lineServer.ts';
import type { Certificate } from './certificates.ts';

export interface ConnectProxy {
  /** "127.0.0.1:40000" */
  address: string;
  /** Targets of CONNECT, in order: "ads.line.me:443". */
  tunnels: string[];
  /** The Proxy-Authorization headers, in order. */
  logins: (string | undefined)[];
}

export interface ConnectProxyOptions {
  /** The origin of a local server to which all tunnels lead, for any target. */
  to?: string;
  /** The status of the answer; 200 opens the tunnel. Undefined breaks the connection off. */
  status?: (request: IncomingMessage) => number | undefined;
  /** Speaks TLS with its clients. */
  tls?: Certificate;
}

/** A forward proxy on 127.0.0.1, until the test ends. */
export async function startConnectProxy({ to, status = () => 200, tls }: ConnectProxyOptions): Promise<ConnectProxy> {
  const server: Server = tls === undefined ? createServer() : (createTlsServer(tls) as unknown as Server);
  const tunnels: string[] = [];
  const logins: (string | undefined)[] = [];
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    tunnels.push(request.url ?? '');
    logins.push(request.headers['proxy-authorization']);
    const answer = status(request);
    if (answer === undefined) socket.destroy();
    else if (answer !== 200) socket.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 0\r\n\r\n`);
    else openTunnel(socket, to ?? '');
  });
  const origin = await listen(server);
  return { address: new URL(origin).host, tunnels, logins };
}

function openTunnel(socket: Socket, to: string): void {
  const upstream = connect(Number(new URL(to).port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
}

/** Speaks TLS for a server of plain HTTP, as a load balancer does. Returns its origin. */
export async function startTlsFront(certificate: Certificate, origin: string): Promise<string> {
  const server = createPlainTlsServer(certificate, (socket) => {
    const upstream = connect(Number(new URL(origin).port), '127.0.0.1');
    for (const end of [socket, upstream]) end.on('error', () => {});
    socket.pipe(upstream).pipe(socket);
    socket.on('close', () => upstream.destroy());
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
