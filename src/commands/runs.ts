import type { Logger } from 'pino';
import { systemClock } from '../clock.ts';
import { exitCodeOfRun } from '../report/exitCodes.ts';
import type { RunReport } from '../report/report.ts';
import { reportWithoutRun } from '../report/runReport.ts';
import type { RunOptions } from '../run/options.ts';
import { run } from '../run/run.ts';
import { type ConfigFlags, readConfig } from './configFile.ts';
import { openNetwork } from './network.ts';
import { createLog, createProgress, print, showTable } from './output.ts';
import { abortWhenStopped, type Stopping } from './stopping.ts';

/*
 * The commands that print a report as their last line.
 */

export type RunFlags = ConfigFlags &
  Pick<RunOptions, 'detach' | 'restart' | 'full' | 'approve'> & {
    /** Bytes. */
    maxMemory?: number;
  };
export type RunCommand = RunOptions['command'];

export const runCommands: readonly string[] = ['sync', 'preview', 'resume'] satisfies RunCommand[];

export async function runCommand(command: RunCommand, flags: RunFlags, stopping: Stopping): Promise<number> {
  const log = await createLog(flags);
  const signal = abortWhenStopped(stopping, log);
  const report = await runToReport(command, flags, { log, signal }).catch((error: unknown) =>
    reportWithoutRun(error, systemClock),
  );
  if (report.error !== null) log.error(report.error, 'Run ended');
  await showTable(flags, ({ formatClosingTable }) => formatClosingTable(report));
  print(JSON.stringify(report));
  return exitCodeOfRun(report);
}

async function runToReport(
  command: RunCommand,
  flags: RunFlags,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<RunReport> {
  const config = await readConfig(flags, log, signal);
  const { detach, restart, full, approve, maxMemory } = flags;
  return run({
    config,
    command,
    stdin: process.stdin,
    ...{ detach, restart, full, approve },
    maxMemoryBytes: maxMemory,
    ...openNetwork(log),
    clock: systemClock,
    log,
    progress: await createProgress(flags, log),
    signal,
  });
}
