import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DriverName, driverVersions, loadDriver } from '../../../src/sources/servers/drivers.ts';
import { allTextOf, syncErrorOf } from '../sourceSetup.ts';

const names = Object.keys(driverVersions) as DriverName[];

test('the versions are those of package.json, where the drivers are optional', () => {
  const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(peerDependencies).toEqual(driverVersions);
  expect(peerDependenciesMeta).toEqual(Object.fromEntries(names.map((name) => [name, { optional: true }])));
});

test.each(names)('the version of %s that is installed here is the same', (name) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  expect(version).toBe(driverVersions[name]);
});

test.each(names)('where %s is missing, the commands that install it are told', async (name) => {
  const error = await syncErrorOf(loadDriver(name, (module) => import(`${module}-that-is-not-there`)));
  expect(error.code).toBe('source.driver_missing');
  expect(error.message).toContain(`the package ${name}, version ${driverVersions[name]}`);
  expect(error.hint).toContain(`npm install --save-prod ${name}@${driverVersions[name]}`);
  expect(error.hint).toContain(`docker build --build-arg DRIVERS="${name}@${driverVersions[name]}"`);
});

test('of a driver that fails while it is loaded only the code is told', async () => {
  const broken = () => Promise.reject(Object.assign(new Error('secret path'), { code: 'ERR_DLOPEN_FAILED' }));
  const error = await syncErrorOf(loadDriver('snowflake-sdk', broken));
  expect(error.message).toContain('ERR_DLOPEN_FAILED');
  expect(allTextOf(error)).not.toContain('secret path');
});
