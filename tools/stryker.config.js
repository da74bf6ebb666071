/*
 * Mutation tests: `npm run mutate`, of some files only with `-- --mutate 'src/planning/*.ts'`, and with
 * `-- --incremental` only of changed code and changed tests.
 */

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['src/planning/**/*.ts', 'src/delivery/**/*.ts', 'src/journal/**/*.ts', 'src/destinations/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './tools/mutate.errorTexts.js'],
  ignorers: ['errorTexts'],
  // Tests of the time zone need a process of their own.
  vitest: { configFile: 'tools/mutate.vitest.ts', pool: 'forks', related: false },
  coverageAnalysis: 'perTest',
  // A file that is not there: TypeScript 7 has no API for Stryker to rewrite tsconfig.json with.
  tsconfigFile: 'none',
  // Constants of a module are set before a test begins, and each such fault would need all tests.
  ignoreStatic: true,
  dryRunTimeoutMinutes: 60,
  concurrency: 2,
  timeoutMS: 30_000,
  allowConsoleColors: false,
  incrementalFile: 'node_modules/.cache/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: 'node_modules/.cache/mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  cleanTempDir: 'always',
  thresholds: { high: 95, low: 90, break: 90 },
};
