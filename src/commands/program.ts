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
import { print, printOnStderr } from './output.ts';
import { type RunFlags, runCommand, runCommands } from './runs.ts';
import type { Stopping } from './stopping.ts';
import { explain, printSpec, printSql, type SimulateFlags, simulate } from './tools.ts';

/*
 * The grammar of the command line, and the exit of the process. Only `cli.ts` and this folder print.
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
  if (bytes < minMemoryBytes) throw new InvalidArgumentError(`Give at least ${minMemoryBytes / 1024 ** 2}m.`);
  return bytes;
}

function collect(name: string, names: string[] = []): string[] {
  return [...names, name];
}

const versionText = 'Prints the version.';
const helpOptionText = 'Shows this help.';

function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option('--log-level <level>', 'Shows log lines from this level on.').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
        'silent',
      ]),
    )
    .option('--quiet', 'Logs only errors, and shows no progress.')
    .version(readVersion(), '-V, --version', versionText)
    .helpOption('-h, --help', helpOptionText);
}

function withConfig(command: Command): Command {
  return withOutput(
    command
      .requiredOption(
        '-c, --config <file>',
        'Configuration file: YAML if its name ends in .yaml or .yml, else JSON. "-" reads JSON from standard input.',
      )
      .option('--only <name>', 'Restricts the command to this sync. Can be repeated.', collect)
      .option('--state <directory>', 'Uses this state directory instead of state.directory.'),
  );
}

function withMemory(command: Command): Command {
  return command.option(
    '--max-memory <size>',
    "Memory limit, such as 512m. Defaults to the container's limit, or to 640m.",
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
    .version(readVersion(), '-V, --version', versionText)
    .helpOption('-h, --help', helpOptionText)
    .helpCommand('help [command]', 'Describes a command.')
    .exitOverride()
    .showHelpAfterError('(Use --help for details.)')
    .addHelpText('after', helpText);

  withMemory(
    withConfig(program.command('sync').description("Reads the sources, uploads, follows LINE's jobs and reports.")),
  )
    .option('--detach', "Ends after the last upload, without waiting for LINE's jobs.")
    .option('--approve <plan-id...>', 'Allows plans that a guard refused. Takes the plan.id of their reports.', collect)
    .option('--full', 'Sends the whole member set, not only the changes.')
    .option('--restart', 'Discards the unfinished plan of an earlier run and starts over.')
    .addHelpText('after', syncHelp)
    .action(act((flags: RunFlags) => runCommand('sync', flags, stopping)));
  withConfig(
    program.command('resume').description('Finishes uploads and jobs of earlier runs. Does not read the source.'),
  ).action(act((flags: RunFlags) => runCommand('resume', flags, stopping)));
  withMemory(
    withConfig(
      program.command('preview').description('Does everything up to the first upload. Changes nothing at LINE.'),
    ),
  ).action(act((flags: RunFlags) => runCommand('preview', flags, stopping)));
  withConfig(
    program
      .command('status')
      .description('Shows the last runs, their unfinished work, and the last known state of each audience.'),
  )
    .option('--remote', 'Adds the audience and the upload jobs as LINE lists them.')
    .action(act((flags: ConfigFlags & { remote?: boolean }) => showStatus(flags, stopping)));
  withConfig(
    program
      .command('check')
      .description('Tests the configuration, the state directory, the sources and a signed read at LINE.'),
  ).action(act((flags: ConfigFlags) => check(flags, stopping)));
  withConfig(
    program.command('audiences').description('Lists the audiences of the account, one JSON object per line.'),
  ).action(act((flags: ConfigFlags) => listAudiences(flags, stopping)));
  withOutput(program.command('explain'))
    .description('Shows how values are read: each step, each form and its hash, or the reason for a rejection.')
    .argument(
      '<value...>',
      'Values. "-" reads one per line from standard input, which keeps them out of the shell history.',
    )
    .addOption(new Option('--type <type>', 'Identifier type.').choices(identifierTypes).makeOptionMandatory())
    .option('--country <code>', 'Default country of phone numbers, such as JP.', readCountry)
    .addOption(
      new Option('--hashed <setting>', 'Treatment of values that are hashed already.')
        .choices(hashedSettings)
        .default('auto'),
    )
    .action(act(explain));
  withOutput(program.command('sql'))
    .description('Prints SQL that hashes a column in the warehouse, for a SELECT list or a dbt model.')
    .addOption(
      new Option('--dialect <name>', 'SQL dialect. For MariaDB use mysql.').choices(dialectNames).makeOptionMandatory(),
    )
    .addOption(new Option('--type <type>', 'Identifier type.').choices(['email', 'phone']).makeOptionMandatory())
    .requiredOption('--column <sql>', 'The column, or an SQL expression that gives text. It is copied into the SQL.')
    .option('--country <code>', 'Default country of phone numbers, such as JP.', readCountry)
    .addOption(
      new Option('--phone-format <format>', 'Format in which a phone number is hashed.')
        .choices(phoneFormats)
        .default('e164'),
    )
    .addOption(
      new Option('--hashed <setting>', 'Treatment of values that are hashed already.')
        .choices(hashedSettings)
        .default('auto'),
    )
    .option('--raw', 'Returns values that the SQL cannot normalise unchanged, instead of needs_connector.')
    .addHelpText('after', sqlHelp)
    .action(act(printSql));
  withOutput(program.command('spec'))
    .description('Prints connector.json: the configuration as JSON Schema, the modes and the limits.')
    .action(act(printSpec));
  withOutput(program.command('simulate'))
    .description('Runs a simulated LINE Ads API on this machine. The first line of stdout holds its URL and keys.')
    .option('--port <number>', 'Port to listen on. 0 is any free port.', readPort, 0)
    .option('--faults <file>', 'JSON list of faults to simulate (docs/simulator.md).')
    .action(act((flags: SimulateFlags) => simulate(flags, stopping)));
  return program;
}

const syncHelp = `
A sync first finishes the work of an earlier run. If uploads were unfinished, it completes them and ends (resumed: true
in the report). If only jobs at LINE were unfinished, it follows them and then reads the source as usual.

A sync sends the changes since the last success. It sends the whole member set if a refresh is due
(plan.fullRefreshDays), if others changed the audience, or with --full.

A mirror that would remove a larger share than guards.maxShrink is refused with exit code 65. Check the source. If the
removal is right, run again with --approve and the plan.id of the report.`;

const sqlHelp = `
Example:
  $ line-ads-sync sql --dialect bigquery --type phone --column phone_number --country JP

In a query: SELECT <the printed SQL> AS phone_sha256 FROM customers. The SQL returns the same hash as line-ads-sync, as 64
lower-case hex characters, and NULL for an empty value. It handles plain e-mail addresses, ordinary phone numbers of JP,
TH, TW and ID, and hashed values. For all others, such as full-width letters, it returns needs_connector.`;

const helpText = `
Examples:
  $ line-ads-sync check --config config.json      test all parts that a sync needs
  $ line-ads-sync preview --config config.json    show the plan, and send nothing
  $ line-ads-sync sync --config config.json       send it, and wait until LINE has finished
  $ line-ads-sync status --config config.json     show the last runs
  $ echo 090-1234-5678 | line-ads-sync explain --type phone --country JP -

The last line of stdout of sync, resume and preview is the report as JSON, also after a failure.
Exit codes: 0 done or nothing to do, 1 failed at LINE, 64 usage, 65 refused by a guard, 66 source, 69 LINE never
answered, 70 internal error, 73 state directory, 75 pending (run again), 77 credentials, 78 configuration.`;

/** Prints the error that ended a command, with a report if the command has one. Returns the exit code. */
function exitCodeOfFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const [, , command = ''] = process.argv;
  const error = thrown instanceof CommanderError ? usageError(thrown, command) : thrown;
  const { code, message, hint } = describeError(error);
  // Commander has already printed its own errors.
  if (error === thrown) printOnStderr(`${message}\n  → ${hint}  [${code}]\n`);
  if (runCommands.includes(command)) print(JSON.stringify(reportWithoutRun(error, systemClock)));
  return exitCodeByError[code];
}

