/** `npm run test:faults`: every fault of the table, one after the other so that the times to recover mean something. */
import { randomInt } from 'node:crypto';
import { defineConfig } from 'vitest/config';
import { useChosenServer } from './test/servers/chosen.ts';

useChosenServer();

const { FAULTS_REPEAT, FAULTS_SEED } = process.env;

export default defineConfig({
  test: {
    include: ['test/faults/**/*.process.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/faults/table-reporter.ts'],
    // Chosen once, here, for all rows.
    provide: {
      faultSeed: FAULTS_SEED ? Number(FAULTS_SEED) : randomInt(2 ** 31),
      faultRepeat: Number(FAULTS_REPEAT ?? 1),
    },
  },
});
