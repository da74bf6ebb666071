import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import pino, { type Logger } from 'pino';
import { type CheckResult, checkParts } from './check.ts';
import { systemClock } from './clock.ts';
import { type Config, countries, hashedSettings, identifierTypes } from './config.ts';
import { connectorSpec, readVersion } from './connectorSpec.ts';
import { exitCodeByError, exitCodePrecedence, SyncError, systemErrorCode } from './errors.ts';
import { explainValue, formatExplanation } from './identifiers/explain.ts';
import type { IdentifyRules } from './identifiers/identify.ts';
import { phoneFormats } from './identifiers/phoneFormats.ts';
import { createLineAdsClient } from './lineAds/client.ts';
import { createDispatcher } from './lineAds/transport.ts';
import { loadConfig } from './loadConfig.ts';
import { createLoggedProgress, type Progress } from './progress.ts';
import { describeError, exitCodeOfRun, type RunReport } from './report.ts';
import { reportWithoutRun, run } from './run.ts';

/*
 * Commands to exit codes; with `cli.ts` the only file that touches process.* or prints. stdout carries the result alone;
 * logs, progress and tables go to stderr.
 */

interface OutputFlags {
  logLevel?: string;
  quiet?: boolean;
}

interface ConfigFlags extends OutputFlags {
  config: string;
  only: string[];
  state?: string;
}

const isTerminal = process.stderr.isTTY === true;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What only some commands need is loaded when they need it: a scheduled run starts faster. */
const loadTerminal = () => import('./terminal.ts');

async function createLog({ logLevel, quiet }: OutputFlags): Promise<Logger> {
  const usual = isTerminal ? 'warn' : 'info';
  const level = logLevel ?? (quiet === true ? 'error' : usual);
  const stream = isTerminal ? (await loadTerminal()).createReadableLog() : pino.destination({ fd: 2, sync: true });
  // A log that cannot be written (its disk is full) is no reason to leave an audience half uploaded.
  stream.on('error', () => {});
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream);
}

async function createProgress(flags: OutputFlags, log: Logger): Promise<Progress> {
  const showsBars = isTerminal && flags.quiet !== true && flags.logLevel === undefined;
  if (!showsBars) return createLoggedProgress(log, systemClock);
  const { createProgressBars } = await loadTerminal();
  return createProgressBars(process.stderr);
}

/** Aborted when the process is told to end, with the signal's name; whether a command sees to it itself. */
let stopping: { signal: AbortSignal; isSeenTo: boolean };

/** For a command that ends in order when it is told to: an abort whose reason is what to report. */
function abortWhenStopped(log: Logger): AbortSignal {
  const controller = new AbortController();
  const { signal } = stopping;
  const stop = () => {
    log.warn({ signal: signal.reason }, 'stopping');
    const hint = 'Run again: what LINE accepted does no harm when it is sent once more.';
    controller.abort(new SyncError('run.interrupted', `The run was stopped by ${signal.reason}.`, hint));
  };
  stopping.isSeenTo = true;
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  return controller.signal;
}

function readJsonText(what: string, option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new SyncError(
      'config.invalid',
      `Cannot read ${what} ${path === '-' ? 'from stdin' : path} (${systemErrorCode(error) ?? 'unreadable'}).`,
      `Give the path of a JSON file with ${option}, or "-" and the text on stdin.`,
    );
  }
}

function readConfig(flags: ConfigFlags, log: Logger): Config {
  const { config, warnings } = loadConfig(readJsonText('the configuration', '--config', flags.config), {
    env: process.env,
  });
  for (const { code, message } of warnings) log.warn({ code }, message);
  const names = config.syncs.map(({ name }) => name);
  const unknown = flags.only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new SyncError('usage', `No sync is named ${unknown.join(', ')}.`, `Configured: ${names.join(', ')}.`);
  const syncs = config.syncs.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name));
  return { ...config, syncs, state: { ...config.state, directory: flags.state ?? config.state.directory } };
}

async function runCommand(command: 'sync' | 'preview', flags: ConfigFlags & { detach?: boolean }): Promise<number> {
  const log = await createLog(flags);
  const report = await runToReport(command, flags, log).catch((error: unknown) => reportWithoutRun(error, systemClock));
  if (report.error !== null) log.error(report.error, 'run ended');
  if (isTerminal && flags.quiet !== true) {
    const { formatClosingTable } = await loadTerminal();
    process.stderr.write(`${formatClosingTable(report)}\n`);
  }
  print(JSON.stringify(report));
  return exitCodeOfRun(report);
}

