/** Findings for the overview: what is wrong, worst first, and how to fix it; a single `good` one if nothing is. */
import { queues as definitions } from '../../queues/index.ts';
import { howToRun } from '../config/invocation.ts';
import { describeLimits } from '../lanes/limits.ts';
import { FULL, fullness, unknownLimit } from '../redis/memory.ts';
import { type Figures, parkedOf, unreadOf, workInStreams } from './figures.ts';
import { type Finding, type Level, shown } from './finding.ts';
import { holdsTrimming } from './other-groups.ts';
import { queuesHealth } from './queues-health.ts';
import { describeLosses } from './read-losses.ts';
import { idsAhead } from './read-stream.ts';

export type { Finding, Level };

const LONG_BACKLOG_S = 60;
const OLD_PENDING_MS = 60_000;
const OLD_CANARY_MS = 60_000;
/** Well before FULL, where the pump stops reading. */
const FILLING = 0.7;

export function healthOf(figures: Figures): Finding[] {
  const findings = [
    ...unreadable(figures),
    ...servers(figures),
    ...losses(figures),
    ...backlog(figures),
    ...pending(figures),
    ...queuesHealth(figures),
    ...otherGroups(figures),
    ...ahead(figures),
    ...canary(figures),
    ...parked(figures),
  ];
  const order: Level[] = ['bad', 'look', 'good'];
  findings.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  return findings.length ? findings : [{ level: 'good', what: 'All is well.', remedy: summary(figures) }];
}

function summary(figures: Figures): string {
  const rate = Math.round(figures.work?.handledPerSecond ?? 0);
  return rate > 0
    ? `${shown(rate)} matches per second, and none needs an operator.`
    : 'Nothing is waiting: every match that Skywire sent has been handled.';
}

function unreadable({ streams, queues, servers }: Figures): Finding[] {
  const findings: Finding[] = [];
  const remedy = `Check that the server is running and that the password is still valid; ${howToRun('doctor')} says more.`;
  if (queues === null || !servers.some(({ server }) => server === 'home')) {
    findings.push({ level: 'bad', what: 'The Redis of queues and inboxes does not answer.', remedy });
  }
  if (streams === null) findings.push({ level: 'bad', what: "Skywire's stream cannot be read.", remedy });
  return findings;
}

function servers({ servers }: Figures): Finding[] {
  return servers.flatMap((one): Finding[] => {
    const { server, isDurable, mayEvict, evictedKeys } = one;
    const findings = memory(one);
    const name = nameOf(server);
    if (evictedKeys > 0 || mayEvict) {
      const remedy = `redis-cli CONFIG SET maxmemory-policy noeviction, then ${howToRun('audit')}.`;
      const what =
        evictedKeys > 0 ? `has evicted ${shown(evictedKeys)} keys` : 'may evict keys when it is full';
      findings.push({ level: 'bad', what: `${name} ${what}, and matches with them.`, remedy });
    }
    if (!isDurable) {
      const remedy = 'redis-cli CONFIG SET appendonly yes; check that its disk is not full.';
      findings.push({
        level: 'look',
        what: `${name} is not writing its append-only file: a crash would lose matches.`,
        remedy,
      });
    }
    return findings;
  });
}

const nameOf = (server: string): string => (server === 'home' ? 'Redis' : "Skywire's Redis");

/** Reading does not fill Skywire's server: the pump stops only for the server of queues and inboxes. */
function memory({ server, ...one }: Figures['servers'][number]): Finding[] {
  if (server === 'home' && !one.limitBytes)
    return [{ level: 'look', what: `${unknownLimit.what}.`, remedy: `To fix it, ${unknownLimit.remedy}.` }];
  const share = fullness(one);
  if (share < FILLING) return [];
  const set = one.limitedBy === 'machine' ? 'Set maxmemory: at 100 % the kernel kills Redis. ' : '';
  const remedy =
    server === 'home'
      ? 'Give it more memory, or keep less: INBOX_MAX_ITEMS, STREAM_RETENTION_HOURS. At 85 % the pump stops reading.'
      : 'Give it more memory, or keep less: STREAM_RETENTION_HOURS. When it is full, it refuses what Skywire appends.';
  const level = share >= FULL ? 'bad' : 'look';
  return [{ level, what: `${nameOf(server)} is ${Math.round(share * 100)} % full.`, remedy: set + remedy }];
}

