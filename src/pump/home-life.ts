/** Whether the queues' Redis restarted or failed over, and so may have lost its last second of writes. */
import type { RedisClient } from '../redis/connections.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';

export interface HomeLife {
  /** `remember` stores what was found, so that it is reported once. */
  look(): Promise<{ isNew: boolean; remember: () => Promise<void> }>;
}

/** `key` keeps the servers' run ids for the next process. */
export function createHomeLife(home: RedisClient, key: string): HomeLife {
  // Where INFO has no run ids, each start of a pump and each new connection counts as a restart.
  const connections = countConnections(home);
  let knownConnections: number | undefined;
  return {
    async look() {
      const now = connections();
      const [ids, known] = await Promise.all([runIdsOf(home), home.get(key)]);
      if (ids === undefined) {
        return {
          isNew: now !== knownConnections,
          remember: () => {
            knownConnections = now;
            return Promise.resolve();
          },
        };
      }
      const isSame = ids === known;
      return {
        // Without a known one, this is the first start of a build that checks.
        isNew: !isSame && known !== null,
        remember: async () => {
          if (!isSame) await home.set(key, ids);
        },
      };
    },
  };
}

const counts = new WeakMap<RedisClient, { made: number }>();

/** One listener a client, however many streams there are. */
function countConnections(client: RedisClient): () => number {
  const count = counts.get(client) ?? { made: 0 };
  if (!counts.has(client)) {
    counts.set(client, count);
    client.on('ready', () => {
      count.made += 1;
    });
  }
  return () => count.made;
}

/** A server's run id changes with each start, and differs from its replica's. undefined: a server does not tell. */
async function runIdsOf(client: RedisClient): Promise<string | undefined> {
  const nodes = await mastersOf(client);
  const ids = await Promise.all(nodes.map(async (node) => parseInfo(await node.info('server'))['run_id']));
  return ids.every(Boolean) ? ids.sort().join(' ') : undefined;
}
