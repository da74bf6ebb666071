import { writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { systemClock } from '../clock.ts';
import { createLoggedProgress, type Progress } from '../report/progress.ts';

/*
 * stdout carries the result alone; logs, progress and tables go to stderr.
 */

export interface OutputFlags {
  logLevel?: string;
  quiet?: boolean;
}

export const isTerminal = process.stderr.isTTY === true;

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function tellOnStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody listens, or the disk is full: the exit code still tells.
  }
}

/** What only some commands need is loaded when they need it: a scheduled run starts faster. */
const loadTerminal = () => import('./terminal.ts');

export async function createLog({ logLevel, quiet }: OutputFlags): Promise<Logger> {
  const usual = isTerminal ? 'warn' : 'info';
  const level = logLevel ?? (quiet === true ? 'error' : usual);
  const stream = isTerminal ? (await loadTerminal()).createReadableLog() : pino.destination({ fd: 2, sync: true });
  // A log that cannot be written (its disk is full) is no reason to leave an audience half uploaded.
  stream.on('error', () => {});
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream);
}

export async function createProgress(flags: OutputFlags, log: Logger): Promise<Progress> {
  const showsBars = isTerminal && flags.quiet !== true && flags.logLevel === undefined;
  if (!showsBars) return createLoggedProgress(log, systemClock);
  const { createProgressBars } = await loadTerminal();
  return createProgressBars(process.stderr);
}

/** For a person at a terminal, unless it is to be quiet: what `format` makes of the terminal's tables. */
export async function showTable(
  { quiet }: OutputFlags,
  format: (terminal: Awaited<ReturnType<typeof loadTerminal>>) => string,
): Promise<void> {
  if (isTerminal && quiet !== true) process.stderr.write(`${format(await loadTerminal())}\n`);
}
