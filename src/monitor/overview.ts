/** What the overview shows: figures of now, and their samples. */

import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { Figures, Sample } from './figures.ts';
import { startHistory } from './history.ts';
import type { TakeReadings } from './readings.ts';
import { createRecentWork } from './recent-work.ts';
import { createFigures } from './take-figures.ts';

export interface Overview {
  figures(): Promise<Figures>;
  since(ms: number): Promise<Sample[]>;
  stop(): Promise<void>;
}

export interface OverviewOptions {
  client: RedisClient;
  queues: Queues;
  group: string;
  takeReadings: TakeReadings;
  sampleEveryMs?: number;
}

export function startOverview({
  client,
  queues,
  group,
  takeReadings,
  sampleEveryMs,
}: OverviewOptions): Overview {
  const recentWork = createRecentWork(client, queues);
  const figures = createFigures({ group, takeReadings, recentWork });
  const history = startHistory(client, figures, sampleEveryMs);
  return { figures, since: history.since, stop: history.stop };
}
