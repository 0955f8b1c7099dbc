/** Health checks for `npm run doctor`. Each problem comes with its fix; a missing permission is a finding, not an error. */
import type { QueueTraits } from '../../queues/index.ts';
import type { Config } from '../config/config.ts';
import { describeLimits, readLimits } from '../lanes/limits.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { consumersOf, groupOf } from '../stream/xinfo.ts';
import { examineServer, type Finding } from './examine-server.ts';

export interface DoctorOptions {
  home: RedisClient;
  skywire: RedisClient;
  queues: Queues;
  config: Pick<Config, 'stream' | 'http'>;
}

const ORPHAN_AFTER_MS = 60_000;
const LAG_LOOK = 10_000;

export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { home, skywire, queues, config } = options;
  const streams = config.stream.keys.map((stream) =>
    ifAllowed(`the stream ${stream}`, examineStream(skywire, stream, config.stream.group)),
  );
  const found = await Promise.all([
    ifAllowed('Redis', examineServer(home)),
    ...streams,
    ifAllowed('the queues', examineQueues(queues)),
    examinePort(config.http),
  ]);
  return found.flat();
}

async function ifAllowed(what: string, findings: Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await findings;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    return [
      {
        level: 'note',
        what: `no permission to inspect ${what}`,
        fix: 'deploy/redis-users.acl lists the permissions',
      },
    ];
  }
}

async function examineStream(client: RedisClient, stream: string, group: string): Promise<Finding[]> {
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
        fix: 'npm run pump creates it, at the beginning of the stream',
      },
    ];
  const unread = (await client.xrange(stream, `(${row['last-delivered-id']}`, '+', 'COUNT', LAG_LOOK)).length;
  const consumers = await consumersOf(client, stream, group);
  const orphans = consumers.filter(({ pending, idle }) => pending > 0 && idle > ORPHAN_AFTER_MS);
  return [
    {
      level: 'ok',
      what: `${stream}: ${await client.xlen(stream)} entries, ${row.pending} pending, ${unread === LAG_LOOK ? `over ${LAG_LOOK}` : unread} unread`,
    },
    ...(unread && !consumers.length
      ? [{ level: 'dangerous', what: 'no consumer reads the stream', fix: 'npm run pump' } as const]
      : []),
    ...orphans.map(
      (one): Finding => ({
        level: 'dangerous',
        what: `consumer ${one.name} is gone and left ${one.pending} entries pending`,
        fix: 'npm run pump claims them within 20 s; if one is running, check its log',
      }),
    ),
  ];
}

async function examineQueues({ all }: Queues): Promise<Finding[]> {
  const found = await Promise.all(
    all.map(async ({ name, queue, definition }): Promise<Finding[]> => {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const limits = describeLimits(name, await readLimits(queue));
      const workers = await queue.getWorkersCount().catch(() => undefined);
      const { waiting = 0, delayed = 0, failed = 0 } = counts;
      const what = `queue ${name}: ${waiting} waiting, ${counts['active']} active, ${delayed} delayed, ${failed} failed`;
      return [
        { level: 'ok', what: `${what}; ${workers ?? 'no permission to count'} workers` },
        ...(workers === 0 && waiting
          ? [{ level: 'dangerous', what: `no worker for queue ${name}`, fix: 'npm run worker' } as const]
          : []),
        ...limits.map(
          ({ stops, what: limit, remedy }): Finding => ({
            level: stops ? 'dangerous' : 'note',
            what: limit,
            fix: remedy,
          }),
        ),
        ...(failed ? [failedJobs(name, failed, definition.failed)] : []),
      ];
    }),
  );
  return found.flat();
}

function failedJobs(name: string, failed: number, are: QueueTraits['failed']): Finding {
  const page = `/dashboard/queue/${name}?status=failed`;
  return are === 'dead-letter'
    ? {
        level: 'note',
        what: `${failed} ${name} matches (dead letters) wait for an operator`,
        fix: `open ${page}`,
      }
    : {
        level: 'dangerous',
        what: `${failed} jobs of ${name} failed`,
        fix: `open ${page}, fix the cause, retry`,
      };
}

async function examinePort({ host, port }: Config['http']): Promise<Finding[]> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.status,
    () => undefined,
  );
  return [{ level: 'ok', what: answer === 200 ? `web answers at ${url}` : `no web role at ${url}` }];
}
