import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { snowflakeWorkerFile } from '../../assets.ts';
import { type ErrorCode, SyncError } from '../../errors.ts';
import type { TextRow } from '../rows.ts';
import { ServerFailure, type ServerFault } from '../servers/errors.ts';
import type { SnowflakeColumn } from './sql.ts';

/*
 * The driver runs in a thread of its own: it takes settings from the environment, keeps files in the home directory,
 * queries the cloud's metadata servers as soon as it is loaded, and its calls cannot be aborted. The thread has its own
 * environment and home directory, and can be terminated.
 */

/** The driver's options for a login. */
export type SnowflakeLogin = Readonly<Record<string, string | number | boolean>>;

export interface SnowflakeStart {
  login: SnowflakeLogin;
  statementTimeoutSeconds: number;
  /** An empty private folder. */
  home: string;
}

/** Each question gets one answer. `stop` may overtake an earlier question, whose answer is then ignored. */
export type SnowflakeQuestion = { kind: 'ask'; statement: string } | { kind: 'more' } | { kind: 'stop' };

export type SnowflakeAnswer =
  | { kind: 'columns'; columns: SnowflakeColumn[] }
  | { kind: 'rows'; rows: TextRow[] }
  | { kind: 'end' }
  | { kind: 'fault'; fault: ServerFault }
  | { kind: 'error'; code: ErrorCode; message: string; hint: string }
  | { kind: 'stopped' };

export interface SnowflakeThread {
  /** Yields the columns of the result, then its rows in parts. */
  ask(statement: string): AsyncGenerator<SnowflakeAnswer>;
  /** Cancels the statement. Pending answers reject. */
  breakOff(): void;
  /** Resolves when the thread has ended and its files are removed. */
  close(): Promise<void>;
}

/** Time limit for the thread to cancel a statement and to log out. */
const stopTimeoutMs = 3_000;

export function startSnowflakeThread(login: SnowflakeLogin, statementTimeoutSeconds: number): SnowflakeThread {
  const home = mkdtempSync(join(tmpdir(), 'line-ads-sync-snowflake-'));
  const worker = startWorker({ login, statementTimeoutSeconds, home });
  const { reply, refuse, stopped } = talkWith(worker);
  let closing: Promise<void> | undefined;

  async function stop(): Promise<void> {
    await stopped(stopTimeoutMs);
    await worker.terminate();
    await rm(home, { recursive: true, force: true });
  }

  function close(): Promise<void> {
    closing ??= stop();
    return closing;
  }

  return {
    async *ask(statement) {
      let answer = await reply({ kind: 'ask', statement });
      while (answer.kind !== 'end') {
        if (answer.kind === 'fault') throw new ServerFailure(answer.fault);
        if (answer.kind === 'error') throw new SyncError(answer.code, answer.message, answer.hint);
        yield answer;
        answer = await reply({ kind: 'more' });
      }
    },
    breakOff() {
      refuse();
      void close();
    },
    close,
  };
}

function startWorker(workerData: SnowflakeStart): Worker {
  const worker = new Worker(snowflakeWorkerFile, { workerData, stdout: true, stderr: true });
  // The driver's output may quote statements.
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

interface Talk {
  reply(question: SnowflakeQuestion): Promise<SnowflakeAnswer>;
  /** Rejects pending and later replies. */
  refuse(): void;
  /** Resolves when the thread has stopped by itself, or after `timeoutMs`. */
  stopped(timeoutMs: number): Promise<void>;
}

function talkWith(worker: Worker): Talk {
  const refused = Promise.withResolvers<never>();
  const stopped = Promise.withResolvers<void>();
  let waiting: PromiseWithResolvers<SnowflakeAnswer> | undefined;
  refused.promise.catch(() => {});

  function refuse(): void {
    refused.reject(new ServerFailure({ kind: 'interrupted', code: 'the driver has ended' }));
  }

  function over(): void {
    refuse();
    stopped.resolve();
  }

  worker.on('error', over).on('exit', over);
  worker.on('message', (answer: SnowflakeAnswer) => {
    if (answer.kind === 'stopped') over();
    else waiting?.resolve(answer);
  });
  return {
    reply(question) {
      waiting = Promise.withResolvers();
      worker.postMessage(question);
      return Promise.race([waiting.promise, refused.promise]);
    },
    refuse,
    async stopped(timeoutMs) {
      worker.postMessage({ kind: 'stop' } satisfies SnowflakeQuestion);
      const timer = setTimeout(over, timeoutMs);
      await stopped.promise;
      clearTimeout(timer);
    },
  };
}
