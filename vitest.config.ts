import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // By default one core stays free. Many tests wait for a command or a server, so all cores are needed to be busy.
    maxWorkers: '100%',
    // For what hangs: a machine may be ten times slower than another, and that is no failure.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    restoreMocks: true,
  },
});