function losses({ losses }: Figures): Finding[] {
  return (losses ?? []).flatMap(describeLosses).map((found) => ({ level: 'bad', ...found }));
}

function backlog(figures: Figures): Finding[] {
  const unread = unreadOf(figures);
  if (unread === 0 || figures.streams === null) return [];
  const seconds = workInStreams(figures);
  const jobs = (figures.queues ?? []).filter(({ definition }) => definition === definitions.matches.name);
  const [limit] = jobs.flatMap(({ queue, limits }) => describeLimits(queue, limits));
  const waiting = jobs.reduce((sum, one) => sum + one.waiting, 0);
  const active = jobs.reduce((sum, one) => sum + one.active, 0);
  if (seconds === undefined) {
    const oldestMs = Math.max(0, ...figures.streams.map(({ unreadAgeMs }) => unreadAgeMs));
    if (oldestMs < 10_000) return [];
    const isPump = waiting === 0 && active === 0;
    return [
      {
        level: 'bad',
        what: `${shown(unread)} matches are waiting in the stream, and nothing moves.`,
        remedy: isPump
          ? `No pump is reading: start one (${howToRun('pump')}), or check its log.`
          : (limit?.remedy ??
            `No worker is taking jobs: start one (${howToRun('worker')}), or check its log.`),
      },
    ];
  }
  if (seconds < LONG_BACKLOG_S) return [];
  return [
    {
      level: 'look',
      what: `The stream holds ${Math.round(seconds)} s of work (${shown(unread)} matches).`,
      remedy:
        limit?.remedy ??
        `Start more workers (${howToRun('worker')}, or docker compose up --scale worker=3). Nothing is lost meanwhile.`,
    },
  ];
}

function pending({ streams }: Figures): Finding[] {
  return (streams ?? [])
    .filter(({ pendingAgeMs }) => pendingAgeMs > OLD_PENDING_MS)
    .map(({ stream, pending, pendingAgeMs }) => ({
      level: 'look' as const,
      what: `${shown(pending)} matches of ${stream} were read but are not yet queued, the oldest of them ${Math.round(pendingAgeMs / 1_000)} s old.`,
      remedy: 'A pump crashed, or is held back by backpressure; a running pump takes them over within 30 s.',
    }));
}

function otherGroups({ streams }: Figures): Finding[] {
  return (streams ?? []).flatMap(({ stream, otherGroups }) =>
    otherGroups
      .filter(({ overdueMs }) => overdueMs > 0)
      .map((one) => ({ level: 'look' as const, ...holdsTrimming(stream, one) })),
  );
}

function ahead({ streams }: Figures): Finding[] {
  return (streams ?? [])
    .filter(({ aheadMs }) => aheadMs > 0)
    .map((stream) => ({ level: 'look' as const, ...idsAhead(stream) }));
}

function canary({ canaryAgeMs, canaryStream }: Figures): Finding[] {
  if (canaryAgeMs === null || canaryAgeMs < OLD_CANARY_MS) return [];
  const what = `The canary, our own test match${canaryStream ? ` of ${canaryStream}` : ''}, has not arrived for ${Math.round(canaryAgeMs / 1_000)} s.`;
  return [
    { level: 'bad', what, remedy: `See below where the pipeline stops; ${howToRun('doctor')} says more.` },
  ];
}

function parked(figures: Figures): Finding[] {
  const count = parkedOf(figures);
  if (count === 0) return [];
  const what =
    count === 1 ? 'One parked match needs an operator.' : `${shown(count)} parked matches need an operator.`;
  return [{ level: 'look', what, remedy: 'Open Parked, fix the cause, then retry the group.' }];
}
