import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { readCa } from '../../src/sources/servers/tls.ts';
import { fileProblem, readSmallFile } from '../../src/system/smallFile.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'small-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const unfit: [string, (path: string) => void, string][] = [
  ['a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path]), 'is not a regular file'],
  ['a device without an end', (path) => symlinkSync('/dev/zero', path), 'is not a regular file'],
  ['a folder', (path) => mkdirSync(path), 'is not a regular file'],
  ['more than a mebibyte', (path) => writeFileSync(path, Buffer.alloc(2 ** 20 + 1)), 'is larger than 1 MiB'],
  ['missing', () => {}, 'cannot be read (ENOENT)'],
  ['a link to itself', (path) => symlinkSync(path, path), 'cannot be read (ELOOP)'],
];

test.each(unfit)('a small file is not waited for nor read without end: %s', (_, make, problem) => {
  const path = join(folder, 'file');
  make(path);
  let thrown: unknown;
  try {
    readSmallFile(path);
  } catch (error) {
    thrown = error;
  }
  expect(fileProblem(thrown)).toBe(problem);
});

test.each(unfit)('a secret that is %s is refused by its path in the configuration', (_, make, problem) => {
  const path = join(folder, 'secret');
  make(path);
  const connection = { adAccountId: 'A1', accessKey: `\${file:${path}}`, secretKey: '${SECRET}' };
  const syncs = [{ name: 'a', audienceName: 'A', identifierType: 'email', mode: 'add' }];
  const text = JSON.stringify({ connection, source: { type: 'files', path: 'x.csv' }, syncs });
  expect(() => loadConfig(text, { env: { SECRET: 's' } })).toThrow(
    `connection.accessKey: refers to the file ${path}, which ${problem}`,
  );
});

test.each(unfit)('a certificate that is %s is refused', (_, make, problem) => {
  const path = join(folder, 'ca.pem');
  make(path);
  expect(() => readCa(path)).toThrow(`The file ${path} of source.ca ${problem}.`);
});

test('a file behind links is read, as secrets of Kubernetes are mounted, up to a mebibyte', () => {
  mkdirSync(join(folder, '..2026'));
  writeFileSync(join(folder, '..2026/key'), 'x'.repeat(2 ** 20));
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/key', join(folder, 'key'));
  expect(readSmallFile(join(folder, 'key'))).toHaveLength(2 ** 20);
});

test.runIf(process.platform === 'linux')('a file that the system makes up as it is read is read to its end', () => {
  expect(readSmallFile('/proc/self/status')).toContain('VmSize');
});
