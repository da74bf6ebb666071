import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Workers inherit it: compiled code of packages, and of worker threads, is kept from one process to the next.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/line-ads-sync-tests/code');

/** Test files that start the command as a child process. */
const command = ['test/cli/**/*.test.ts', 'test/crash/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/readme.test.ts'];

/**
 * Folders without state outside of their modules: their files run in the same processes, and load those modules once.
 * Folders that intercept or answer HTTP requests are not among them, as nock patches a whole process.
 */
const shared = [
  'config',
  'examples',
  'identifiers',
  'journal',
  'kernel',
  'members',
  'planning',
  'reading',
  'report',
  'sources/files',
  'system',
  'warehouseSql',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** The suites that take longest start first. They mostly wait for commands, servers and jobs; others fill the gaps. */
const longest = ['test/crash/', 'test/faults/', 'test/cli/warehouses', 'test/sources/postgres/', 'test/cli/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = longest.findIndex((part) => moduleId.includes(part));
      return rank < 0 ? longest.length : rank;
    };
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    // By default one core stays free. Many tests wait, so one more than there are cores keeps all of them busy.
    maxWorkers: availableParallelism() + 1,
    // A limit for tests that hang: one machine may be ten times slower than another, and that is no failure.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'command', include: command, globalSetup: 'test/setup/builtCommand.ts' } },
      { extends: true, test: { name: 'shared', include: shared, isolate: false } },
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...command, ...shared] } },
    ],
  },
});
