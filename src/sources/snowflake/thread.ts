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
 * The driver works in a thread of its own: it takes its settings from the environment, keeps files in the home
 * directory, asks the cloud's metadata servers as soon as it is loaded, and its calls cannot be broken off. The thread
 * has another environment and another home, and can be ended with all that it holds.
 */

/** As whom to connect, in the driver's words. */
export type SnowflakeLogin = Readonly<Record<string, string | number | boolean>>;

export interface SnowflakeStart {
  login: SnowflakeLogin;
  statementTimeoutSeconds: number;
  /** An empty private folder. */
  home: string;
}

/** One answer to each. `stop` may come before the answer to another, which then is not awaited any more. */
export type SnowflakeQuestion = { kind: 'ask'; statement: string } | { kind: 'more' } | { kind: 'stop' };

export type SnowflakeAnswer =
  | { kind: 'columns'; columns: SnowflakeColumn[] }
  | { kind: 'rows'; rows: TextRow[] }
  | { kind: 'end' }
  | { kind: 'fault'; fault: ServerFault }
  | { kind: 'error'; code: ErrorCode; message: string; hint: string }
  | { kind: 'stopped' };

export interface SnowflakeThread {
  /** The columns of the result, and then its rows, part by part. */
  ask(statement: string): AsyncGenerator<SnowflakeAnswer>;
  /** Whoever waits is told that it is over; the statement is cancelled. */
  breakOff(): void;
  /** Resolves when nothing is left of it. */
  close(): Promise<void>;
}

/** How long the thread may take to cancel a statement and to log out. */
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
  // What the driver prints may quote statements.
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

interface Talk {
  reply(question: SnowflakeQuestion): Promise<SnowflakeAnswer>;
  /** Whoever waits for a reply, or will, waits in vain. */
  refuse(): void;
  /** Resolves when the thread has stopped by itself, or has taken too long for it. */
  stopped(timeoutMs: number): Promise<void>;
}

function talkWith(worker: Worker): Talk {
  const refused = Promise.withResolvers<never>();
  const stopped = Promise.withResolvers<void>();
  let waiting: PromiseWithResolvers<SnowflakeAnswer> | undefined;
  refused.promise.catch(() => {});

  function refuse(): void {
    refused.reject(new ServerFailure({ kind: 'interrupted', code: 'no driver any more' }));
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
