/** What Bull Board may do and what becomes of it: limits before, the operator log after, nothing too large or secret on its page. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AfterHook, BeforeHook, BoardHooks, HookContext } from '@bull-board/api/typings/app';
import type { Queues } from '../../lanes/queues.ts';
import type { Logger } from '../../observe/logger.ts';
import type { Actor, OperatorLog } from '../../parked/operator-log.ts';
import { viewJob } from './job-view.ts';
import { redact } from './redact.ts';

const MAX_JOBS_PER_PAGE = 100;
/** Above it "retry all" would send everything at the workers at once, and back into `failed` if the cause is not mended. */
const MAX_RETRIED_AT_ONCE = 100;
const MAX_REASON = 2_000;
const MAX_STACK_LINES = 20;

/** Who asks: Bull Board hands its hooks the headers, not the login. */
export const asking = new AsyncLocalStorage<Actor>();

export const boardHooks = (queues: Queues, operatorLog: OperatorLog, log: Logger): BoardHooks => ({
  before: (context) => before(context, queues),
  after: async (context, result) => {
    if (context.method === 'get') return shortened(context, result);
    await note(context, result.status ?? 200, operatorLog, log);
    return result;
  },
});

async function before(
  { route, request }: HookContext,
  queues: Queues,
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
      return refuse(`${jobs} jobs at once would be a stampede: /parked retries a group at a bounded rate`);
    }
  }
  if (route.endsWith('/update-data')) {
    const job = await queue?.getJob(String(params['jobId']));
    if (job && !viewJob(job.data, found?.definition).isWhole) {
      return refuse('This job is not shown as it is: saving what is shown would spoil it');
    }
  }
  return undefined;
}

const refuse = (message: string) => ({ allow: false, status: 409 as const, message });

/** The action is done by now: that it cannot be noted must not make it look undone. */
async function note(
  { route, request }: HookContext,
  status: number,
  operatorLog: OperatorLog,
  log: Logger,
): Promise<void> {
  if (status >= 300) return;
  const { queueName: queue, jobId: job, queueStatus: jobs } = request.params;
  const named = route.split('/').slice(3);
  const action = `dashboard: ${named.filter((part) => !part.startsWith(':')).join(' ')}`;
  const what = { queue, job, jobs };
  log.info({ action, ...what }, 'changed by hand on the dashboard');
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

/** Reasons and stacks go through no formatter. */
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
