import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { isLoopback } from '../../loopback.ts';
import { readCa } from './tls.ts';

const connectTimeoutMs = 15_000;

/** Connections to a server that is asked over HTTP/1.1, through the proxy that the environment names, but not to loopback. */
export function createHttpConnections(url: URL, ca?: string): Dispatcher {
  const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: readCa(ca) }) };
  // Silence is watched where answers are read; a server may think for long before its first word.
  const options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect };
  return isLoopback(url.hostname) ? new Agent(options) : new EnvHttpProxyAgent({ ...options, requestTls: connect });
}

/** The body of an answer as it was before compression. */
export function decompressedBody({ headers, body }: Dispatcher.ResponseData): Readable {
  const decompressor = decompressorFor(String(headers['content-encoding'] ?? ''));
  if (decompressor === undefined) return body;
  // Who reads the decompressed side is told of an error of either.
  return pipeline(body, decompressor, () => {});
}

function decompressorFor(encoding: string) {
  if (encoding === 'gzip') return createGunzip();
  return encoding === 'zstd' ? createZstdDecompress() : undefined;
}
