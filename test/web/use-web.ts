/** A Redis of its own and the web role over it, for all tests of a file. */
import { afterAll, beforeAll } from 'vitest';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startWeb, type TestWeb } from './web.ts';

/** Both from the first test on. */
export let redis: TestRedis;
export let web: TestWeb;

export function useWeb(given: Parameters<typeof startWeb>[1] = {}, ...redisArgs: string[]): void {
  beforeAll(async () => {
    redis = await startRedis(...redisArgs);
    web = await startWeb(redis, given);
  });
  afterAll(async () => {
    await web?.stop();
    await redis?.stop();
  });
}
