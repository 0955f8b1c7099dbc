/** Delivers matches from the queues into inboxes. */
import type { Ports } from '../../processors/index.ts';
import { noAnswering, startAnswering } from '../bluesky/answering.ts';
import { createInboxList } from '../inbox/inbox-list.ts';
import { createFill } from '../inbox/maintenance/fill.ts';
import { startMaintenance } from '../inbox/maintenance/maintenance.ts';
import { createSweep } from '../inbox/maintenance/sweep.ts';
import { createInboxWriter } from '../inbox/write/inbox-writer.ts';
import { openQueues } from '../lanes/queues.ts';
import { standingCheck, watchStanding } from '../monitor/standing.ts';
import { createDirectoryRouter, directRouter } from '../subscriptions/directory.ts';
import { withCrashPoints } from '../workers/crash-points.ts';
import { createJobs, isWorkersOutage } from '../workers/jobs.ts';
import { createKeptEntries } from '../workers/kept-entries.ts';
import { tracedInboxes } from '../workers/traced.ts';
import { startWorkers } from '../workers/workers.ts';
import { type AppContext, once, type Running } from './context.ts';
import { watchLeftovers } from './leftovers.ts';

/** Running jobs get this long to finish. */
const STOP_WORKERS_WITHIN_MS = 5_000;

export function startWorkerRole(context: AppContext): Running {
  const { config, redis, events, tracing } = context;
  events.workerStarts();
  const client = redis.connect(redis.home, 'commands', 'worker');
  const queues = openQueues(client, config.delivery.attempts, config.stream.keys, {
    telemetry: tracing?.telemetry,
  });
  const lookups = config.lookups ? startAnswering(client, config.lookups, events) : noAnswering;
  const ports: Ports = {
    lookups,
    inboxes: tracedInboxes(tracing, withCrashPoints(createInboxWriter(client, config.inbox, events.trouble))),
    router: config.routing === 'direct' ? directRouter : createDirectoryRouter(client),
    jobs: createJobs(queues, events),
    kept: createKeptEntries(
      client,
      config.relay ? undefined : () => redis.connect(redis.skywire, 'commands', 'worker-stream'),
    ),
    isOutage: isWorkersOutage,
  };
  const workers = startWorkers({
    client: redis.connect(redis.home, 'queue', 'worker-queue'),
    ports,
    events,
    tracing,
    concurrency: config.work.concurrency,
    deliveryBackoff: config.delivery.backoff,
    queues: config.lookups ? queues : { all: queues.all.filter(({ definition }) => !definition.beside) },
  });
  const list = createInboxList(client);
  const maintenance = startMaintenance({
    client,
    fill: createFill(client, list, events.trouble),
    sweep: createSweep(client, list, config.inbox, events.trouble),
    onTrouble: events.trouble,
    onRound: events.maintained,
  });
  const leftovers = watchLeftovers(queues, events, { onFound: workers.attach });
  const standing = watchStanding(client, queues);
  context.checks.set('queues', () => standingCheck(standing.of, queues));
  return once(async () => {
    leftovers.stop();
    standing.stop();
    lookups.stop();
    await maintenance.stop();
    await workers.stop(STOP_WORKERS_WITHIN_MS);
    await queues.close();
  });
}
