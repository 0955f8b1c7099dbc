/** `npm run test:faults`: every fault of the table, one after the other so that the times to recover mean something. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/faults/**/*.process.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/faults/table-reporter.ts'],
  },
});
