import { caseName, type Program, programNames, programs } from './cases.ts';
import type { KernelRates } from './kernel.ts';
import type { MeasuredCase, Usage } from './measure.ts';
import { kernelRatio, type Results, ratioTo } from './results.ts';

const head = ['case', 'program', 'seconds', 'rows a second', 'CPU seconds', 'peak memory', 'ours is faster by'];

/** Formats the measured cases as a Markdown table that is also readable in a terminal. */
export function casesTable(cases: readonly MeasuredCase[]): string {
  const rows = cases.flatMap((measured) =>
    programs.flatMap((program) => {
      const usage = measured.usage[program];
      return usage === undefined ? [] : [cellsOf(measured, program, usage)];
    }),
  );
  return markdownTable([head, ...rows]);
}

function cellsOf(measured: MeasuredCase, program: Program, usage: Usage): string[] {
  const isOurs = program === 'ours';
  return [
    isOurs ? caseName(measured) : '',
    programNames[program],
    usage.seconds.toFixed(2),
    Math.round(measured.rows / usage.seconds).toLocaleString('en'),
    usage.cpuSeconds.toFixed(2),
    formatMegabytes(usage.peakBytes),
    isOurs ? '' : formatRatio(ratioTo(program, measured) ?? Number.NaN),
  ];
}

/** "14.2 x" */
export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(1)} x`;
}

/** Formats bytes as megabytes of 1,000,000 bytes. */
export function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000).toLocaleString('en')} MB`;
}

/** Describes the speed of the kernel on one thread, and its share of the physical limit. */
export function kernelText(rates: KernelRates): string {
  const millions = (perSecond: number) => `${(perSecond / 1_000_000).toFixed(1)} M`;
  const share = Math.round((rates.kernelPerSecond / rates.limitPerSecond) * 100);
  return [
    `The kernel, one thread: ${millions(rates.kernelPerSecond)} emails a second, read, checked and hashed;`,
    `createHash for each: ${millions(rates.createHashPerSecond)} (${formatRatio(kernelRatio(rates))}).`,
    `That is ${share} % of the physical limit: ${millions(rates.limitPerSecond)} SHA-256 blocks a second (SHA-NI, one core).`,
  ].join('\n');
}

export function machineText({ processor, cores, memoryBytes, node }: Results['machine']): string {
  return `${processor}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB, Node ${node}`;
}

/** Aligns the columns: the first two hold words, the others figures. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [header, ...body] = rows.map((row) => line(row.map(pad)));
  return [header, line(rule), ...body].join('\n');
}
