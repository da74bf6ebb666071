import type { Logger } from 'pino';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { destinationNames } from '../destinations/config.ts';
import type { Audience } from '../destinations/destination.ts';
import { openDestinations } from '../destinations/openDestination.ts';
import { exitCodeByError, exitCodePrecedence } from '../errors.ts';
import { describeError } from '../report/describeError.ts';
import { type CheckResult, checkParts } from '../run/checkParts.ts';
import { readStatus } from '../run/status.ts';
import { type ConfigFlags, readConfig } from './configFile.ts';
import { networkWarnings, openNetwork } from './network.ts';
import { createLog, print, showTable } from './output.ts';
import { abortWhenStopped, type Stopping } from './stopping.ts';

/*
 * The commands that change nothing.
 */

function destinationsOf(config: Config, log: Logger, signal: AbortSignal) {
  const { dispatcher } = openNetwork(log);
  return openDestinations(config, { dispatcher, clock: systemClock, log, signal });
}

export async function check(flags: ConfigFlags, stopping: Stopping): Promise<number> {
  const results = await checkAll(flags, stopping, await createLog(flags));
  for (const { part, ok, message, error } of results)
    process.stderr.write(
      `${ok ? 'ok     ' : 'FAILED '} ${part}: ${message.replaceAll('\n', '\n        ')}${error === null ? '' : `\n        → ${error.hint}`}\n`,
    );
  const warnings = networkWarnings();
  for (const { message } of warnings) process.stderr.write(`warning ${message}\n`);
  const status = results.every(({ ok }) => ok) ? 'succeeded' : 'failed';
  print(JSON.stringify({ status, checks: results, warnings }));
  const codes = results.map(({ error }) => (error === null ? 0 : exitCodeByError[error.code]));
  return exitCodePrecedence.find((code) => codes.includes(code)) ?? 0;
}

async function checkAll(flags: ConfigFlags, stopping: Stopping, log: Logger): Promise<CheckResult[]> {
  const configResult = { part: 'config', ok: true, message: 'The configuration is valid.', error: null };
  try {
    const signal = abortWhenStopped(stopping, log);
    const config = await readConfig(flags, log, signal);
    return [configResult, ...(await checkParts(config, destinationsOf(config, log, signal), signal))];
  } catch (thrown) {
    const error = describeError(thrown);
    return [{ ...configResult, ok: false, message: error.message, error }];
  }
}

export async function listAudiences(flags: ConfigFlags, stopping: Stopping): Promise<number> {
  const log = await createLog(flags);
  const signal = abortWhenStopped(stopping, log);
  const config = await readConfig(flags, log, signal);
  const destinationOf = destinationsOf(config, log, signal);
  const hasNames = Object.keys(config.destinations).length > 0;
  for (const destination of destinationNames(config)) {
    const audiences = await destinationOf(destination).audiences.reread();
    for (const audience of audiences) {
      const fields = describeAudience(audience);
      print(JSON.stringify(hasNames ? { destination, ...fields } : fields));
    }
  }
  return 0;
}

function describeAudience({ id, name, type, status, estimatedSize, createdMs }: Audience) {
  const created = createdMs === null ? null : new Date(createdMs).toISOString();
  return { id, name, type, status, size: estimatedSize, created };
}

export async function showStatus(flags: ConfigFlags & { remote?: boolean }, stopping: Stopping): Promise<number> {
  const log = await createLog(flags);
  const signal = abortWhenStopped(stopping, log);
  const config = await readConfig(flags, log, signal);
  const status = await readStatus(config, flags.remote === true ? destinationsOf(config, log, signal) : undefined);
  await showTable(flags, ({ formatStatusTables }) => formatStatusTables(status));
  print(JSON.stringify(status));
  return 0;
}
