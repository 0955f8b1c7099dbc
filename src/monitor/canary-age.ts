/**
 * How long ago the canary last arrived. It may have been stamped by another clock than the one read now (another node of a Cluster, a
 * new master, a clock that was set), so the clock decides only between two observations of this process: not arrived at one, arrived
 * at the next.
 */
import { CANARY } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { encodeName, inboxKeys } from '../redis/keys.ts';

const { items } = inboxKeys(encodeName(CANARY)!);
/** At the first check; later ones read only what is new. */
const MOST_ITEMS = 500;

/** ms since the canary of a stream last arrived. */
export interface CanaryAge {
  stream: string;
  ms: number;
}

interface Arrival {
  /** By the clock that stamped it. */
  stampMs: number;
  /** By performance.now(): when it had not arrived yet, and when it had. */
  after: number;
  before: number;
}

/**
 * For the stream furthest behind, among `streams`; the newest canary if that is empty. undefined: none ever arrived. A stream
 * whose canary never arrived counts from the first check on.
 */
export function createCanaryAge(
  client: RedisClient,
  streams: readonly string[],
): () => Promise<CanaryAge | undefined> {
  /** By the stream's name as in the uri. */
  const arrived = new Map<string, Arrival>();
  let newest = '';
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    const startedAt = performance.now();
    const rows = newest
      ? await client.xrange(items, `(${newest}`, '+', 'COUNT', MOST_ITEMS)
      : (await client.xrevrange(items, '+', '-', 'COUNT', MOST_ITEMS)).toReversed();
    const seen = { after: lookedAt, before: performance.now() };
    for (const [id, fields] of rows)
      arrived.set(streamIn(fieldsOf(fields)['post']), { stampMs: Number(id.split('-')[0]), ...seen });
    newest = rows.at(-1)?.[0] ?? newest;
    if (rows.length === MOST_ITEMS) return read();
    lookedAt = startedAt;
  }

  return async () => {
    await read();
    if (!arrived.size) return undefined;
    const nowMs = await redisNow(client);
    const now = performance.now();
    const age = ({ stampMs, after, before }: Arrival) =>
      Math.min(Math.max(nowMs - stampMs, now - before), now - after);
    if (!streams.length) return { stream: '', ms: Math.min(...[...arrived.values()].map(age)) };
    const ages = streams.map((stream) => {
      const name = encodeURIComponent(stream);
      if (!arrived.has(name)) arrived.set(name, { stampMs: nowMs, after: now, before: now });
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
