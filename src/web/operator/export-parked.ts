/** Streams parked jobs as JSON lines, at the client's pace; the data byte for byte as in Redis. With `as`, the export may be discarded. */
import { once } from 'node:events';
import type { RequestHandler, Response } from 'express';
import type { Queues } from '../../lanes/queues.ts';
import type { ParkedJob } from '../../parked/index/parked-job.ts';
import { matcherOf } from '../../parked/index/search.ts';
import type { Parked } from '../../parked/parked.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { actorIn, roleIn } from '../access/login.ts';
import { Problem } from '../http/problem.ts';
import { checked } from '../http/route.ts';
import { inWords } from './filter-in-words.ts';
import { definedOnly, exportQuery } from './inputs.ts';

const JOBS_AT_ONCE = 20;

export function exportParked({
  parked: { index, operatorLog, exported },
  client,
  queues,
}: {
  parked: Parked;
  client: RedisClient;
  queues: Queues;
}): RequestHandler {
  return async (req, res) => {
    const { as, ...asked } = definedOnly(checked(exportQuery, req.query, 'parameter'));
    const filter = definedOnly(asked);
    if (as !== undefined && roleIn(res) !== 'admin') throw new Problem(403, 'The viewer login is read-only');
    await index.refresh();
    const jobs = [...(await index.jobs())].filter(matcherOf(filter));
    await operatorLog.note(actorIn(res), 'export', { filter, jobs: jobs.length });
    const about = { filter, what: inWords(filter, filter.group === undefined ? undefined : jobs[0]) };
    const recording = as === undefined ? undefined : await exported.record(as, about);
    res.set('Content-Disposition', 'attachment; filename="parked.jsonl"');
    res.type('application/jsonl');
    for (let at = 0; at < jobs.length && !res.destroyed; at += JOBS_AT_ONCE) {
      const some = jobs.slice(at, at + JOBS_AT_ONCE);
      const lines = await Promise.all(some.map((job) => lineOf(client, queues, job)));
      await send(res, lines.map(({ line }) => line).join(''));
      await recording?.sent(lines.filter(({ line }) => line !== ''));
    }
    const isGone = res.destroyed;
    res.end();
    if (!recording || isGone) return;
    await Promise.race([once(res, 'finish'), once(res, 'close')]);
    if (res.writableFinished) await recording.complete();
  };
}

/** `line`: '' if the job is gone by now. */
async function lineOf(client: RedisClient, queues: Queues, job: ParkedJob) {
  const key = queues.find(job.queue)!.queue.toKey(job.id);
  const [data, failedReason] = await client.hmget(key, 'data', 'failedReason');
  if (!data) return { job, line: '', data: '' };
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
  return { job, line: `${JSON.stringify(about).slice(0, -1)},"data":${data}}\n`, data };
}

async function send(res: Response, text: string): Promise<void> {
  if (text && !res.write(text) && !res.destroyed) {
    await Promise.race([once(res, 'drain'), once(res, 'close')]);
  }
}
