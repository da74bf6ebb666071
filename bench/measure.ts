import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Case, caseName, type Program, programNames, programsFor } from './cases.ts';
import { type InvocationOptions, prepare } from './programs.ts';
import type { StandIn } from './standIn.ts';

const usageProgram = resolve(import.meta.dirname, 'usage.py');

/** Time and memory of a whole command, from its start to its end. */
export interface Usage {
  seconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  peakBytes: number;
}

/** The medians of a case. Each of the three figures has a median of its own. */
export interface MeasuredCase extends Case {
  /** Uploaded by every one of the programs. */
  lines: number;
  usage: { ours: Usage } & Partial<Record<Program, Usage>>;
}

export interface MeasureOptions extends Omit<InvocationOptions, 'lineUrl'> {
  standIn: StandIn;
  repeat: number;
  signal: AbortSignal;
  say: (text: string) => void;
}

/**
 * Runs the programs of a case in turns (ours, Node, Python, ours, …), so that other load of the machine affects all of them
 * alike. Throws if one fails, or if it uploads another number of lines than the others.
 */
export async function measureCase(which: Case, options: MeasureOptions): Promise<MeasuredCase> {
  const programs = programsFor(which);
  const runs: { program: Program; lines: number; usage: Usage }[] = [];
  for (let turn = 1; turn <= options.repeat; turn++)
    for (const program of programs) {
      options.say(`${caseName(which)}: ${programNames[program]}, ${turn} of ${options.repeat} … `);
      const run = await runProgram(program, which, options);
      options.say(`${run.usage.seconds.toFixed(2)} s\n`);
      runs.push({ program, ...run });
    }
  const usageOf = (wanted: Program) => medianUsage(runs.filter(({ program }) => program === wanted));
  const usage = Object.fromEntries(programs.map((program) => [program, usageOf(program)]));
  return { ...which, lines: agreedLines(which, runs), usage: { ours: usageOf('ours'), ...usage } };
}

/** Runs one program once. The stand-in counts the lines, not the program. */
async function runProgram(
  program: Program,
  which: Case,
  { input, cli, standIn, signal }: Pick<MeasureOptions, 'input' | 'cli' | 'standIn' | 'signal'>,
): Promise<{ lines: number; usage: Usage }> {
  await standIn.reset();
  await using invocation = await prepare(program, which, { input, cli, lineUrl: standIn.url });
  const { stdout, usage } = await spend(invocation.command, signal);
  invocation.checkOutput(stdout);
  const { lines } = await standIn.uploaded();
  return { lines, usage };
}

/** Runs a command and returns its output and its use of resources. Throws unless it exits with 0. */
export async function spend(
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ stdout: string; usage: Usage }> {
  const child = spawn('python3', [usageProgram, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Requests to the stand-in must not go through a proxy.
    env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
    signal,
  });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const lines = printed.trimEnd().split('\n');
  const { exitCode, ...usage } = JSON.parse(lines.pop() || '{}') as Usage & { exitCode?: number };
  if (exitCode !== 0) throw new Error(`The command ended with exit code ${exitCode}: ${command.join(' ')}`);
  return { stdout: lines.join('\n'), usage };
}

function agreedLines(which: Case, runs: readonly { program: Program; lines: number }[]): number {
  const lines = runs[0]?.lines ?? 0;
  const other = runs.find((run) => run.lines !== lines);
  if (other === undefined) return lines;
  const { program } = other;
  throw new Error(`${caseName(which)}: ${programNames[program]} uploaded ${other.lines} lines, and not ${lines}.`);
}

function medianUsage(runs: readonly { usage: Usage }[]): Usage {
  const medianOf = (figure: keyof Usage) => median(runs.map(({ usage }) => usage[figure]));
  return { seconds: medianOf('seconds'), cpuSeconds: medianOf('cpuSeconds'), peakBytes: medianOf('peakBytes') };
}

/** Returns the median; of an even number, the lower of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}