function usageError({ message }: CommanderError, command: string): SyncError {
  return new SyncError('usage', asSentence(message.replace(/^error: /, '')), `See line-ads-sync ${command} --help.`);
}

/** Commander's messages begin in lower case, and most have no period. */
function asSentence(text: string): string {
  const end = /[.)]$/.test(text) ? '' : '.';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

/** Whether a write to stdout has failed, because the reader is gone or its disk is full. */
let isOutputLost = false;

/** Ends the process after its output is written. A success whose result could not be written becomes a failure. */
async function exit(code: number, stopSignal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
  const exitCode = code === 0 && isOutputLost ? exitCodeByError['state.not_writable'] : code;
  // A stopped step may hang in its own thread.
  if (stopSignal.aborted) endNow(exitCode);
  process.exit(exitCode);
}

/** Runs the command line and ends the process. `stopSignal` is aborted with the name of a signal when one comes. */
export async function main(stopSignal: AbortSignal): Promise<void> {
  const stopping: Stopping = { signal: stopSignal, isHandled: false };
  stopSignal.addEventListener('abort', () => {
    if (!stopping.isHandled) endNow(exitCodeByError['run.interrupted']);
  });
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (!isOutputLost) printOnStderr(`The result could not be written to stdout (${code}).\n`);
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
