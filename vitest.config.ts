/** What a test needs stands in its name: *.test.ts nothing, *.redis.test.ts a redis-server, *.process.test.ts the built product too. */
import { defineConfig } from 'vitest/config';
import { useChosenServer } from './test/servers/chosen.ts';

useChosenServer();

/**
 * The whole matrix of faults takes many minutes (vitest.faults.config.ts); a quick selection of it is among the tests. What takes
 * minutes by its nature runs by `npm run test:long`.
 */
const LONG = ['test/faults/*.process.test.ts', ...(process.env['FULL_SIZE'] ? [] : ['test/long/**'])];

const needing = (what: string, testTimeout: number) => ({
  extends: true as const,
  test: { name: what, include: [`test/**/*.${what}.test.ts`], exclude: LONG, testTimeout },
});

export default defineConfig({
  test: {
    pool: 'forks',
    // A file loads the product once a process, not once a file: half of the CPU of the tests that need no server.
    isolate: false,
    maxWorkers: 3,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'plain',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{redis,process}.test.ts'],
          testTimeout: 10_000,
        },
      },
      needing('redis', 30_000),
      needing('process', 60_000),
    ],
  },
});
