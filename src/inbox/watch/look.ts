/** Looks whether inboxes have grown: one blocking read over all of them, or, on a cluster, short reads again and again. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { RedisClient } from '../../redis/connections.ts';

/** For each stream that has an entry after the given id: the id of the first such entry. */
export type Grown = [key: string, id: string][];

export interface Look {
  /** Waits for a while; may come back empty. */
  next(after: ReadonlyMap<string, string>): Promise<Grown>;
  /** Ends a next() that waits: it does not know of a stream that was added since. */
  interrupt(): void;
}

const BLOCK_MS = 2_000;
/** Where this user may not send CLIENT UNBLOCK, a stream that was added waits this long at the most. */
const SHORT_BLOCK_MS = 100;
const ANSWER_WITHIN_MS = 5_000;
const POLL_MS = 100;
const RETRY_INTERRUPT_MS = 3;

/** `reader` is for nothing else: it blocks. `commands` sends the interruptions. */
export function createLook(reader: RedisClient, commands: RedisClient): Look {
  return reader instanceof Cluster ? pollingLook(commands) : blockingLook(reader, commands);
}

function blockingLook(reader: RedisClient, commands: RedisClient): Look {
  let clientId: number | undefined;
  let mayInterrupt = true;
  let reads = 0;
  let isReading = false;
  reader.on('close', () => {
    clientId = undefined;
  });
  /** The interruption may arrive before the read that it is for: again, until that read has ended. */
  async function interrupt(read: number): Promise<void> {
    const isStillReading = () => isReading && reads === read && mayInterrupt;
    while (isStillReading()) {
      if (clientId === undefined) return;
      try {
        await commands.client('UNBLOCK', clientId);
      } catch (error) {
        if (/^(NOPERM|ERR)\b/.test((error as Error).message)) mayInterrupt = false;
        return;
      }
      await pause(RETRY_INTERRUPT_MS);
    }
  }
  return {
    async next(after) {
      clientId ??= await reader.client('ID');
      const block = mayInterrupt ? BLOCK_MS : SHORT_BLOCK_MS;
      // A server that went silent: a new connection finds out where it is now.
      const guard = setTimeout(() => reader.disconnect(true), block + ANSWER_WITHIN_MS);
      isReading = true;
      reads += 1;
      try {
        const keys = [...after.keys()];
        const ids = [...after.values()];
        const reply = await reader.xread('COUNT', 1, 'BLOCK', block, 'STREAMS', ...keys, ...ids);
        return (reply ?? []).map(([key, entries]) => [key, entries[0]![0]]);
      } finally {
        isReading = false;
        clearTimeout(guard);
      }
    },
    interrupt: () => void interrupt(reads),
  };
}

/** One XREAD takes keys of one slot only, and blocks a whole connection. */
function pollingLook(commands: RedisClient): Look {
  return {
    async next(after) {
      const replies = await Promise.all(
        [...after].map(([key, id]) => commands.xread('COUNT', 1, 'STREAMS', key, id)),
      );
      const grown: Grown = replies.flatMap((reply) =>
        (reply ?? []).map(([key, entries]): [string, string] => [key, entries[0]![0]]),
      );
      if (grown.length === 0) await pause(POLL_MS);
      return grown;
    },
    interrupt() {},
  };
}
