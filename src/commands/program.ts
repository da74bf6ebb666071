import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { countries } from '../config/schema.ts';
import { readVersion } from '../config/spec.ts';
import { exitCodeByError, SyncError } from '../errors.ts';
import { phoneFormats } from '../identifiers/phoneFormats.ts';
import { hashedSettings, identifierTypes } from '../identifiers/rules.ts';
import { describeError } from '../report/describeError.ts';
import { reportWithoutRun } from '../report/runReport.ts';
import { endNow } from '../system/endNow.ts';
import { minMemoryBytes, readMemorySize } from '../system/memory.ts';
import { dialectNames } from '../warehouseSql/dialects.ts';
import type { ConfigFlags } from './configFile.ts';
import { check, listAudiences, showStatus } from './inspect.ts';
import { print, tellOnStderr } from './output.ts';
import { type RunFlags, runCommand, runCommands } from './runs.ts';
import type { Stopping } from './stopping.ts';
import { explain, printSpec, printSql, type SimulateFlags, simulate } from './tools.ts';

/*
 * The command line's grammar, and what its commands end with. With `cli.ts` and `commands/` the only place that touches
 * process.* or prints.
 */

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

function readMaxMemory(text: string): number {
  const bytes = readMemorySize(text);
  if (bytes === undefined) throw new InvalidArgumentError('Give a size such as 512m or 1g.');
  if (bytes < minMemoryBytes) throw new InvalidArgumentError(`It takes ${minMemoryBytes / 1024 ** 2}m at least.`);
  return bytes;
}

function collect(name: string, names: string[] = []): string[] {
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
      .option('--only <name>', 'run this sync only (may be given several times)', collect)
      .option('--state <directory>', 'state directory, instead of state.directory'),
  );
}

function withMemory(command: Command): Command {
  return command.option(
    '--max-memory <size>',
    "memory to get by with, such as 512m (default: the container's limit, else 640m)",
    readMaxMemory,
  );
}

