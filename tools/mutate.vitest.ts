import { defineConfig } from 'vitest/config';

/* The tests that can detect a mutation of `npm run mutate`: they run the mutated code in their own process. */

const inProcess = [
  'clockJumps',
  'cursor',
  'faults',
  'guarantees',
  'resume',
  'sharedSource',
  'smartPlan',
  'suppress',
].map((name) => `test/cli/${name}.test.ts`);

export default defineConfig({
  test: {
    include: [
      'test/planning/**/*.test.ts',
      'test/delivery/**/*.test.ts',
      'test/journal/**/*.test.ts',
      'test/destinations/**/*.test.ts',
      'test/report/**/*.test.ts',
      'test/reading/**/*.test.ts',
      'test/http/**/*.test.ts',
      'test/faults/**/*.test.ts',
      ...inProcess,
    ],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
