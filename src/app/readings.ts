/** The readings that pump and web expose. */
import type { Queues } from '../lanes/queues.ts';
import { createReadings, type ReadingsOptions, type TakeReadings } from '../monitor/readings.ts';
import type { ReadStanding } from '../monitor/standing.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { AppContext } from './context.ts';

/** Not for workers, which need no access to Skywire's stream. */
export function openReadings(
  { config, redis }: AppContext,
  home: RedisClient,
  queues: Queues,
  readParked: ReadingsOptions['readParked'],
  readStanding: ReadStanding,
): TakeReadings {
  const isTwoServers = redis.skywire.address !== redis.home.address;
  return createReadings({
    home,
    skywire: isTwoServers ? redis.connect(redis.skywire, 'commands', 'readings') : home,
    isTwoServers,
    queues,
    // Through a relay the streams' state cannot be read.
    streams: config.relay ? [] : config.stream.keys,
    group: config.stream.group,
    windowMs: config.stream.retentionMs,
    readParked,
    readStanding,
    // Through a relay none can be appended.
    sendsCanary: config.canary.everyMs > 0 && !config.relay,
  });
}
