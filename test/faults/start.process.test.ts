/** A Redis that is not fit for the job, found at start. No matches flow: the rows say what a person is told. */
import { afterEach, expect } from 'vitest';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';
import { row } from './row.ts';

let redis: TestRedis;
afterEach(async () => {
  await endRoles();
  await redis.stop();
});

row('wrong eviction policy', 120_000, async (about) => {
  redis = await startRedis('--maxmemory-policy', 'allkeys-lru');
  for (const name of ['pump', 'worker', 'web', 'start']) {
    const { code, output } = await runCommand(name, { REDIS_URL: redis.url, PORT: '0' });
    expect({ name, code }).toEqual({ name, code: 1 });
    expect(output).toContain('CONFIG SET maxmemory-policy noeviction');
  }
  about.happened = 'every role refuses to start: exit 1, with the fix';
});

row('append-only file off', 120_000, async (about) => {
  redis = await startRedis('--appendonly', 'no');
  const pump = await (await startRole('pump', { REDIS_URL: redis.url, LOG_LEVEL: 'warn' })).ready();
  expect(pump.output()).toContain('CONFIG SET appendonly yes');
  const doctor = await runCommand('doctor', { REDIS_URL: redis.url });
  expect(doctor.output).toContain('appendonly');
  about.happened = 'a warning at start and in `npm run doctor`, with the fix';
});
