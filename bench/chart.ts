import { caseName, type Program, programNames, programs } from './cases.ts';
import type { MeasuredCase } from './measure.ts';
import { ratioTo } from './results.ts';
import { formatRatio } from './table.ts';

const width = 760;
const margin = 24;
const captionHeight = 30;
const barsFrom = margin + 110;
const maxBarWidth = 470;
const barHeight = 16;
const barStep = 22;
const titleHeight = 34;
const caseGap = 18;

const colours: Record<Program, string> = { ours: '#06a94d', node: '#8a94a3', python: '#b7bec9' };

/** The start of a program dominates its work if there are fewer rows. */
const minRows = 1_000_000;

/**
 * Draws an SVG with one bar per program of each compared case, all on one scale of seconds. It has a white background of
 * its own, for dark pages. The same figures give the same bytes.
 */
export function drawChart(cases: readonly MeasuredCase[]): string {
  const drawn = cases.filter(({ rows, usage }) => rows >= minRows && Object.keys(usage).length > 1);
  const maxSeconds = Math.max(...drawn.flatMap(({ usage }) => Object.values(usage).map(({ seconds }) => seconds)));
  const parts: string[] = [];
  let top = margin + captionHeight;
  for (const measured of drawn) {
    parts.push(drawCase(measured, top, maxBarWidth / maxSeconds));
    top += titleHeight + barsOf(measured).length * barStep + caseGap;
  }
  const height = top - caseGap + margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Seconds for the whole command, line-ads-sync and naive programs" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" fill="#1f2933">
<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>
<text x="${margin}" y="${margin + 12}" fill="#5b6673">Seconds for the whole command, from its start to its end: less is better</text>
${parts.join('\n')}
</svg>
`;
}

function barsOf({ usage }: MeasuredCase): { program: Program; seconds: number }[] {
  return programs.flatMap((program) => {
    const seconds = usage[program]?.seconds;
    return seconds === undefined ? [] : [{ program, seconds }];
  });
}

function drawCase(measured: MeasuredCase, top: number, pixelsPerSecond: number): string {
  const title = `<text x="${margin}" y="${top + 14}" font-weight="600" font-size="14">${caseName(measured)}</text>`;
  const bars = barsOf(measured).map(({ program, seconds }, index) => {
    const y = top + titleHeight - 10 + index * barStep;
    const length = Math.max(1, Math.round(seconds * pixelsPerSecond));
    return drawBar({ y, length, program, label: labelOf(measured, program, seconds) });
  });
  return [title, ...bars].join('\n');
}

function labelOf(measured: MeasuredCase, program: Program, seconds: number): string {
  const ratio = program === 'ours' ? undefined : ratioTo(program, measured);
  return `${seconds.toFixed(1)} s${ratio === undefined ? '' : `, ${formatRatio(ratio)}`}`;
}

function drawBar({
  y,
  length,
  program,
  label,
}: {
  y: number;
  length: number;
  program: Program;
  label: string;
}): string {
  const weight = program === 'ours' ? ' font-weight="600"' : '';
  const middle = y + barHeight - 4;
  return [
    `<text x="${barsFrom - 10}" y="${middle}" text-anchor="end"${weight}>${programNames[program]}</text>`,
    `<rect x="${barsFrom}" y="${y}" width="${length}" height="${barHeight}" rx="2" fill="${colours[program]}"/>`,
    `<text x="${barsFrom + length + 8}" y="${middle}"${weight}>${label}</text>`,
  ].join('\n');
}
