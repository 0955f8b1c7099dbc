/** Health checks for `npm run doctor`. Each problem comes with its fix; a missing permission is a finding, not an error. */
import type { QueueTraits } from '../../queues/index.ts';
import type { Config } from '../config/config.ts';
import { howToRun } from '../config/invocation.ts';
import type { JobQueue } from '../lanes/job-queue.ts';
import { describeLimits, readLimits } from '../lanes/limits.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { examineServer, type Finding, ifAllowed } from './examine-server.ts';
import { examineSkywire, type SkywireOptions } from './examine-skywire.ts';

export interface DoctorOptions extends SkywireOptions {
  home: RedisClient;
  queues: Queues;
  config: Pick<Config, 'stream' | 'http'>;
}

export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { home, queues, config } = options;
  const found = await Promise.all([
    ifAllowed('Redis', examineServer(home)),
    examineSkywire(options),
    ifAllowed('the queues', examineQueues(queues)),
    examinePort(config.http),
  ]);
  return [...found.flat(), ...examineProxy(config.http)];
}

async function examineQueues(queues: Queues): Promise<Finding[]> {
  await queues.lookForLeftovers();
  const { all } = queues;
  const leftovers = new Set<JobQueue>(queues.leftovers());
  const found = await Promise.all(
    all.map(async (one): Promise<Finding[]> => {
      const { name, queue, definition } = one;
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const limits = describeLimits(name, await readLimits(queue));
      const workers = await queue.getWorkersCount().catch(() => undefined);
      const { waiting = 0, delayed = 0, failed = 0 } = counts;
      const what = `queue ${name}: ${waiting} waiting, ${counts['active']} active, ${delayed} delayed, ${failed} failed`;
      return [
        { level: 'ok', what: `${what}; ${workers ?? 'no permission to count'} workers` },
        ...(workers === 0 && waiting
          ? [{ level: 'dangerous', what: `no worker for queue ${name}`, fix: howToRun('worker') } as const]
          : []),
        ...(leftovers.has(one) ? [leftover(name)] : []),
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

const leftover = (name: string): Finding => ({
  level: 'note',
  what: `queue ${name} holds jobs of a partition that SKYWIRE_STREAM no longer lists`,
  fix: `none is needed while workers finish them: run ${howToRun('doctor')} again until they are gone`,
});

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

function examineProxy({ publicUrl, proxies }: Config['http']): Finding[] {
  if (['192.0.2.1', '198.51.100.1', '203.0.113.1'].every((anybody) => proxies?.check(anybody, 'ipv4')))
    return [
      {
        level: 'dangerous',
        what: 'TRUST_PROXY names every address: anybody may claim any address, and guess passwords without limit',
        fix: 'name only the addresses of the proxies',
      },
    ];
  if (!publicUrl || proxies) return [];
  return [
    {
      level: 'note',
      what: 'PUBLIC_URL is set and TRUST_PROXY is not: the login limit and the operator log see all visitors at the address of the proxy',
      fix: 'TRUST_PROXY=loopback, or the address of the proxy',
    },
  ];
}
