/** Pages, API, feeds, live streams and dashboard. Pump and worker never load this file. */

import { createReading, noReading } from '../bluesky/reading/reading.ts';
import { createErase } from '../inbox/erase/erase.ts';
import { createErasures } from '../inbox/erase/erased.ts';
import { createFeedTokens } from '../inbox/feed-tokens.ts';
import { createInboxIds } from '../inbox/ids/inbox-ids.ts';
import { createInboxList } from '../inbox/inbox-list.ts';
import { createInboxReader } from '../inbox/read/inbox-reader.ts';
import { createServed } from '../inbox/served.ts';
import { createInboxWatch } from '../inbox/watch/inbox-watch.ts';
import { openQueues } from '../lanes/queues.ts';
import { createFigures } from '../monitor/figures.ts';
import { exposeReadings } from '../monitor/gauges.ts';
import { startHistory } from '../monitor/history.ts';
import { watchStanding } from '../monitor/standing.ts';
import { parkedByReason } from '../parked/index/groups.ts';
import { startParked } from '../parked/parked.ts';
import { createDirectory } from '../subscriptions/directory.ts';
import { countWithoutId } from '../web/greader/selection.ts';
import { startWebServer } from '../web/server.ts';
import { type AppContext, healthOf, once, type Running } from './context.ts';
import { watchLeftovers } from './leftovers.ts';
import { openReadings } from './readings.ts';

export async function startWebRole(context: AppContext): Promise<Running & { url: string }> {
  const { config, redis, log } = context;
  const client = redis.connect(redis.home, 'commands', 'web');
  const queues = openQueues(client, config.delivery.attempts, config.stream.keys);
  const watch = createInboxWatch({
    reader: redis.connect(redis.home, 'reader', 'live'),
    commands: client,
    onTrouble: (error) => context.events.trouble('live streams', error),
  });
  const parked = startParked({
    client,
    queues,
    log,
    windowMs: config.stream.retentionMs,
    onDiscarded: (count) => context.metrics.discarded.inc(count),
  });
  const standing = watchStanding(client, queues);
  const takeReadings = openReadings(context, client, queues, () => parkedByReason(parked.index), standing.of);
  exposeReadings(context.metrics.registry, takeReadings);
  const figures = createFigures(client, queues, takeReadings);
  const history = startHistory(client, figures);
  const inboxList = createInboxList(client);
  const feedTokens = createFeedTokens(client);
  const directory = createDirectory(client);
  const server = await startWebServer({
    config,
    client,
    watch,
    reading: config.lookups ? createReading(client, queues.enrich, config.lookups) : noReading,
    log,
    queues,
    inboxes: createInboxReader(client),
    inboxIds: createInboxIds(client, {
      onAdded: (table, start) => context.events.itemsWithoutId(countWithoutId(table, start)),
    }),
    served: createServed(client),
    inboxList,
    erase: createErase({
      client,
      list: inboxList,
      feedTokens,
      directory,
      rememberMs: config.inbox.seenWindowMs,
    }),
    erasures: createErasures(client),
    feedTokens,
    directory,
    parked,
    overview: { figures, since: history.since },
    health: healthOf(context),
  });
  const leftovers = watchLeftovers(queues, context.events);
  const running = once(async () => {
    leftovers.stop();
    standing.stop();
    await Promise.all([server.stop(), parked.stop(), history.stop()]);
    await watch.stop();
  });
  return { ...running, url: server.url };
}
