import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Case, crossCases, type Program, programsFor, types } from '../../bench/cases.ts';
import { openData } from '../../bench/data.ts';
import { spend } from '../../bench/measure.ts';
import { prepare } from '../../bench/programs.ts';
import { type StandIn, startStandIn } from '../../bench/standIn.ts';
import { cliPath, compileCache } from '../cli/cliProcess.ts';

const rows = 5_000;

/** Whoever has no Python can run the other tests; the build has one, and must run these. */
const lacksPython = process.env.CI === undefined && spawnSync('python3', ['--version']).status !== 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-ads-sync-test-'));
  await openData(folder, 'parquet', rows);
  await openData(folder, 'csv', rows);
});
afterAll(() => rm(folder, { recursive: true }));

async function uploadedLines(program: Program, which: Case, standIn: StandIn): Promise<string[]> {
  await standIn.reset();
  const path = await openData(folder, which.source === 'csv' ? 'csv' : 'parquet', rows);
  await using invocation = await prepare(program, which, { input: { path }, lineUrl: standIn.url, cli: cliPath });
  const [command = '', ...args] = invocation.command;
  const { stdout } = await promisify(execFile)(command, args, {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  invocation.checkOutput(stdout);
  const lines = await standIn.lines();
  expect((await standIn.uploaded()).lines).toBe(lines.length);
  return lines;
}

test.concurrent.each(types)('%s: all programs upload the same lines, from Parquet and from CSV', async (type) => {
  await using standIn = await startStandIn({ keepLines: true });
  const ours = await uploadedLines('ours', { source: 'parquet', type, rows }, standIn);
  expect(ours.length).toBeGreaterThan(rows * 0.9);
  expect(ours.length).toBeLessThan(rows * 0.95);
  expect(ours).toEqual([...new Set(ours)]);
  for (const which of crossCases({ sources: ['parquet', 'csv'], types: [type], rows: [rows] }))
    for (const program of programsFor(which)) {
      if (program === 'python' && lacksPython) continue;
      const lines = await uploadedLines(program, which, standIn);
      expect({ program, source: which.source, lines }).toEqual({ program, source: which.source, lines: ours });
    }
});

test.skipIf(lacksPython)(
  'what a command used is told beside what it printed, and its failure is one here',
  async () => {
    const { signal } = new AbortController();
    const work = 'const kept = Buffer.alloc(200e6, 1); console.log("first"); console.log(kept.length)';
    const { stdout, usage } = await spend([process.execPath, '--eval', work], signal);
    expect(stdout).toBe('first\n200000000');
    expect(usage.peakBytes).toBeGreaterThan(200e6);
    expect(usage.cpuSeconds).toBeGreaterThan(0);
    expect(usage.seconds).toBeGreaterThan(0);
    await expect(spend([process.execPath, '--eval', 'process.exit(3)'], signal)).rejects.toThrow('exit code 3');
  },
);
