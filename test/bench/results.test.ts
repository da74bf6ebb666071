import { expect, test } from 'vitest';
import { guardCases, programsFor } from '../../bench/cases.ts';
import { drawChart } from '../../bench/chart.ts';
import { checkClaims, checkLine, failedCases } from '../../bench/claims.ts';
import { type MeasuredCase, median } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import type { Results } from '../../bench/results.ts';
import { casesTable, kernelText } from '../../bench/table.ts';
import { judgeTargets, targetLine } from '../../bench/targets.ts';

const machine = { processor: 'test', cores: 2, memoryBytes: 2 ** 33, node: '24.0.0' };
const kernel = { kernelPerSecond: 12_000_000, createHashPerSecond: 1_000_000, limitPerSecond: 24_000_000 };

function usage(seconds: number, { cpuSeconds = seconds, peakBytes = 300_000_000 } = {}) {
  return { seconds, cpuSeconds, peakBytes };
}

const parquetEmails: MeasuredCase = {
  source: 'parquet',
  type: 'email',
  rows: 10_000_000,
  lines: 9_200_000,
  usage: { ours: usage(4, { cpuSeconds: 6 }), node: usage(60, { peakBytes: 1_900_000_000 }) },
};
const csvEmails: MeasuredCase = {
  ...parquetEmails,
  source: 'csv',
  usage: { ours: usage(4), node: usage(20), python: usage(30) },
};
const manyEmails: MeasuredCase = {
  ...parquetEmails,
  rows: 50_000_000,
  usage: { ours: usage(20, { peakBytes: 390_000_001 }) },
};

/** Every guard case, the naive programs so many times slower than ours. */
function guardResults(ratio: number, kernelPerSecond = kernel.kernelPerSecond): Results {
  const cases = guardCases.map((which): MeasuredCase => {
    const all = Object.fromEntries(programsFor(which).map((program) => [program, usage(ratio)]));
    return { ...which, lines: 1, usage: { ...all, ours: usage(1) } };
  });
  return { machine, cases, kernel: { ...kernel, kernelPerSecond } };
}

function failures(claimed: Results, measured: Results): string[] {
  return checkClaims(claimed, measured)
    .filter(({ isKept }) => !isKept)
    .map(checkLine);
}

test('the guard lets half of each claimed ratio through', () => {
  expect(failures(guardResults(8), guardResults(4))).toEqual([]);
  expect(checkClaims(guardResults(8), guardResults(4)).map(checkLine)).toContain(
    'ok: 500 k emails, CSV, Python: 4.0 x; claimed 8.0 x, at least 4.0 x is required',
  );
});

test('the guard fails on less than half, and says where', () => {
  const measured = guardResults(4);
  const [first] = measured.cases;
  first!.usage.node!.seconds = 3.9;
  expect(failures(guardResults(8), measured)).toEqual([
    'FAILED: 500 k emails, Parquet, naive Node: 3.9 x; claimed 8.0 x, at least 4.0 x is required',
  ]);
});

test('the guard fails on a case of which nothing is claimed', () => {
  const claimed = guardResults(8);
  claimed.cases.shift();
  expect(failures(claimed, guardResults(8))).toEqual([
    'FAILED: 500 k emails, Parquet: results.json lacks it; npm run bench measures it again',
  ]);
});

test('the guard fails on a slow kernel and on a claim that was not measured', () => {
  expect(failures(guardResults(8), guardResults(8, 5_900_000))).toEqual([
    'FAILED: The kernel and createHash for each value: 5.9 x; claimed 12.0 x, at least 6.0 x is required',
  ]);
  const withoutDatabase = guardResults(8);
  withoutDatabase.cases = withoutDatabase.cases.filter(({ source }) => source !== 'postgres');
  expect(failures(guardResults(8), withoutDatabase)).toEqual([
    'FAILED: 500 k emails, PostgreSQL, naive Node: not measured; claimed 8.0 x, at least 4.0 x is required',
  ]);
});

test('the cases of failed checks are known, to be measured once more', () => {
  const measured = guardResults(8);
  const csv = measured.cases.find(({ source }) => source === 'csv');
  csv!.usage = { ours: usage(1), node: usage(1), python: usage(1) };
  expect(failedCases(checkClaims(guardResults(8), measured))).toEqual([
    { source: 'csv', type: 'email', rows: 500_000 },
  ]);
  expect(failedCases(checkClaims(guardResults(8), guardResults(8, 1)))).toEqual([]);
});