async function runToReport(
  command: 'sync' | 'preview',
  flags: ConfigFlags & { detach?: boolean },
  log: Logger,
): Promise<RunReport> {
  const config = readConfig(flags, log);
  const dispatcher = createDispatcher(process.env);
  return run({
    config,
    command,
    detach: flags.detach === true,
    dispatcher,
    clock: systemClock,
    log,
    progress: await createProgress(flags, log),
    signal: abortWhenStopped(log),
  });
}

function clientOf(config: Config, log: Logger) {
  const signal = abortWhenStopped(log);
  const dispatcher = createDispatcher(process.env);
  return createLineAdsClient({ ...config, dispatcher, clock: systemClock, log, signal });
}

async function check(flags: ConfigFlags): Promise<number> {
  const results = await checkAll(flags, await createLog(flags));
  for (const { part, ok, message, error } of results)
    process.stderr.write(
      `${ok ? 'ok     ' : 'FAILED '} ${part}: ${message}${error === null ? '' : `\n        → ${error.hint}`}\n`,
    );
  print(JSON.stringify({ status: results.every(({ ok }) => ok) ? 'succeeded' : 'failed', checks: results }));
  const codes = results.map(({ error }) => (error === null ? 0 : exitCodeByError[error.code]));
  return exitCodePrecedence.find((code) => codes.includes(code)) ?? 0;
}

async function checkAll(flags: ConfigFlags, log: Logger): Promise<CheckResult[]> {
  const configResult = { part: 'config', ok: true, message: 'It is valid.', error: null };
  try {
    const config = readConfig(flags, log);
    return [configResult, ...(await checkParts(config, clientOf(config, log)))];
  } catch (thrown) {
    const error = describeError(thrown);
    return [{ ...configResult, ok: false, message: error.message, error }];
  }
}

async function listAudiences(flags: ConfigFlags): Promise<number> {
  const log = await createLog(flags);
  const audiences = await clientOf(readConfig(flags, log), log).listAudiences();
  for (const { id, name, functionType, status, estimatedSize } of audiences)
    print(JSON.stringify({ id, name, type: functionType, status, size: estimatedSize }));
  return 0;
}

interface ExplainFlags {
  type: IdentifyRules['identifierType'];
  country?: string;
  hashed: IdentifyRules['hashed'];
}

async function explain(values: string[], { type, country, hashed }: ExplainFlags): Promise<number> {
  const rules: IdentifyRules = { identifierType: type, hashed, defaultCountry: country, phoneFormats };
  const lines = values.length === 1 && values[0] === '-' ? createInterface({ input: process.stdin }) : values;
  for await (const value of lines) print(formatExplanation(explainValue(rules, value)));
  return 0;
}

async function printSpec(): Promise<number> {
  process.stdout.write(connectorSpec());
  return 0;
}

async function simulate({ port, faults, quiet }: OutputFlags & { port: number; faults?: string }): Promise<number> {
  const { startSimulator } = await import('./simulator/simulator.ts');
  const { loadFaults } = await import('./simulator/faults.ts');
  const toActOut = faults === undefined ? [] : loadFaults(readJsonText('the faults', '--faults', faults));
  const simulator = await startSimulator({ port, faults: toActOut }).catch((error: unknown) => {
    throw systemErrorCode(error) === undefined ? error : portNotFree(port, error);
  });
  const { url, adAccountId, accessKey, secretKey } = simulator;
  print(JSON.stringify({ url, adAccountId, accessKey, secretKey }));
  if (isTerminal && quiet !== true)
    process.stderr.write(
      'A simulated LINE Ads API: use the values above in a config (baseUrl is url). Ctrl-C ends it.\n',
    );
  stopping.isSeenTo = true;
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    else stopping.signal.addEventListener('abort', () => resolve());
  });
  await simulator.close();
  return 0;
}

function portNotFree(port: number, error: unknown): SyncError {
  const hint = 'Give another port with --port, or 0 for any that is free.';
  return new SyncError('usage', `Cannot listen at port ${port} (${systemErrorCode(error)}).`, hint);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}

function readCountry(text: string): string {
  if (!countries.has(text)) throw new InvalidArgumentError('Give a two-letter country code in capitals, such as JP.');
  return text;
}

function collect(name: string, names: string[]): string[] {
  return [...names, name];
}

function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option('--log-level <level>', 'least serious log lines to show').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
        'silent',
      ]),
    )
    .option('--quiet', 'log errors only, and show no progress')
    .version(readVersion());
}

function withConfig(command: Command): Command {
  return withOutput(
    command
      .requiredOption('--config <file>', 'the JSON configuration; "-" reads it from stdin')
      .option('--only <name>', 'run this sync only (may be given several times)', collect, [])
      .option('--state <directory>', 'state directory, instead of state.directory'),
  );
}

