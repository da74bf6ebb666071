import { cpus, totalmem } from 'node:os';
import { type Case, isSameCase, type Program } from './cases.ts';
import type { KernelRates } from './kernel.ts';
import type { MeasuredCase } from './measure.ts';

/** What one run of the benchmark has measured; `results.json` is this. */
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

/** How many times as long as ours a program took; undefined when it was not run. */
export function ratioTo(program: Program, { usage }: MeasuredCase): number | undefined {
  const seconds = usage[program]?.seconds;
  return seconds === undefined ? undefined : seconds / usage.ours.seconds;
}

/** How many times as many values the kernel hashes as createHash does. */
export function kernelRatio({ kernelPerSecond, createHashPerSecond }: KernelRates): number {
  return kernelPerSecond / createHashPerSecond;
}
