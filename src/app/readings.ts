/** What the roles measure of the whole, wired to Redis. */
import type { Queues } from '../lanes/queues.ts';
import { createReadings, type ReadingsOptions, type TakeReadings } from '../monitor/readings.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { AppContext } from './context.ts';

/** What stands in Redis; the worker does not look: it needs no right to Skywire's stream. */
export function openReadings(
  { config, redis }: AppContext,
  home: RedisClient,
  queues: Queues,
  readParked: ReadingsOptions['readParked'],
): TakeReadings {
  const isTwoServers = redis.skywire.address !== redis.home.address;
  return createReadings({
    home,
    skywire: isTwoServers ? redis.connect(redis.skywire, 'commands', 'readings') : home,
    isTwoServers,
    queues,
    // What lies behind a relay is read there.
    streams: config.relay ? [] : config.stream.keys,
    group: config.stream.group,
    readParked,
  });
}