/** The program; `finish` takes the exit code of the command that ran. */
function createProgram(finish: (code: number) => void): Command {
  const act =
    <A extends unknown[]>(action: (...args: A) => Promise<number>) =>
    async (...args: A) =>
      finish(await action(...args));
  const program = new Command('line-ads-sync')
    .description('Keeps LINE Ads custom audiences in step with a data warehouse.')
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .addHelpText('after', helpText);

  withConfig(program.command('sync').description('bring the audiences in step: read, upload, follow the jobs, report'))
    .option('--detach', "end after the last upload, without waiting for LINE's jobs")
    .action(act((flags: ConfigFlags & { detach?: boolean }) => runCommand('sync', flags)));
  withConfig(
    program.command('preview').description('everything up to the first upload; sends nothing that changes anything'),
  ).action(act((flags: ConfigFlags) => runCommand('preview', flags)));
  withConfig(
    program.command('check').description('check config, state directory, source and a signed read at LINE'),
  ).action(act(check));
  withConfig(program.command('audiences').description("list the account's audiences, one JSON object a line")).action(
    act(listAudiences),
  );
  withOutput(program.command('explain'))
    .description('show how values are read: each step, each form with its hash, or why a value is rejected')
    .argument(
      '<value...>',
      'values, or "-" to read one a line from stdin (which keeps people out of the shell history)',
    )
    .addOption(new Option('--type <type>', 'identifier type').choices(identifierTypes).makeOptionMandatory())
    .option('--country <code>', 'default country of phones, such as JP', readCountry)
    .addOption(new Option('--hashed <setting>', 'how hashes are taken').choices(hashedSettings).default('auto'))
    .action(act(explain));
  withOutput(program.command('spec'))
    .description('print connector.json: every field with its type, default and limits')
    .action(act(printSpec));
  withOutput(program.command('simulate'))
    .description(
      'run a LINE Ads API on this machine to try things against; its URL and keys are the first line of stdout',
    )
    .option('--port <number>', 'port to listen at, 0 for any that is free', readPort, 0)
    .option('--faults <file>', 'JSON list of faults to act out (see the README)')
    .action(act(simulate));
  return program;
}

const helpText = `
Examples:
  $ line-ads-sync check --config config.json      is everything in place?
  $ line-ads-sync preview --config config.json    what would be sent?
  $ line-ads-sync sync --config config.json       send it, and wait until LINE is done
  $ echo 090-1234-5678 | line-ads-sync explain --type phone --country JP -

The last line of stdout of sync and preview is the report as JSON, on failure as well.
Exit codes: 0 done (or nothing to do), 1 failed at LINE, 64 usage, 65 refused by a guard, 66 source, 69 LINE never
answered, 70 a fault of ours, 73 state directory, 75 pending (run again), 77 credentials, 78 configuration.`;

function tellOnStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody listens, or the disk is full: the exit code still tells.
  }
}

/** The exit code for what ended a command without its own result; who reads reports gets one all the same. */
function exitCodeOfFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const [, , command = ''] = process.argv;
  const error = thrown instanceof CommanderError ? usageError(thrown, command) : thrown;
  const { code, message, hint } = describeError(error);
  // Commander has told what it refused already.
  if (error === thrown) tellOnStderr(`${message}\n  → ${hint}  [${code}]\n`);
  if (command === 'sync' || command === 'preview') print(JSON.stringify(reportWithoutRun(error, systemClock)));
  return exitCodeByError[code];
}

function usageError({ message }: CommanderError, command: string): SyncError {
  return new SyncError('usage', message.replace(/^error: /, ''), `See line-ads-sync ${command} --help.`);
}

/** Ends the process when what was printed is out; whatever else still holds it has nothing left to do. */
async function exit(code: number): Promise<never> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
  process.exit(code);
}

/** Runs the command line and ends the process. `stopSignal` is aborted with a signal's name when that has come. */
export async function main(stopSignal: AbortSignal): Promise<void> {
  stopping = { signal: stopSignal, isSeenTo: false };
  const stopUnseen = () => {
    if (!stopping.isSeenTo) process.exit(exitCodeByError['run.interrupted']);
  };
  stopSignal.addEventListener('abort', stopUnseen);
  // Who reads the result may be gone, or its disk full: the exit code still tells.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') tellOnStderr(`The result could not be written (${code}).\n`);
  });
  process.stderr.on('error', () => {});
  for (const event of ['unhandledRejection', 'uncaughtException'])
    process.on(event, (error) => void exit(exitCodeOfFailure(error)));
  let code = 0;
  const program = createProgram((exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    code = exitCodeOfFailure(error);
  }
  await exit(code);
}
