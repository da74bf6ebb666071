import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { SyncError, systemErrorCode } from '../../errors.ts';
import { limitFault } from '../../system/processLimits.ts';

/** A named pipe, which another part of this process writes to by its path. */
export interface Pipe {
  /** Yields the written bytes, about a mebibyte at a time, in reused memory. Ends after `endWriting` or `stop`. */
  parts(): AsyncIterable<Uint8Array>;
  /** Must be called when the writer is done. It ends the pipe, even if the writer never opened it. */
  endWriting(): void;
  /** Stops reading. Until `remove`, the system reports a broken pipe to a writer, even if it opens the pipe later. */
  stop(): void;
  remove(): Promise<void>;
}

const gatheredBytes = 1 << 20;
/** The largest part that a pipe gives at once. */
const readBytes = 1 << 16;

const runProgram: (program: string, args: string[]) => Promise<unknown> = promisify(execFile);

/** Found in the PATH, or in its usual places. */
const programs = ['mkfifo', '/usr/bin/mkfifo', '/bin/mkfifo'];

/** Makes a pipe with a program, as Node has no call for it. */
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
    'The program mkfifo is missing, which creates the pipes that DuckDB writes to.',
    'Add mkfifo to the image or to the PATH: it is part of coreutils and of busybox.',
  );
}

function noPipe(path: string): SyncError {
  return new SyncError(
    'state.not_writable',
    `Cannot create a named pipe in ${dirname(path)}.`,
    'Move the state directory (preview and check: TMPDIR) to a file system with named pipes; SMB has none.',
  );
}

function lookIn(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch {
    // The folder is gone, so no writer can open the pipe.
  }
}

/**
 * Creates a pipe. It is read through a socket, which occupies none of libuv's few threads while it waits, and into one
 * buffer: new memory for each read costs more than all other work on the bytes.
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
      // A writer that opens the pipe later would wait for ever for a reader, so the pipe is opened again and again.
      admitting ??= setInterval(() => lookIn(path), 20);
    },
    remove() {
      clearInterval(admitting);
      return rm(path, { force: true });
    },
  };
}
