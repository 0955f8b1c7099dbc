import { expect, test } from 'vitest';
import { noLimits } from '../../src/lanes/limits.ts';
import { type Figures, workInStreams } from '../../src/monitor/figures.ts';
import { healthOf } from '../../src/monitor/health.ts';

const stream = {
  stream: 'skywire:matches',
  group: 'skywire-inbox',
  length: 1_000,
  unread: 0,
  unreadAgeMs: 0,
  pending: 0,
  pendingAgeMs: 0,
  aheadMs: 0,
  otherGroups: [],
};
const home = {
  server: 'home',
  usedBytes: 10,
  limitBytes: 100,
  limitedBy: 'maxmemory' as const,
  isDurable: true,
  mayEvict: false,
  evictedKeys: 0,
  replicas: 0,
};
const jobs = { queue: 'matches', definition: 'matches', waiting: 0, active: 0, delayed: 0, failed: 0 };
const well: Figures = {
  at: '2026-01-01T00:00:00.000Z',
  streams: [stream],
  queues: [{ ...jobs, limits: noLimits }],
  parked: { unrouted: 0 },
  work: { handledPerSecond: 100, deliveredPerSecond: 90, p50Ms: 10, p99Ms: 50 },
  canaryAgeMs: null,
  losses: null,
  servers: [home],
};
const still = { ...well.work!, handledPerSecond: 0 };
const behind = [{ ...stream, unread: 4_100, unreadAgeMs: 41_000 }];

test('work in the stream is told in seconds at the present rate', () => {
  expect(workInStreams(well)).toBe(0);
  expect(workInStreams({ ...well, streams: behind })).toBe(41);
  expect(workInStreams({ ...well, streams: [...behind, ...behind] })).toBe(82);
  expect(workInStreams({ ...well, streams: behind, work: still })).toBeUndefined();
});

test('where all is well it says so', () => {
  expect(healthOf(well)).toMatchObject([{ level: 'good', what: 'All is well.' }]);
  expect(healthOf({ ...well, streams: behind })).toMatchObject([{ level: 'good' }]);
});

test.each<[string, Partial<Figures>, string, string, string]>([
  ['queues cannot be read', { queues: null }, 'bad', 'does not answer', 'npm run doctor'],
  ['the stream cannot be read', { streams: null }, 'bad', 'cannot be read', 'npm run doctor'],
  ['Redis is filling up', { servers: [{ ...home, usedBytes: 75 }] }, 'look', '75 % full', 'more memory'],
  ['Redis is full', { servers: [{ ...home, usedBytes: 90 }] }, 'bad', '90 % full', 'more memory'],
  [
    'Redis has no maxmemory, and fills its machine',
    { servers: [{ ...home, usedBytes: 90, limitedBy: 'machine' }] },
    'bad',
    '90 % full',
    'Set maxmemory',
  ],
  [
    'Redis says nothing about its memory',
    { servers: [{ ...home, limitBytes: 0, limitedBy: 'machine' }] },
    'look',
    'the pump cannot stop before it is full',
    'set maxmemory',
  ],
  [
    "Skywire's Redis is full, for which no pump stops",
    { servers: [home, { ...home, server: 'skywire', usedBytes: 90 }] },
    'bad',
    "Skywire's Redis is 90 % full",
    'it refuses what Skywire appends',
  ],
  [
    'Redis evicted keys',
    { servers: [{ ...home, evictedKeys: 3 }] },
    'bad',
    'has evicted 3 keys',
    'npm run audit',
  ],
  ['Redis may evict', { servers: [{ ...home, mayEvict: true }] }, 'bad', 'may evict keys', 'noeviction'],
  [
    'no append-only file',
    { servers: [{ ...home, isDurable: false }] },
    'look',
    'append-only',
    'appendonly yes',
  ],
  ['a long backlog', { streams: [{ ...stream, unread: 9_000 }] }, 'look', '90 s of work', 'npm run worker'],
  ['no pump', { streams: behind, work: still }, 'bad', 'nothing moves', 'npm run pump'],
  [
    'no worker',
    {
      streams: behind,
      work: still,
      queues: [{ ...jobs, queue: 'matches-2', waiting: 100, limits: noLimits }],
    },
    'bad',
    'nothing moves',
    'npm run worker',
  ],
  [
    'no pump, and a queue whose name only begins like that of the batches',
    {
      streams: behind,
      work: still,
      queues: [{ ...jobs, queue: 'matches-of-others', definition: 'others', waiting: 100, limits: noLimits }],
    },
    'bad',
    'nothing moves',
    'npm run pump',
  ],
  [
    'a queue was paused',
    { queues: [{ ...jobs, limits: { ...noLimits, isPaused: true } }] },
    'bad',
    'matches is paused by hand',
    'Resume',
  ],
  [
    'a rate limit was set',
    { queues: [{ ...jobs, limits: { ...noLimits, rate: { jobs: 5, ms: 500 } } }] },
    'look',
    'at most 5 jobs every 0.5 s',
    'Set rate limit',
  ],
  [
    'old pending',
    { streams: [{ ...stream, pending: 7, pendingAgeMs: 90_000 }] },
    'look',
    '7 matches',
    'takes them over',
  ],
  [
    'a group holds trimming',
    {
      streams: [
        {
          ...stream,
          otherGroups: [{ group: 'track_app', isExact: true, entries: 5_000, oldestMs: 0, overdueMs: 1 }],
        },
      ],
    },
    'look',
    '5,000 entries',
    'XGROUP DESTROY skywire:matches track_app',
  ],
  [
    'a queue stands still while others move',
    { queues: [{ ...jobs, limits: noLimits, standing: { ms: 98_000, othersMove: true } }] },
    'bad',
    'matches stands still: jobs wait, and none was started for 98 s',
    'restart them',
  ],
  [
    'no queue moves',
    { queues: [{ ...jobs, limits: noLimits, standing: { ms: 98_000, othersMove: false } }] },
    'bad',
    'matches stands still',
    'npm run worker',
  ],
  [
    'a partition was taken out',
    { queues: [{ ...jobs, queue: 'matches-2', isLeftover: true, waiting: 7, limits: noLimits }] },
    'look',
    'matches-2 holds 7 unfinished and 0 failed jobs',
    'workers finish them',
  ],
  [
    'the canary of one stream is late',
    { canaryAgeMs: 120_000, canaryStream: 's2' },
    'bad',
    'of s2,',
    'doctor',
  ],
  [
    'ids are ahead',
    { streams: [{ ...stream, aheadMs: 3_600_000 }] },
    'look',
    '60 min ahead',
    'Nothing is lost',
  ],
  ['the canary is late', { canaryAgeMs: 120_000 }, 'bad', '120 s', 'npm run doctor'],
  [
    'some are parked',
    { parked: { unrouted: 2, rejected: 1 } },
    'look',
    '3 parked matches need an operator',
    'Open Parked',
  ],
])('%s: what is wrong and what to do', (_, change, level, what, remedy) => {
  const [finding, ...others] = healthOf({ ...well, ...change });
  expect(others).toEqual([]);
  expect(finding!.level).toBe(level);
  expect(finding!.what).toContain(what);
  expect(finding!.remedy).toContain(remedy);
});

test('the worst comes first', () => {
  const findings = healthOf({ ...well, parked: { unrouted: 1 }, canaryAgeMs: 120_000 });
  expect(findings.map(({ level }) => level)).toEqual(['bad', 'look']);
});
