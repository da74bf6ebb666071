import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Case, caseName, type Program, programNames, programsFor } from './cases.ts';
import { type InvocationOptions, prepare } from './programs.ts';
import type { StandIn } from './standIn.ts';

const usageProgram = resolve(import.meta.dirname, 'usage.py');

/** What a whole command took, from its start to its end. */
export interface Usage {
  seconds: number;
  /** User and system, all threads. */
  cpuSeconds: number;
  peakBytes: number;
}

/** The medians of a case; each of the three figures has its own. */
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
 * Runs the programs of a case in turns (ours, Node, Python, ours, …), so that what else the machine does meets all of
 * them alike. Throws when one fails, or uploads another number of lines than the others.
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

/** One run of one program. The lines are those that have arrived at the stand-in, whatever the program says. */
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

/** Runs a command and tells what it printed and what it used; throws unless it exits with 0. */
export async function spend(
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ stdout: string; usage: Usage }> {
  const child = spawn('python3', [usageProgram, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A proxy for the outside world must not be asked for the stand-in.
    env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
    signal,
  });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const lines = printed.trimEnd().split('\n');
  const { exitCode, ...usage } = JSON.parse(lines.pop() || '{}') as Usage & { exitCode?: number };
  if (exitCode !== 0) throw new Error(`It ended with exit code ${exitCode}: ${command.join(' ')}`);
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

/** The middle one; of an even number, the lower of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}
