/** Parked jobs as JSON lines: a few at a time, as fast as the reader takes them, the data byte for byte as it is in Redis. */
import { once } from 'node:events';
import type { RequestHandler, Response } from 'express';
import type { Queues } from '../../lanes/queues.ts';
import type { ParkedJob } from '../../parked/index/parked-job.ts';
import { matcherOf } from '../../parked/index/search.ts';
import type { Parked } from '../../parked/parked.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { actorIn } from '../access/login.ts';
import { checked } from '../http/route.ts';
import { definedOnly, exportQuery } from './inputs.ts';

const JOBS_AT_ONCE = 20;

export function exportParked({
  parked: { index, operatorLog },
  client,
  queues,
}: {
  parked: Parked;
  client: RedisClient;
  queues: Queues;
}): RequestHandler {
  return async (req, res) => {
    const filter = definedOnly(checked(exportQuery, req.query, 'parameter'));
    await index.refresh();
    const jobs = [...(await index.jobs())].filter(matcherOf(filter));
    await operatorLog.note(actorIn(res), 'export', { filter, jobs: jobs.length });
    res.set('Content-Disposition', 'attachment; filename="parked.jsonl"');
    res.type('application/jsonl');
    for (let at = 0; at < jobs.length && !res.destroyed; at += JOBS_AT_ONCE) {
      const lines = await Promise.all(
        jobs.slice(at, at + JOBS_AT_ONCE).map((job) => lineOf(client, queues, job)),
      );
      await send(res, lines.join(''));
    }
    res.end();
  };
}

/** '' where the job is gone by now. */
async function lineOf(client: RedisClient, queues: Queues, job: ParkedJob): Promise<string> {
  const key = queues.find(job.queue)!.queue.toKey(job.id);
  const [data, failedReason] = await client.hmget(key, 'data', 'failedReason');
  if (!data) return '';
  const { queue, id, state, reason, attempts, parkedAt, failedAt } = job;
  const about = {
    queue,
    job: id,
    state,
    reason,
    attempts,
    failed_reason: failedReason ?? '',
    parked_at: new Date(parkedAt).toISOString(),
    failed_at: new Date(failedAt).toISOString(),
  };
  return `${JSON.stringify(about).slice(0, -1)},"data":${data}}\n`;
}

async function send(res: Response, text: string): Promise<void> {
  if (text && !res.write(text) && !res.destroyed) {
    await Promise.race([once(res, 'drain'), once(res, 'close')]);
  }
}
