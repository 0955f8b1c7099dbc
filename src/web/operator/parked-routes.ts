/** Parked matches for the operator's page: groups, search, one job in full, retries. */
import { z } from 'zod';
import type { Queues } from '../../lanes/queues.ts';
import { type Group, groupsOf } from '../../parked/index/groups.ts';
import type { ParkedJob } from '../../parked/index/parked-job.ts';
import { search } from '../../parked/index/search.ts';
import type { Actor } from '../../parked/operator-log.ts';
import type { Parked } from '../../parked/parked.ts';
import { retryOne } from '../../parked/retry/retry-job.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Reply, type Route } from '../http/route.ts';
import { inWords } from './filter-in-words.ts';
import { definedOnly, jobParams, nothing, retryBody, runBody, searchQuery } from './inputs.ts';
import { readParkedJob } from './parked-job-view.ts';
import { redact } from './redact.ts';

export const ONE_IS_GOING = 'A retry run or a discard is in progress: stop it, or wait for its end';

const ok = (value: unknown): Reply => ({ status: 200, json: JSON.stringify(value) });
const done = { 200: { description: 'Done' } };
const noParams = z.object({});

export function parkedRoutes({ parked, queues }: { parked: Parked; queues: Queues }): Route[] {
  const { index, runs, discards, operatorLog, byHand } = parked;
  let groups: { version: number; found: Group[] } | undefined;

  async function currentGroups(): Promise<Group[]> {
    const jobs = await index.jobs();
    const version = index.version();
    if (groups?.version !== version) groups = { version, found: groupsOf(jobs) };
    return groups.found;
  }

  return [
    defineRoute({
      id: 'listGroups',
      method: 'get',
      path: '/operator/parked/groups',
      summary: 'Parked and failed jobs by cause, the retry run and the discard',
      params: noParams,
      responses: done,
      async handler() {
        const [found, run, discard] = await Promise.all([currentGroups(), runs.latest(), discards.latest()]);
        const shown = found.map((group) => ({ ...group, fingerprint: redact(group.fingerprint) }));
        return ok({ groups: shown, index: index.state(), run: run ?? null, discard: discard ?? null });
      },
    }),
    defineRoute({
      id: 'searchParked',
      method: 'get',
      path: '/operator/parked/jobs',
      summary: 'Jobs that meet all conditions, newest failures first',
      params: noParams,
      query: searchQuery,
      responses: done,
      async handler({ query: { offset, limit, ...filter } }) {
        const found = search(await index.jobs(), definedOnly(filter), offset, limit);
        return ok({ total: found.total, jobs: found.jobs.map(rowOf), index: index.state() });
      },
    }),
    defineRoute({
      id: 'readParked',
      method: 'get',
      path: '/operator/parked/jobs/:queue/:job',
      summary: 'One job in full',
      params: jobParams,
      responses: done,
      async handler({ params }) {
        const job = await readParkedJob(queues, params.queue, params.job);
        if (!job) throw new Problem(404, 'There is no such job');
        return ok(job);
      },
    }),
    defineRoute({
      id: 'retryParked',
      method: 'post',
      path: '/operator/parked/jobs/:queue/:job/retry',
      summary: 'Retries one job, optionally with edited data',
      params: jobParams,
      body: retryBody,
      responses: done,
      async handler({ params: { queue, job }, body: { data }, actor }) {
        const outcome = await retryOne(queues, byHand, queue, job, data);
        if (outcome === 'not there') throw new Problem(404, 'There is no such job');
        if (outcome === 'not editable') throw new Problem(409, 'Only a parked match can be edited');
        if (outcome === 'not failed') throw new Problem(409, 'The job is no longer failed');
        index.forget(queue, job);
        const edited = data !== undefined;
        await operatorLog.note(actor as Actor, edited ? 'edit and retry one' : 'retry one', { queue, job });
        return ok({ retried: true });
      },
    }),
    defineRoute({
      id: 'startRun',
      method: 'post',
      path: '/operator/parked/runs',
      summary:
        'Retries all matching jobs: one first, then up to a hundred per second; stops when one fails again',
      params: noParams,
      body: runBody,
      responses: done,
      async handler({ body, actor }) {
        const filter = definedOnly(body);
        const group = (await currentGroups()).find(({ id }) => id === filter.group);
        const outcome = await runs.start(actor as Actor, filter, inWords(filter, group));
        if (outcome === 'one is going') throw new Problem(409, ONE_IS_GOING);
        if (outcome === 'nothing fits') throw new Problem(404, 'Nothing left to retry');
        return ok({ started: true });
      },
    }),
    defineRoute({
      id: 'stopRun',
      method: 'post',
      path: '/operator/parked/runs/stop',
      summary: 'Stops the retry run',
      params: noParams,
      body: nothing,
      responses: done,
      async handler({ actor }) {
        if (!(await runs.askToStop(actor as Actor))) throw new Problem(409, 'No retry run is in progress');
        return ok({ stopping: true });
      },
    }),
  ];
}

const rowOf = ({ parkedAt, failedAt, ...job }: ParkedJob) => ({
  ...job,
  fingerprint: redact(job.fingerprint),
  parkedAt: new Date(parkedAt).toISOString(),
  failedAt: new Date(failedAt).toISOString(),
});
