/** Finds inboxes that have grown: one blocking read of all inboxes or, on a Cluster, polling. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { RedisClient } from '../../redis/connections.ts';

/** The first new entry id of each stream that has one. */
export type Grown = [key: string, id: string][];

export interface Look {
  /** Waits for a while; may return nothing. Determines what to watch when it starts to read; after that, call interrupt(). */
  next(watched: () => ReadonlyMap<string, string>): Promise<Grown>;
  /** Ends a waiting next(), which does not read streams added since. */
  interrupt(): void;
}

const BLOCK_MS = 2_000;
/** Without permission for CLIENT UNBLOCK, a newly added stream waits at most this long. */
const SHORT_BLOCK_MS = 100;
const ANSWER_WITHIN_MS = 5_000;
const POLL_MS = 100;
const RETRY_INTERRUPT_MS = 3;

/** `reader` blocks and must not be shared; `commands` sends CLIENT UNBLOCK. */
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
  /** CLIENT UNBLOCK may arrive before the read it is meant for: repeat until that read has ended. */
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
    async next(watched) {
      clientId ??= await reader.client('ID');
      const block = mayInterrupt ? BLOCK_MS : SHORT_BLOCK_MS;
      // If the server stops responding, reconnect: after a failover it may be another one.
      const guard = setTimeout(() => reader.disconnect(true), block + ANSWER_WITHIN_MS);
      isReading = true;
      reads += 1;
      try {
        const after = watched();
        if (after.size === 0) return [];
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

/** On a Cluster one XREAD can read keys of one slot only. */
function pollingLook(commands: RedisClient): Look {
  return {
    async next(watched) {
      const replies = await Promise.all(
        [...watched()].map(([key, id]) => commands.xread('COUNT', 1, 'STREAMS', key, id)),
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
