import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { describeReport } from './describeReport.ts';

/*
 * npm run demo: runs the command against a simulated LINE Ads API on this machine. The state is in a temporary folder, which
 * is always removed.
 */

const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist', 'cli.js');
const config = join('examples', 'demo.json');

interface Account {
  url: string;
  adAccountId: string;
  accessKey: string;
  secretKey: string;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function startSimulator(): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [cli, 'simulate', '--port', '0', '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Reads the simulator's first line, which holds its URL and keys. The line comes when the simulator is ready. */
async function readAccount(output: Readable): Promise<Account> {
  for await (const line of createInterface({ input: output })) return JSON.parse(line) as Account;
  throw new Error('The simulator ended before it was ready.');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function environment(account: Account): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LINE_ADS_BASE_URL: account.url,
    LINE_ADS_AD_ACCOUNT_ID: account.adAccountId,
    LINE_ADS_ACCESS_KEY: account.accessKey,
    LINE_ADS_SECRET_KEY: account.secretKey,
  };
}

/** Runs the sync with its logs on our stderr. Returns its exit code and the last line of its stdout. */
async function runSync(account: Account, state: string, interrupted: AbortSignal) {
  const child = spawn(process.execPath, [cli, 'sync', '--config', config, '--state', state], {
    cwd: root,
    env: environment(account),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const interrupt = () => child.kill('SIGTERM');
  interrupted.addEventListener('abort', interrupt);
  if (interrupted.aborted) interrupt();
  const ended = once(child, 'close');
  let report = '';
  for await (const line of createInterface({ input: child.stdout })) report = line;
  const [code] = await ended;
  return { exitCode: typeof code === 'number' ? code : 1, report };
}

async function demonstrate(state: string, interrupted: AbortSignal): Promise<number> {
  say('Starting a LINE Ads API on this machine: the simulator that comes with line-ads-sync.');
  const simulator = startSimulator();
  try {
    const account = await readAccount(simulator.stdout);
    simulator.stdout.resume();
    say(`It answers at ${account.url}. Nothing leaves this machine, and the sample data are synthetic.`);
    say(`\n$ line-ads-sync sync --config ${config}\n`);
    const { exitCode, report } = await runSync(account, state, interrupted);
    if (report === '') throw new Error(`The sync ended with exit code ${exitCode} and no report.`);
    say(`\n${describeReport(JSON.parse(report))}\n`);
    say(`Exit code ${exitCode}.`);
    if (exitCode === 0) say('With your keys and your data the same command does this at LINE: see examples/line.json.');
    return exitCode;
  } finally {
    await stop(simulator);
  }
}

async function main(): Promise<number> {
  if (!existsSync(cli)) throw new Error('dist/cli.js is missing: `npm run demo` builds it.');
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());
  const state = await mkdtemp(join(tmpdir(), 'line-ads-sync-demo-'));
  try {
    return await demonstrate(state, interruption.signal);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`The demo failed. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
