/** All figures of the overview at one moment. */
import type { Figures, WorkFigures } from '../observe/figures.ts';
import type { RedisClient } from '../redis/connections.ts';
import { inboxKeys } from '../redis/keys.ts';
import type { TakeReadings } from './readings.ts';
import type { RecentWork, Work } from './recent-work.ts';

/** The subscription of our own test match. */
const CANARY = 'skywire-inbox:canary';

export interface FiguresOptions {
  client: RedisClient;
  group: string;
  takeReadings: TakeReadings;
  recentWork: RecentWork;
}

export function createFigures({
  client,
  group,
  takeReadings,
  recentWork,
}: FiguresOptions): () => Promise<Figures> {
  const canary = inboxKeys(CANARY).items;
  return async () => {
    const [readings, work, canaryAgeMs] = await Promise.all([
      takeReadings(),
      recentWork().then(rounded, () => null),
      canaryAge(client, canary).catch(() => null),
    ]);
    return {
      at: new Date().toISOString(),
      streams: readings.streams?.map((stream) => ({ ...stream, group })) ?? null,
      queues: readings.queues?.map(({ queue, jobs }) => ({ queue, ...jobs })) ?? null,
      parked: readings.parked ?? null,
      work,
      canaryAgeMs,
      servers: Object.entries(readings.servers).flatMap(([server, found]) =>
        found ? [{ server, ...found }] : [],
      ),
    };
  };
}

const rounded = ({ handledPerSecond, deliveredPerSecond, p50Ms, p99Ms }: Work): WorkFigures => ({
  handledPerSecond: Math.round(handledPerSecond * 10) / 10,
  deliveredPerSecond: Math.round(deliveredPerSecond * 10) / 10,
  p50Ms: p50Ms ?? null,
  p99Ms: p99Ms ?? null,
});

async function canaryAge(client: RedisClient, key: string): Promise<number | null> {
  const [newest] = await client.xrevrange(key, '+', '-', 'COUNT', 1);
  return newest ? Math.max(0, Date.now() - Number(newest[0].split('-')[0])) : null;
}
