import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

const folder = resolve(import.meta.dirname, '../../examples');

const surroundings = {
  env: {
    LINE_ADS_AD_ACCOUNT_ID: 'A12345678901',
    LINE_ADS_ACCESS_KEY: 'LINEADSAMPLE',
    LINE_ADS_SECRET_KEY: 'LINEADSECRETKEYSAMPLE',
    LINE_ADS_BASE_URL: 'http://127.0.0.1:8080',
  },
  readSecret: () => 'LINEADSECRETKEYSAMPLE',
};

test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s loads without a warning', (name) => {
  const { config, warnings } = loadConfig(readFileSync(resolve(folder, name), 'utf8'), surroundings);
  expect(config.syncs.length).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});
