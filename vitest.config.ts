/** What a test needs stands in its name: *.test.ts nothing, *.redis.test.ts a redis-server, *.process.test.ts the built product too. */
import { defineConfig } from 'vitest/config';

const needing = (what: string, testTimeout: number) => ({
  extends: true as const,
  test: { name: what, include: [`test/**/*.${what}.test.ts`], testTimeout },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
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