test('the table has a line for each program, with the ratio beside the naive ones', () => {
  expect(casesTable([parquetEmails])).toBe(
    [
      '| case                 | program       | seconds | rows a second | CPU seconds | peak memory | ours is faster by |',
      '| -------------------- | ------------- | ------: | ------------: | ----------: | ----------: | ----------------: |',
      '| 10 M emails, Parquet | line-ads-sync |    4.00 |     2,500,000 |        6.00 |      300 MB |                   |',
      '|                      | naive Node    |   60.00 |       166,667 |       60.00 |    1,900 MB |            15.0 x |',
    ].join('\n'),
  );
});

test('the kernel is told with its share of the physical limit', () => {
  expect(kernelText(kernel)).toContain('12.0 M emails a second');
  expect(kernelText(kernel)).toContain('1.0 M (12.0 x)');
  expect(kernelText(kernel)).toContain('50 % of the physical limit');
});

test('the targets of the cases that were run are judged, and no others', () => {
  const judged = judgeTargets({ machine, kernel, cases: [parquetEmails, csvEmails, manyEmails] });
  expect(judged.map(targetLine)).toEqual([
    'reached      10 M emails, Parquet, at least 15 x as fast as naive Node: 15.0 x',
    'NOT REACHED  10 M emails, CSV, at least 6 x as fast as naive Node: 5.0 x',
    'reached      10 M emails, CSV, at least 6 x as fast as Python: 7.5 x',
    'reached      10 M emails, Parquet, at most 6 s of CPU: 6.00 s',
    'reached      50 M emails, Parquet, less than 640 MB of memory: 390 MB',
    'NOT REACHED  50 M emails, Parquet, at most 1.3 x the memory of 10 M emails, Parquet: 1.30 x',
    'reached      The kernel, at least 6 x as fast as createHash for each value: 12.0 x',
  ]);
});

test('the chart has a bar for each program of the compared cases, on one scale, and is the same every time', () => {
  const few = { ...csvEmails, rows: 500_000 };
  const chart = drawChart([parquetEmails, csvEmails, manyEmails, few]);
  expect(chart).toBe(drawChart([parquetEmails, csvEmails, manyEmails, few]));
  expect(chart.match(/<rect x/g)).toHaveLength(5);
  expect(chart).toContain('>60.0 s, 15.0 x</text>');
  expect(chart).not.toContain('50 M');
  const barLengths = [...chart.matchAll(/<rect x="\d+" y="\d+" width="(\d+)"/g)].map(([, width]) => Number(width));
  expect(barLengths).toEqual([31, 470, 31, 157, 235]);
});

test('nothing to compare gives an empty chart', () => {
  expect(drawChart([])).not.toContain('<rect x');
  expect(drawChart([])).not.toMatch(/NaN|Infinity/);
});

test('the median is the middle one', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2);
});

test('a choice of cases is every combination, and is written nowhere unless asked for', () => {
  const { cases, outFolder, repeat } = readOptions(['--rows', '1m,500K', '--sources', 'csv', '--types', 'email,ifa']);
  expect(cases).toEqual([
    { source: 'csv', type: 'email', rows: 1_000_000 },
    { source: 'csv', type: 'ifa', rows: 1_000_000 },
    { source: 'csv', type: 'email', rows: 500_000 },
    { source: 'csv', type: 'ifa', rows: 500_000 },
  ]);
  expect({ outFolder, repeat }).toEqual({ outFolder: undefined, repeat: 3 });
  expect(readOptions(['--rows', '10', '--out', '/tmp/x']).outFolder).toBe('/tmp/x');
});

test('without a choice the cases of docs/speed.md are measured and written to the folder of the benchmark', () => {
  const { kind, cases, outFolder } = readOptions([]);
  expect(kind).toBe('measure');
  expect(cases).toEqual(expect.arrayContaining([...guardCases]));
  expect(outFolder).toMatch(/bench$/);
  expect(readOptions(['--guard'])).toMatchObject({ kind: 'guard', cases: guardCases, outFolder: undefined });
});

test.each([
  [['--rows', '1g'], '--rows takes numbers such as 1m, 500k or 1000, not "1g".'],
  [['--sources', 'csv,json'], '--sources takes parquet, csv, postgres, not "json".'],
  [['--types', 'mail'], '--types takes email, phone, ifa, not "mail".'],
  [['--repeat', '0'], '--repeat takes a number from 1 to 999, not "0".'],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
