import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Case } from './cases.ts';
import { drawChart } from './chart.ts';
import { checkClaims, checkLine, failedCases } from './claims.ts';
import { openData } from './data.ts';
import { canConnect, databaseUrl, openTable } from './database.ts';
import { measureKernel } from './kernel.ts';
import { type MeasuredCase, type MeasureOptions, measureCase } from './measure.ts';
import { help, type Options, readOptions } from './options.ts';
import { describeMachine, type Results } from './results.ts';
import { startStandIn } from './standIn.ts';
import { casesTable, kernelText, machineText } from './table.ts';
import { judgeTargets, targetLine } from './targets.ts';

/*
 * npm run bench: compares the command with naive programs. `--help` lists the options; bench/README.md describes the
 * method. The table goes to stdout, progress to stderr.
 */

const cli = resolve(import.meta.dirname, '..', 'dist', 'cli.js');
const committedResults = join(import.meta.dirname, 'results.json');

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function say(text: string): void {
  process.stderr.write(text);
}

async function readCommitted(): Promise<Results> {
  return JSON.parse(await readFile(committedResults, 'utf8')) as Results;
}

async function leaveOutUnreachable(cases: readonly Case[], url: string): Promise<readonly Case[]> {
  const needsDatabase = cases.some(({ source }) => source === 'postgres');
  if (!needsDatabase || (await canConnect(url))) return cases;
  say('PostgreSQL does not answer or does not let us in: its cases are left out.\n');
  return cases.filter(({ source }) => source !== 'postgres');
}

async function measureOne(
  which: Case,
  dataFolder: string,
  url: string,
  options: Omit<MeasureOptions, 'input'>,
): Promise<MeasuredCase> {
  const path = await openData(dataFolder, which.source === 'parquet' ? 'parquet' : 'csv', which.rows);
  if (which.source !== 'postgres') return measureCase(which, { ...options, input: { path } });
  await using table = await openTable(url, path);
  return await measureCase(which, { ...options, input: { url: table.url, table: table.table } });
}

async function measureAll({ cases, repeat, dataFolder }: Options, signal: AbortSignal): Promise<Results> {
  if (!existsSync(cli)) throw new Error('dist/cli.js is missing: `npm run bench` builds it.');
  const url = databaseUrl(process.env);
  const measured: MeasuredCase[] = [];
  await using standIn = await startStandIn();
  for (const which of await leaveOutUnreachable(cases, url))
    measured.push(await measureOne(which, dataFolder, url, { cli, standIn, repeat, signal, say }));
  say('The kernel …\n');
  return { machine: describeMachine(), cases: measured, kernel: await measureKernel(repeat) };
}

function show(results: Results): void {
  print(`${machineText(results.machine)}\n`);
  print(`${casesTable(results.cases)}\n`);
  for (const judged of judgeTargets(results)) print(targetLine(judged));
  print(`\n${kernelText(results.kernel)}`);
}

async function write(results: Results, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(folder, 'chart.svg'), drawChart(results.cases));
}

/** A failed case is measured once more, since the machine may have been busy for a moment. */
async function guard(options: Options, signal: AbortSignal): Promise<number> {
  const claimed = await readCommitted();
  const measured = await measureAll(options, signal);
  let checks = checkClaims(claimed, measured);
  if (checks.some(({ isKept }) => !isKept)) {
    const again = await measureAll({ ...options, cases: failedCases(checks) }, signal);
    checks = checkClaims(claimed, { kernel: again.kernel, cases: [...again.cases, ...measured.cases] });
  }
  for (const check of checks) print(checkLine(check));
  return checks.every(({ isKept }) => isKept) ? 0 : 1;
}

async function main(options: Options, signal: AbortSignal): Promise<number> {
  if (options.kind === 'help') {
    print(help);
    return 0;
  }
  if (options.kind === 'guard') return guard(options, signal);
  const results = options.kind === 'show' ? await readCommitted() : await measureAll(options, signal);
  show(results);
  if (options.outFolder !== undefined) await write(results, options.outFolder);
  return 0;
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)), interruption.signal);
} catch (error) {
  say(`The benchmark failed. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
