import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { RunReport } from '../../src/report/report.ts';

/** The command that test/setup/builtCommand.ts has built. Outside of Vitest, the sources themselves. */
export const cliPath = process.env.BUILT_COMMAND ?? fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** Cache of compiled code. Compiling takes half the time of each start. */
export const compileCache = fileURLToPath(
  new URL('../../node_modules/.cache/line-ads-sync-tests/code', import.meta.url),
);

/** Limits the commands that run at once. A start takes a whole core, so more of them only slow each other down. */
const slots = pLimit(3);

export interface CliOptions {
  cwd: string;
  /** The program, if it is not the one at `cliPath`. */
  program?: string;
  /** The whole environment except PATH. Proxies and keys of the developer are not inherited. */
  env?: Record<string, string>;
  stdin?: string | Buffer;
  /** Arguments of Node itself. */
  nodeArgs?: readonly string[];
  /** A command that runs the rest of its arguments. */
  through?: readonly string[];
  /** Targets of stdout and stderr. By default they are in the outcome. */
  stdout?: number;
  stderr?: number;
  /** Runs while the command runs. If it throws, the command is killed. */
  during?: (cli: RunningCli) => Promise<void>;
}

export interface RunningCli {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  onEnd(listener: () => void): void;
  stdout(): string;
  stderr(): string;
}

export interface CliOutcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command to its end, as a child process. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliOutcome> {
  return slots(() => runNow(args, options));
}

async function runNow(
  args: readonly string[],
  { cwd, program = cliPath, env, stdin, nodeArgs = [], through = [], stdout, stderr, during }: CliOptions,
): Promise<CliOutcome> {
  const [file, ...fileArgs] = [...through, process.execPath, ...nodeArgs, program, ...args];
  const child = spawn(file!, fileArgs, {
    cwd,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['pipe', stdout ?? 'pipe', stderr ?? 'pipe'],
  });
  const outcome = collectOutcome(child);
  child.stdin?.on('error', () => {}).end(stdin);
  try {
    await during?.({
      pid: child.pid ?? 0,
      kill: (signal) => child.kill(signal),
      onEnd: (listener) => child.once('exit', listener),
      ...outcome.soFar,
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return outcome.ended;
}

function collectOutcome(child: ChildProcess) {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  const ended = new Promise<CliOutcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { ended, soFar: { stdout: () => text.stdout, stderr: () => text.stderr } };
}

/** Returns the report, which is the last line of stdout. */
export function reportOf({ stdout, stderr }: CliOutcome): RunReport {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`stdout does not end with a report; stderr: ${stderr.slice(-2000)}`);
  return JSON.parse(line) as RunReport;
}

/** Polls until the condition holds. */
export async function waitUntil(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
    await delay(10);
  }
}
