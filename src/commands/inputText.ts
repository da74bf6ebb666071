import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { SyncError, systemErrorCode } from '../errors.ts';
import { fileProblem, maxSmallFileBytes, readSmallFile, tooLarge } from '../system/smallFile.ts';

/** A text that an option of the command line refers to. */
export interface InputText {
  /** Its name in messages, such as "the configuration". */
  name: string;
  option: string;
  /** "-" is standard input. */
  path: string;
}

/**
 * Reads a text of at most a mebibyte from a file, a pipe or standard input. The wait for a pipe ends when the signal
 * aborts, with the signal's reason.
 */
export async function readInputText({ name, option, path }: InputText, signal: AbortSignal): Promise<string> {
  try {
    return await readAny(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new SyncError(
      'config.invalid',
      `Cannot use ${name} ${isStdin(path) ? 'from stdin' : path}: it ${fileProblem(error)}.`,
      `Give the path of a readable file with ${option}, or "-" to read standard input.`,
    );
  }
}

export function isStdin(path: string): boolean {
  return descriptorOf(path) === 0;
}

/**
 * Returns the descriptor that a path stands for, such as that of a shell's `<(…)`. If it were opened a second time, an
 * empty pipe could not be told from one that has no data yet.
 */
function descriptorOf(path: string): number | undefined {
  if (path === '-' || path === '/dev/stdin') return 0;
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}

async function readAny(path: string, signal: AbortSignal): Promise<string> {
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return readStream(openDescriptor(descriptor), signal);
  return statSync(path).isFIFO() ? readNamedPipe(path, signal) : readSmallFile(path);
}

function openDescriptor(fd: number): Readable {
  if (fd === 0) return process.stdin;
  return fstatSync(fd).isFile() ? createReadStream('', { fd }) : new Socket({ fd, writable: false });
}

async function readStream(stream: Readable, signal: AbortSignal): Promise<string> {
  const stop = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of stream) {
      parts.push(part);
      length += part.length;
      if (length > maxSmallFileBytes) throw tooLarge();
    }
    return Buffer.concat(parts).toString('utf8');
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

const lookEveryMs = 20;

/** Polls a named pipe, so that no thread blocks. The first writer may come late, and its end is the end of the text. */
async function readNamedPipe(path: string, signal: AbortSignal): Promise<string> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(maxSmallFileBytes + 1);
    let length = 0;
    let hasWriter = false;
    while (length < bytes.length) {
      const got = readNow(file, bytes.subarray(length));
      hasWriter ||= got !== 0;
      if (got === 0 && hasWriter) return bytes.toString('utf8', 0, length);
      if (got === undefined || got === 0) await delay(lookEveryMs, undefined, { signal });
      else length += got;
    }
    throw tooLarge();
  } finally {
    closeSync(file);
  }
}

/** Returns the number of bytes read: 0 without a writer, undefined while a writer has written nothing. */
function readNow(file: number, into: Uint8Array): number | undefined {
  try {
    return readSync(file, into);
  } catch (error) {
    if (systemErrorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
