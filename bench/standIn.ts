import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** LINE's stand-in. It runs in a process of its own, so that its work is in no figure. */
export interface StandIn extends AsyncDisposable {
  url: string;
  /** Returns the uploads since the last reset. */
  uploaded(): Promise<{ requests: number; lines: number }>;
  /** Returns their lines, sorted; only with `keepLines`. */
  lines(): Promise<string[]>;
  reset(): Promise<object>;
}

export async function startStandIn({ keepLines = false } = {}): Promise<StandIn> {
  const program = resolve(import.meta.dirname, 'lineServer.ts');
  const args = keepLines ? [program, '--keep'] : [program];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await readFirstLine(child);
  const get = async <T>(path: string) => (await (await fetch(url + path)).json()) as T;
  return {
    url,
    uploaded: () => get('/uploaded'),
    lines: () => get('/lines'),
    reset: () => get('/reset'),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

async function readFirstLine(child: ChildProcessByStdio<Writable, Readable, null>): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("LINE's stand-in ended before it was ready.");
}
