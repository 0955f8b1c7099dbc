/** Figures and history for the overview page. */
import { z } from 'zod';
import { type Sample, type TakeFigures, workInStreams } from '../../monitor/figures.ts';
import { healthOf } from '../../monitor/health.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface OverviewSource {
  figures: TakeFigures;
  /** Samples of the last `ms`. */
  since(ms: number): Promise<Sample[]>;
}

const HOUR_MS = 3_600_000;
const spans = { hour: HOUR_MS, day: 24 * HOUR_MS } as const;
const done = { 200: { description: 'Done' } };

export function overviewRoutes({ figures, since }: OverviewSource): Route[] {
  return [
    defineRoute({
      id: 'readFigures',
      method: 'get',
      path: '/operator/figures',
      summary: 'Backlog, throughput and health',
      params: z.object({}),
      responses: done,
      async handler() {
        const now = await figures();
        const body = { ...now, workInStreams: workInStreams(now) ?? null, health: healthOf(now) };
        return { status: 200, json: JSON.stringify(body) };
      },
    }),
    defineRoute({
      id: 'readHistory',
      method: 'get',
      path: '/operator/history',
      summary: 'Samples of the last hour or day',
      params: z.object({}),
      query: z.strictObject({ span: z.enum(['hour', 'day'], { error: 'must be hour or day' }) }),
      responses: done,
      async handler({ query: { span } }) {
        return { status: 200, json: JSON.stringify({ samples: await since(spans[span]) }) };
      },
    }),
  ];
}