/** Creates the command line. `finish` takes the exit code of the command that ran. */
function createProgram(stopping: Stopping, finish: (code: number) => void): Command {
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

  withMemory(
    withConfig(
      program.command('sync').description('bring the audiences in step: read, upload, follow the jobs, report'),
    ),
  )
    .option('--detach', "end after the last upload, without waiting for LINE's jobs")
    .option('--approve <plan-id...>', 'let these refused plans through: plan.id of their reports', collect)
    .option('--full', 'send the whole set, whatever has changed')
    .option('--restart', 'give up what an earlier run has left, and start anew')
    .addHelpText('after', syncHelp)
    .action(act((flags: RunFlags) => runCommand('sync', flags, stopping)));
  withConfig(
    program.command('resume').description('end what earlier runs have left, and no more: the source is not read'),
  ).action(act((flags: RunFlags) => runCommand('resume', flags, stopping)));
  withMemory(
    withConfig(
      program.command('preview').description('everything up to the first upload; sends nothing that changes anything'),
    ),
  ).action(act((flags: RunFlags) => runCommand('preview', flags, stopping)));
  withConfig(
    program
      .command('status')
      .description('show the last runs, what they have left, and what is known of each audience'),
  )
    .option('--remote', "show LINE's audience and upload jobs as well")
    .action(act((flags: ConfigFlags & { remote?: boolean }) => showStatus(flags, stopping)));
  withConfig(
    program.command('check').description('check config, state directory, source and a signed read at LINE'),
  ).action(act((flags: ConfigFlags) => check(flags, stopping)));
  withConfig(program.command('audiences').description("list the account's audiences, one JSON object a line")).action(
    act((flags: ConfigFlags) => listAudiences(flags, stopping)),
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
  withOutput(program.command('sql'))
    .description('print the SQL that hashes a column in the warehouse, ready for a SELECT list or a dbt model')
    .addOption(
      new Option('--dialect <name>', 'whose SQL; mysql is also that of MariaDB')
        .choices(dialectNames)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--type <type>', 'identifier type').choices(['email', 'phone']).makeOptionMandatory())
    .requiredOption('--column <sql>', 'the column, or any SQL that gives text, written as it is to stand there')
    .option('--country <code>', 'default country of phones, such as JP', readCountry)
    .addOption(new Option('--phone-format <form>', 'what is hashed of a phone').choices(phoneFormats).default('e164'))
    .addOption(new Option('--hashed <setting>', 'how hashes are taken').choices(hashedSettings).default('auto'))
    .option('--raw', 'leave what the SQL is not sure of as it is, instead of needs_connector')
    .addHelpText('after', sqlHelp)
    .action(act(printSql));
  withOutput(program.command('spec'))
    .description('print connector.json: every field with its type, default and limits')
    .action(act(printSpec));
  withOutput(program.command('simulate'))
    .description(
      'run a LINE Ads API on this machine to try things against; its URL and keys are the first line of stdout',
    )
    .option('--port <number>', 'port to listen at, 0 for any that is free', readPort, 0)
    .option('--faults <file>', 'JSON list of faults to act out (see the README)')
    .action(act((flags: SimulateFlags) => simulate(flags, stopping)));
  return program;
}

const syncHelp = `
What an earlier run has left is ended first: its uploads are completed, and then this run ends (resumed: true in the
report); when only LINE's jobs were left, they are followed and the source is read as usual. What is sent is what has
changed since the last success, or everybody: when that is due (plan.fullRefreshDays), when the audience was changed by
somebody else, or with --full.

A mirror that would remove more than guards.maxShrink is refused (65). Look at the source; if it is right, run again
with --approve and the plan.id of the report.`;

const sqlHelp = `
Example:
  $ line-ads-sync sql --dialect bigquery --type phone --column phone_number --country JP

In a query: SELECT <what it prints> AS phone_sha256 FROM customers. It gives the hash that line-ads-sync makes itself, in
64 characters of lower-case hex, or NULL for an empty value. It is sure of plain e-mail addresses, of ordinary numbers of
JP, TH, TW and ID, and of values that came hashed. All others (full-width letters, say) give needs_connector.`;

const helpText = `
Examples:
  $ line-ads-sync check --config config.json      is everything in place?
  $ line-ads-sync preview --config config.json    what would be sent?
  $ line-ads-sync sync --config config.json       send it, and wait until LINE is done
  $ echo 090-1234-5678 | line-ads-sync explain --type phone --country JP -

  $ line-ads-sync status --config config.json     what became of the last runs?

The last line of stdout of sync, resume and preview is the report as JSON, on failure as well.
Exit codes: 0 done (or nothing to do), 1 failed at LINE, 64 usage, 65 refused by a guard, 66 source, 69 LINE never
answered, 70 a fault of ours, 73 state directory, 75 pending (run again), 77 credentials, 78 configuration.`;

/** The exit code for what ended a command without its own result; who reads reports gets one all the same. */
function exitCodeOfFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const [, , command = ''] = process.argv;
  const error = thrown instanceof CommanderError ? usageError(thrown, command) : thrown;
  const { code, message, hint } = describeError(error);
  // Commander has told what it refused already.
  if (error === thrown) tellOnStderr(`${message}\n  → ${hint}  [${code}]\n`);
  if (runCommands.includes(command)) print(JSON.stringify(reportWithoutRun(error, systemClock)));
  return exitCodeByError[code];
}

function usageError({ message }: CommanderError, command: string): SyncError {
  return new SyncError('usage', message.replace(/^error: /, ''), `See line-ads-sync ${command} --help.`);
}

/** Whether a write to stdout has failed: the reader is gone, or its disk is full. */
let isOutputLost = false;

/** Ends the process when its output is written. A result that could not be written is no success. */
async function exit(code: number, stopSignal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
  const told = code === 0 && isOutputLost ? exitCodeByError['state.not_writable'] : code;
  // A step that was stopped may hang in a thread of its own.
  if (stopSignal.aborted) endNow(told);
  process.exit(told);
}

/** Runs the command line and ends the process. `stopSignal` is aborted with the name of a signal when one comes. */
export async function main(stopSignal: AbortSignal): Promise<void> {
  const stopping: Stopping = { signal: stopSignal, isHandled: false };
  stopSignal.addEventListener('abort', () => {
    if (!stopping.isHandled) endNow(exitCodeByError['run.interrupted']);
  });
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (!isOutputLost) tellOnStderr(`The result could not be written to stdout (${code}).\n`);
    isOutputLost = true;
  });
  process.stderr.on('error', () => {});
  for (const event of ['unhandledRejection', 'uncaughtException'])
    process.on(event, (error) => void exit(exitCodeOfFailure(error), stopSignal));
  let code = 0;
  const program = createProgram(stopping, (exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    code = exitCodeOfFailure(error);
  }
  await exit(code, stopSignal);
}
