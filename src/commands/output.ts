import { writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { systemClock } from '../clock.ts';
import { createLoggedProgress, type Progress } from '../report/progress.ts';

/*
 * stdout carries only the result. Logs, progress and tables go to stderr.
 */

export interface OutputFlags {
  logLevel?: string;
  quiet?: boolean;
}

export const isTerminal = process.stderr.isTTY === true;

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printOnStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // The reader is gone, or the disk is full. The exit code remains.
  }
}

/** Loads the libraries of the terminal on demand, so that a scheduled run starts faster. */
const loadTerminal = () => import('./terminal.ts');

export async function createLog({ logLevel, quiet }: OutputFlags): Promise<Logger> {
  const defaultLevel = isTerminal ? 'warn' : 'info';
  const level = logLevel ?? (quiet === true ? 'error' : defaultLevel);
  const stream = isTerminal ? (await loadTerminal()).createReadableLog() : pino.destination({ fd: 2, sync: true });
  // A log that cannot be written, such as on a full disk, must not stop an upload.
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

/** Prints a table on a terminal, unless `--quiet` is given. */
export async function showTable(
  { quiet }: OutputFlags,
  format: (terminal: Awaited<ReturnType<typeof loadTerminal>>) => string,
): Promise<void> {
  if (isTerminal && quiet !== true) process.stderr.write(`${format(await loadTerminal())}\n`);
}
