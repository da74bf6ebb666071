import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { exitCodeByError } from '../src/errors.ts';
import { rejectCodes } from '../src/identifiers/rejects.ts';
import { loadFaults } from '../src/simulators/lineAds/faults.ts';
import { renderReadme } from '../tools/readme.ts';
import { cliPath } from './cli/cliProcess.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

function codeBlocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^ *\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, block]) => block!,
  );
}

/** What stands in `…` outside of fenced blocks. */
const codeSpans = [...readme.replace(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);

test('the generated parts are as the code has them now (node tools/readme.ts makes them anew)', () => {
  expect(readme).toBe(renderReadme(readme));
});

describe('what is shown as JSON', () => {
  const blocks = codeBlocks('json');
  const isConfig = (text: string) => Object.hasOwn(JSON.parse(text), 'connection');
  const surroundings = {
    env: { LINE_ADS_ACCESS_KEY: 'LINEADSAMPLE', LINE_ADS_SECRET_KEY: 'LINEADSECRETKEYSAMPLE', PGPASSWORD: 'sample' },
    readSecret: () => 'LINEADSECRETKEYSAMPLE',
  };

  test.each(blocks.filter(isConfig))('config %# loads without a warning', (text) => {
    expect(loadConfig(text, surroundings).warnings).toEqual([]);
  });

  test('has configs, a faults file that loads, and a report whose counts add up', () => {
    expect(blocks.filter(isConfig).length).toBeGreaterThan(1);
    const others = blocks.filter((block) => !isConfig(block)).map((block) => JSON.parse(block));
    const [faults, report] = [others.find(Array.isArray), others.find((value) => 'runId' in value)];
    expect(loadFaults(JSON.stringify(faults)).length).toBeGreaterThan(1);
    const { values, rejected, duplicates, suppressed, members } = report.syncs[0].counts;
    expect(rejected + duplicates + suppressed + members).toBe(values);
  });
});

describe('commands and flags', async () => {
  const help = async (...command: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [cliPath, ...command, '--help']);
    return stdout;
  };
  const overview = await help();
  const list = overview.slice(overview.indexOf('Commands:'), overview.indexOf('Examples:'));
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!);
  const texts = await Promise.all(commands.filter((name) => name !== 'help').map((name) => help(name)));
  const flagsIn = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
  const flags = new Set([overview, ...texts].flatMap(flagsIn));
  const ofOtherPrograms = [
    '--no',
    '--rm',
    '--read-only',
    '--tmpfs',
    '--volume',
    '--env',
    '--time',
    '--seeds',
    '--build-arg',
    '--save-prod',
  ];

  test('the README tells of every command and flag that --help lists', () => {
    expect(commands.length).toBeGreaterThan(6);
    expect(commands.filter((name) => !codeSpans.includes(name))).toEqual([]);
    expect([...flags].filter((flag) => !flagsIn(readme).includes(flag))).toEqual([]);
  });

  test('and of no others', () => {
    const written = [...codeBlocks('sh'), ...codeBlocks('text'), ...codeSpans].join('\n');
    const called = [...written.matchAll(/(?<![\w./-])line-ads-sync ([a-z]+)/g)].map(([, name]) => name!);
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((name) => !commands.includes(name))).toEqual([]);
    expect(flagsIn(readme).filter((flag) => !flags.has(flag) && !ofOtherPrograms.includes(flag))).toEqual([]);
  });
});

function sourceTexts(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(root, 'src', file), 'utf8'));
}

describe('codes', () => {
  /** A code is told of where it begins a row of a table. */
  const rows = new Set([...readme.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code!));
  const missing = (codes: readonly string[]) => codes.filter((code) => !rows.has(code));

  test('every reject code, error code and exit code has a row', () => {
    expect(missing(rejectCodes)).toEqual([]);
    expect(missing(Object.keys(exitCodeByError))).toEqual([]);
    expect(missing(['0', ...Object.values(exitCodeByError).map(String)])).toEqual([]);
  });

  test('every warning code has a row', () => {
    const codes = sourceTexts().flatMap((text) => [...text.matchAll(/\bcode: '([a-z]+(?:_[a-z]+)+)'/g)]);
    expect(codes.length).toBeGreaterThan(4);
    expect(missing(codes.map(([, code]) => code!))).toEqual([]);
  });
});

test('every file and npm script that is named exists', () => {
  const paths = codeSpans.filter((span) => /^(src|test|tools|examples|\.ci)\//.test(span));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name!);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('every row of "What happens when…" is shown by a test of that name', () => {
  const section = readme.slice(readme.indexOf('## What happens when'), readme.indexOf('## Running it on a schedule'));
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !/^\| (when|---)/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const shownBy = row.slice(row.lastIndexOf(' | ', row.length - 3));
    const named = [...shownBy.matchAll(/`(test\/[^`]+)`: (.*?)(?=; `| \|$)/g)];
    expect(named.length, row).toBeGreaterThan(0);
    for (const [, file, titles] of named)
      for (const title of titles!.split('; ')) expect(readFileSync(join(root, file!), 'utf8'), row).toContain(title);
  }
});

test('every link inside the README has its heading', () => {
  const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
  expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
});
