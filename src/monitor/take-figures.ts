/** All figures of the overview at one moment. */
import type { Figures, WorkFigures } from './figures.ts';
import type { TakeReadings } from './readings.ts';
import type { RecentWork, Work } from './recent-work.ts';

export interface FiguresOptions {
  group: string;
  takeReadings: TakeReadings;
  recentWork: RecentWork;
}

export function createFigures({ group, takeReadings, recentWork }: FiguresOptions): () => Promise<Figures> {
  return async () => {
    const [readings, work] = await Promise.all([takeReadings(), recentWork().then(rounded, () => null)]);
    return {
      at: new Date().toISOString(),
      streams: readings.streams?.map((stream) => ({ ...stream, group })) ?? null,
      queues: readings.queues?.map(({ queue, jobs }) => ({ queue, ...jobs })) ?? null,
      parked: readings.parked ?? null,
      work,
      canaryAgeMs: readings.canaryAgeMs ?? null,
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
