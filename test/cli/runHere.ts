import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { exitCodeOfRun } from '../../src/report/exitCodes.ts';
import type { RunReport } from '../../src/report/report.ts';
import type { RunOptions } from '../../src/run/options.ts';
import { run } from '../../src/run/run.ts';
import { unlimited } from '../faults/virtualClock.ts';
import type { Scenario } from './scenario.ts';

/**
 * Runs a command in this process, without the command line, which is faster for many runs. Requests are not delayed, so the
 * scenario's simulator must not limit rates. The state directory is in the folder.
 */
export async function runHere(
  { simulator, folder }: Scenario,
  config: object,
  options: Partial<RunOptions> = {},
): Promise<{ code: number; report: RunReport }> {
  const env = { ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey };
  const state = { directory: `${folder}/.line-ads-sync`, ...('state' in config && (config.state as object)) };
  const report = await run({
    config: loadConfig(JSON.stringify({ ...config, state }), { env }).config,
    command: 'sync',
    stdin: Readable.from([]),
    dispatcher: new Agent({ allowH2: false }),
    clock: systemClock,
    log: { info() {}, warn() {} },
    progress: { show() {}, end() {}, close() {} },
    signal: new AbortController().signal,
    createLimiter: () => unlimited,
    ...options,
  });
  return { code: exitCodeOfRun(report), report };
}
