import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Processes that run tests inherit it: the compiled code of packages is kept from one to the next.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, '../node_modules/.cache/line-ads-sync-tests/code');

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

const all = [
  'test/planning/**/*.test.ts',
  'test/delivery/**/*.test.ts',
  'test/journal/**/*.test.ts',
  'test/destinations/**/*.test.ts',
  'test/config/**/*.test.ts',
  'test/report/**/*.test.ts',
  'test/reading/**/*.test.ts',
  'test/http/**/*.test.ts',
  'test/faults/**/*.test.ts',
  ...inProcess,
];

/** Files of unit tests come before those that run whole syncs, as the first test that fails ends the run of a fault. */
class UnitTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      if (/test\/(cli|faults)\//.test(moduleId)) return 2;
      return readFileSync(moduleId, 'utf8').includes('useSyncs()') ? 1 : 0;
    };
    return files.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    // Some of the tests only: MUTATION_TESTS='test/planning/**/*.test.ts,test/cli/cursor.test.ts'.
    include: process.env.MUTATION_TESTS?.split(',') ?? all,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    sequence: { sequencer: UnitTestsFirst },
  },
});
