import { cpus, totalmem } from 'node:os';
import { type Case, isSameCase, type Program } from './cases.ts';
import type { KernelRates } from './kernel.ts';
import type { MeasuredCase } from './measure.ts';

/** The results of one run of the benchmark, as in `results.json`. */
export interface Results {
  machine: { processor: string; cores: number; memoryBytes: number; node: string };
  cases: MeasuredCase[];
  kernel: KernelRates;
}

export function describeMachine(): Results['machine'] {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.versions.node,
  };
}

export function findCase(cases: readonly MeasuredCase[], wanted: Case): MeasuredCase | undefined {
  return cases.find((measured) => isSameCase(measured, wanted));
}

/** Returns the time of a program divided by ours; undefined if it was not run. */
export function ratioTo(program: Program, { usage }: MeasuredCase): number | undefined {
  const seconds = usage[program]?.seconds;
  return seconds === undefined ? undefined : seconds / usage.ours.seconds;
}

/** Returns the speed of the kernel divided by that of createHash. */
export function kernelRatio({ kernelPerSecond, createHashPerSecond }: KernelRates): number {
  return kernelPerSecond / createHashPerSecond;
}
