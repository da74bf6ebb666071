import { type Case, caseName, type Program, programNames } from './cases.ts';
import { findCase, kernelRatio, type Results, ratioTo } from './results.ts';
import { formatMegabytes, formatRatio } from './table.ts';

/*
 * The targets of the program. Times are compared within one run on one machine. CPU seconds and memory are absolute.
 */

/** A target and its measurement. */
export interface Judged {
  target: string;
  measured: string;
  isReached: boolean;
}

/** Returns undefined if the cases of the target were not run. */
type Target = (results: Results) => Judged | undefined;

const parquetEmails: Case = { source: 'parquet', type: 'email', rows: 10_000_000 };
const csvEmails: Case = { source: 'csv', type: 'email', rows: 10_000_000 };
const postgresEmails: Case = { source: 'postgres', type: 'email', rows: 5_000_000 };
const phones: Case = { source: 'parquet', type: 'phone', rows: 10_000_000 };
const manyEmails: Case = { source: 'parquet', type: 'email', rows: 50_000_000 };
const fewEmails: Case = { source: 'parquet', type: 'email', rows: 1_000 };

const targets: readonly Target[] = [
  ratioOf(parquetEmails, 'node', 15),
  ratioOf(csvEmails, 'node', 6),
  ratioOf(csvEmails, 'python', 6),
  ratioOf(postgresEmails, 'node', 6),
  ratioOf(phones, 'node', 6),
  cpuOf(parquetEmails, 6),
  cpuOf(fewEmails, 0.6),
  memoryOf(manyEmails, 640_000_000),
  memoryGrowth(parquetEmails, manyEmails, 1.3),
  kernelOverCreateHash(6),
];

export function judgeTargets(results: Results): Judged[] {
  return targets.flatMap((target) => target(results) ?? []);
}

/** "reached      10 M emails, Parquet: 15.0 x as fast as naive Node: 21.3 x" */
export function targetLine({ target, measured, isReached }: Judged): string {
  return `${isReached ? 'reached    ' : 'NOT REACHED'}  ${target}: ${measured}`;
}

function ratioOf(which: Case, program: Program, least: number): Target {
  return ({ cases }) => {
    const measured = findCase(cases, which);
    const ratio = measured && ratioTo(program, measured);
    if (ratio === undefined) return undefined;
    const target = `${caseName(which)}, at least ${least} x as fast as ${programNames[program]}`;
    return { target, measured: formatRatio(ratio), isReached: ratio >= least };
  };
}

function cpuOf(which: Case, most: number): Target {
  return ({ cases }) => {
    const cpuSeconds = findCase(cases, which)?.usage.ours.cpuSeconds;
    if (cpuSeconds === undefined) return undefined;
    const target = `${caseName(which)}, at most ${most} s of CPU`;
    return { target, measured: `${cpuSeconds.toFixed(2)} s`, isReached: cpuSeconds <= most };
  };
}

function memoryOf(which: Case, maxBytes: number): Target {
  return ({ cases }) => {
    const bytes = findCase(cases, which)?.usage.ours.peakBytes;
    if (bytes === undefined) return undefined;
    const target = `${caseName(which)}, less than ${formatMegabytes(maxBytes)} of memory`;
    return { target, measured: formatMegabytes(bytes), isReached: bytes < maxBytes };
  };
}

function memoryGrowth(few: Case, many: Case, most: number): Target {
  return ({ cases }) => {
    const fewBytes = findCase(cases, few)?.usage.ours.peakBytes;
    const manyBytes = findCase(cases, many)?.usage.ours.peakBytes;
    if (fewBytes === undefined || manyBytes === undefined) return undefined;
    const ratio = manyBytes / fewBytes;
    const target = `${caseName(many)}, at most ${most} x the memory of ${caseName(few)}`;
    return { target, measured: `${ratio.toFixed(2)} x`, isReached: ratio <= most };
  };
}

function kernelOverCreateHash(least: number): Target {
  return ({ kernel }) => {
    const ratio = kernelRatio(kernel);
    const target = `The kernel, at least ${least} x as fast as createHash for each value`;
    return { target, measured: formatRatio(ratio), isReached: ratio >= least };
  };
}
