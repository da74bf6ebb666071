import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseJsonText } from '../../src/config/jsonText.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseYamlText } from '../../src/config/yamlText.ts';

const folder = resolve(import.meta.dirname, '../../examples');

const surroundings = {
  env: {
    LINE_ADS_AD_ACCOUNT_ID: 'A12345678901',
    LINE_ADS_ACCESS_KEY: 'LINEADSAMPLE',
    LINE_ADS_SECRET_KEY: 'LINEADSECRETKEYSAMPLE',
    LINE_ADS_BASE_URL: 'http://127.0.0.1:8080',
    PGPASSWORD: 'sample',
  },
  readSecret: () => 'LINEADSECRETKEYSAMPLE',
};

test.each(readdirSync(folder).filter((name) => /\.(jsonc?|yaml)$/.test(name)))('%s loads without a warning', (name) => {
  const parseText = name.endsWith('.yaml') ? parseYamlText : parseJsonText;
  const { config, warnings } = loadConfig(readFileSync(resolve(folder, name), 'utf8'), surroundings, parseText);
  expect(config.syncs.length).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});
