import { CANARY } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { encodeName, inboxKeys } from '../redis/keys.ts';

const { items } = inboxKeys(encodeName(CANARY)!);
/** At the first look; later ones read what is new. */
const MOST_ITEMS = 500;

/** ms since the canary of a stream last arrived. */
export interface CanaryAge {
  stream: string;
  ms: number;
}

/**
 * Of the stream whose canary is late most, among `streams`; of the newest if that is empty. undefined: none ever arrived. A stream
 * whose canary never did counts from the first look on.
 */
export function createCanaryAge(
  client: RedisClient,
  streams: readonly string[],
): () => Promise<CanaryAge | undefined> {
  /** By the stream's name as the uri has it. */
  const arrived = new Map<string, number>();
  let after = '';

  async function read(): Promise<void> {
    const rows = after
      ? await client.xrange(items, `(${after}`, '+', 'COUNT', MOST_ITEMS)
      : (await client.xrevrange(items, '+', '-', 'COUNT', MOST_ITEMS)).toReversed();
    for (const [id, fields] of rows)
      arrived.set(streamIn(fieldsOf(fields)['post']), Number(id.split('-')[0]));
    after = rows.at(-1)?.[0] ?? after;
    if (rows.length === MOST_ITEMS) await read();
  }

  return async () => {
    await read();
    if (!arrived.size) return undefined;
    const nowMs = await redisNow(client);
    const age = (since: number) => Math.max(0, nowMs - since);
    if (!streams.length) return { stream: '', ms: age(Math.max(...arrived.values())) };
    const ages = streams.map((stream) => {
      const name = encodeURIComponent(stream);
      if (!arrived.has(name)) arrived.set(name, nowMs);
      return { stream, ms: age(arrived.get(name)!) };
    });
    return ages.toSorted((a, b) => b.ms - a.ms)[0];
  };
}

/** canaryMatch() puts it into the post's uri. '' if somebody else wrote it. */
function streamIn(post = ''): string {
  const [, name = ''] = /"uri":"at:\/\/skywire-inbox\/canary\/\d+-([^"]*)"/.exec(post) ?? [];
  return name;
}
