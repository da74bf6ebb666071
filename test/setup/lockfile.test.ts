import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

interface LockedPackage {
  version?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

const root = resolve(import.meta.dirname, '../..');

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(resolve(root, path), 'utf8'));
}

const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> };
const installed = Object.entries(packages).filter(([path]) => path.startsWith('node_modules/'));

test('every optional package that a package names is locked, as npm ci wants for every platform', () => {
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
});

test('every package from the registry is locked to one version and its integrity', () => {
  const loose = installed.filter(([, entry]) => !entry.link && (!entry.version || !entry.integrity));
  expect(loose.map(([path]) => path)).toEqual([]);
});

test('Node comes with the dev dependencies only, at the version that node-runtime names', () => {
  const { version, optionalDependencies } = readJson('tools/node-runtime/package.json') as LockedPackage;
  const runtimes = installed.filter(([path]) => path.startsWith('node_modules/node-linux-'));
  expect(
    Object.fromEntries(runtimes.map(([path, entry]) => [path.slice('node_modules/'.length), entry.version])),
  ).toEqual(optionalDependencies);
  expect(new Set(runtimes.map(([, entry]) => entry.version))).toEqual(new Set([version]));
  expect(runtimes.every(([, entry]) => entry.dev)).toBe(true);
});
