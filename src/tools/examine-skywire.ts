/** Skywire's Redis, if it is a separate server, and its streams. */
import type { Config } from '../config/config.ts';
import { howToRun } from '../config/invocation.ts';
import { holdsTrimming } from '../monitor/other-groups.ts';
import { idsAhead, readStream } from '../monitor/read-stream.ts';
import { connectFirst, type RedisClient, type RedisTarget, RedisUnreachable } from '../redis/connections.ts';
import { consumersOf, groupOf } from '../stream/xinfo.ts';
import { examineServer, type Finding, ifAllowed } from './examine-server.ts';

export interface SkywireOptions {
  skywire: RedisClient;
  /** undefined: the stream is on the server of queues and inboxes. */
  skywireServer: RedisTarget | undefined;
  config: Pick<Config, 'stream'>;
}

const SERVER = "Skywire's Redis";
const ORPHAN_AFTER_MS = 60_000;

export async function examineSkywire({ skywire, skywireServer, config }: SkywireOptions): Promise<Finding[]> {
  const { keys } = config.stream;
  const away = skywireServer && (await examineConnection(skywire, skywireServer));
  if (away) return [away];
  const found = await Promise.all([
    skywireServer ? ifAllowed(SERVER, examineServer(skywire, SERVER)) : [],
    ...keys.map((stream) => ifAllowed(`the stream ${stream}`, examineStream(skywire, stream, config.stream))),
  ]);
  return found.flat();
}

async function examineConnection(client: RedisClient, target: RedisTarget): Promise<Finding | undefined> {
  try {
    await connectFirst(client, target);
    return undefined;
  } catch (error) {
    if (!(error instanceof RedisUnreachable)) throw error;
    return { level: 'dangerous', what: `Skywire's ${error.message}`, fix: 'check SKYWIRE_REDIS_URL' };
  }
}

async function examineStream(
  client: RedisClient,
  stream: string,
  { group, retentionMs }: Config['stream'],
): Promise<Finding[]> {
  const type = await client.type(stream);
  if (type === 'none')
    return [{ level: 'note', what: `stream ${stream} does not exist yet: nothing was appended` }];
  if (type !== 'stream')
    return [
      {
        level: 'dangerous',
        what: `${stream} is a ${type}, not a stream`,
        fix: 'set SKYWIRE_STREAM to the right key',
      },
    ];
  const row = await groupOf(client, stream, group);
  if (!row)
    return [
      {
        level: 'note',
        what: `group ${group} does not exist yet`,
        fix: `${howToRun('pump')} creates it, at the beginning of the stream`,
      },
    ];
  const consumers = await consumersOf(client, stream, group);
  const orphans = consumers.filter(({ pending, idle }) => pending > 0 && idle > ORPHAN_AFTER_MS);
  const reading = await readStream(client, stream, group, retentionMs);
  const holding = reading.otherGroups.filter(({ overdueMs }) => overdueMs > 0);
  return [
    {
      level: 'ok',
      what: `${stream}: ${reading.length} entries, ${row.pending} pending, ${reading.unread} unread`,
    },
    ...(reading.unread && !consumers.length
      ? [{ level: 'dangerous', what: 'no consumer reads the stream', fix: howToRun('pump') } as const]
      : []),
    ...[
      ...holding.map((one) => holdsTrimming(stream, one)),
      ...(reading.aheadMs ? [idsAhead(reading)] : []),
    ].map(({ what, remedy }): Finding => ({ level: 'note', what, fix: remedy })),
    ...orphans.map(
      (one): Finding => ({
        level: 'dangerous',
        what: `consumer ${one.name} is gone and left ${one.pending} entries pending`,
        fix: `${howToRun('pump')} claims them within 20 s; if one is running, check its log`,
      }),
    ),
  ];
}
