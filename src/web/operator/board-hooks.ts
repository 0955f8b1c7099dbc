/** Bull Board's hooks: limits before an action, the operator log after it, long texts cut and secrets redacted. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AfterHook, BeforeHook, BoardHooks, HookContext } from '@bull-board/api/typings/app';
import { queues as definitions } from '../../../queues/index.ts';
import { howToRun } from '../../config/invocation.ts';
import type { Queues } from '../../lanes/queues.ts';
import type { Logger } from '../../observe/logger.ts';
import type { ByHand } from '../../parked/by-hand.ts';
import type { Actor, OperatorLog } from '../../parked/operator-log.ts';
import { createDiscards } from './discards.ts';
import { viewJob } from './job-view.ts';
import { redact } from './redact.ts';

const MAX_JOBS_PER_PAGE = 100;
/** "Retry all" has no rate limit, and if the cause is not fixed, everything fails again. */
const MAX_RETRIED_AT_ONCE = 100;
const MAX_REASON = 2_000;
const MAX_STACK_LINES = 20;

/** Bull Board passes its hooks the headers, not the login. */
export const asking = new AsyncLocalStorage<Actor>();

interface BoardDeps {
  queues: Queues;
  operatorLog: OperatorLog;
  byHand: ByHand;
  log: Logger;
}

export function boardHooks(deps: BoardDeps): BoardHooks {
  const discards = createDiscards(deps.queues, deps.byHand);
  return {
    before: async (context) => {
      const refused = await before(context, deps);
      if (!refused) await discards.before(context);
      return refused;
    },
    after: async (context, result) => {
      if (context.method === 'get') return shortened(context, result);
      if ((result.status ?? 200) < 300) {
        await note(context, deps);
        await discards.after(context).catch((error: unknown) => {
          const { params } = context.request;
          const text = `removed on the dashboard, but not recorded as discarded: ${howToRun('audit')} calls it missing`;
          deps.log.error({ ...params, error: String(error) }, text);
        });
      }
      return result;
    },
  };
}

async function before(
  { route, request }: HookContext,
  { queues, byHand }: BoardDeps,
): Promise<Awaited<ReturnType<BeforeHook>>> {
  const { params, query } = request;
  if (Number(query['jobsPerPage']) > MAX_JOBS_PER_PAGE) {
    request.query = { ...query, jobsPerPage: String(MAX_JOBS_PER_PAGE) };
  }
  const found = queues.find(String(params['queueName']));
  const queue = found?.queue;
  if (route.endsWith('/retry/:queueStatus')) {
    const { failed = 0, completed = 0 } = (await queue?.getJobCounts()) ?? {};
    const jobs = params['queueStatus'] === 'completed' ? completed : failed;
    if (jobs > MAX_RETRIED_AT_ONCE) {
      return refuse(`${jobs} jobs are too many to retry at once: /parked retries a group at a bounded rate`);
    }
  }
  if (route.endsWith('/update-data')) {
    const job = await queue?.getJob(String(params['jobId']));
    if (job && !viewJob(job.data, found?.definition).isWhole) {
      return refuse('This job is not shown in full: saving what is shown would corrupt it');
    }
    const { jobData } = (request.body ?? {}) as { jobData?: unknown };
    if (job && found?.name === definitions.parked.name) await byHand.edited(job.id!, jobData);
  }
  return undefined;
}

const refuse = (message: string) => ({ allow: false, status: 409 as const, message });

/** The action is already done: a failure to log it must not make it look failed. */
async function note({ route, request }: HookContext, { operatorLog, log }: BoardDeps): Promise<void> {
  const { queueName: queue, jobId: job, queueStatus: jobs } = request.params;
  const named = route.split('/').slice(3);
  const action = `dashboard: ${named.filter((part) => !part.startsWith(':')).join(' ')}`;
  const what = { queue, job, jobs };
  log.info({ action, ...what }, 'changed on the dashboard');
  try {
    await operatorLog.note(asking.getStore() ?? { name: 'unknown', address: '' }, action, what);
  } catch (error) {
    log.error({ action, error: String(error) }, 'the operator log could not be written');
  }
}

interface ShownJob {
  failedReason?: string;
  stacktrace?: string[];
}

/** Bull Board has no formatter for reasons and stack traces. */
const shortened: AfterHook = (_context, result) => {
  const body = result.body as { queues?: { jobs?: ShownJob[] }[]; job?: ShownJob };
  if (typeof body !== 'object' || body === null) return result;
  const jobs = [body.job, ...(body.queues ?? []).flatMap((queue) => queue.jobs ?? [])];
  for (const job of jobs) {
    if (job?.failedReason) job.failedReason = cut(job.failedReason);
    if (job?.stacktrace) job.stacktrace = job.stacktrace.slice(0, MAX_STACK_LINES).map(cut);
  }
  return result;
};

const cut = (text: string): string =>
  redact(text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text);
