import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { SyncError, systemErrorCode } from '../../errors.ts';
import { limitFault } from '../../system/processLimits.ts';

/** A named pipe that somebody in this process writes to by its path. */
export interface Pipe {
  /** What is written, about a mebibyte at a time, in memory that is used again; ends after `endWriting` or `stop`. */
  parts(): AsyncIterable<Uint8Array>;
  /** To be called when the writer is done: where the pipe ends, also if it was never opened for writing. */
  endWriting(): void;
  /** Reads no more: who still writes, or only now comes to open the pipe, is told so by the system; until `remove`. */
  stop(): void;
  remove(): Promise<void>;
}

const gatheredBytes = 1 << 20;
/** The most that a pipe gives at once. */
const readBytes = 1 << 16;

const runProgram: (program: string, args: string[]) => Promise<unknown> = promisify(execFile);

/** By the PATH, and where it usually is. */
const programs = ['mkfifo', '/usr/bin/mkfifo', '/bin/mkfifo'];

/** Node has no call for it. */
async function makePipe(path: string, run: typeof runProgram): Promise<void> {
  for (const program of programs) {
    try {
      await run(program, ['-m', '600', path]);
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw limitFault(error, 'Starting mkfifo') ?? noPipe(path);
    }
  }
  throw new SyncError(
    'process.no_mkfifo',
    'The program mkfifo is missing, which makes the pipes that DuckDB writes to.',
    'Add it to the image or the PATH: it is part of coreutils and of busybox.',
  );
}

function noPipe(path: string): SyncError {
  return new SyncError(
    'state.not_writable',
    `Cannot make a named pipe in ${dirname(path)}.`,
    'Put the state directory (preview and check: TMPDIR) on a file system that has named pipes; SMB has none.',
  );
}

function lookIn(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch {
    // The folder is gone, and with it whoever could open the pipe.
  }
}

/**
 * The pipe is read through a socket, which takes none of libuv's few threads while nothing comes, into one buffer:
 * memory made anew for each read costs more than all else that is done with it.
 */
export async function createPipe(path: string, run = runProgram): Promise<Pipe> {
  await makePipe(path, run);
  // The reading end first, without waiting for a writer; our own writing end holds off the end of the pipe.
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(path, constants.O_WRONLY);
  const gathered = new Uint8Array(gatheredBytes);
  let length = 0;
  let isClosed = false;
  let wake = () => {};
  let admitting: NodeJS.Timeout | undefined;
  const socket = new Socket({
    fd: reading,
    writable: false,
    onread: {
      buffer: new Uint8Array(readBytes),
      callback(bytes, part) {
        gathered.set(part.subarray(0, bytes), length);
        length += bytes;
        if (length <= gatheredBytes - readBytes) return true;
        wake();
        return false;
      },
    },
  });
  const close = () => {
    isClosed = true;
    wake();
  };
  socket.pause().on('close', close).on('error', close);

  function waitForPart(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      if (isClosed) resolve();
      else socket.resume();
    });
  }

  return {
    async *parts() {
      while (!isClosed) {
        await waitForPart();
        if (length > 0) yield gathered.subarray(0, length);
        length = 0;
      }
    },
    endWriting: () => closeSync(writing),
    stop() {
      socket.destroy();
      // A writer that opens the pipe only now would wait for a reader for ever: one looks in until it is done.
      admitting ??= setInterval(() => lookIn(path), 20);
    },
    remove() {
      clearInterval(admitting);
      return rm(path, { force: true });
    },
  };
}
