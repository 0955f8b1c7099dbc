/** Whether Redis has room for optional data. Checked at most once a second. */
import type { RedisClient } from '../../redis/connections.ts';
import { fullness, memoryOf } from '../../redis/memory.ts';
import { mastersOf, parseInfo } from '../../redis/server-check.ts';

/** Below the share at which the pump stops. */
const FULL_FOR_LOOKUPS = 0.75;
const CHECK_EVERY_MS = 1_000;

export interface Room {
  isThere(): Promise<boolean>;
}

export function createRoom(client: RedisClient): Room {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let last = Promise.resolve(true);
  async function look(): Promise<boolean> {
    const replies = await Promise.all((await mastersOf(client)).map((node) => node.info('memory')));
    return replies.every((text) => fullness(memoryOf(parseInfo(text))) < FULL_FOR_LOOKUPS);
  }
  return {
    isThere() {
      if (performance.now() - checkedAt >= CHECK_EVERY_MS) {
        checkedAt = performance.now();
        last = look().catch(() => false);
      }
      return last;
    },
  };
}
