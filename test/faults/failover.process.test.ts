/** Masters that change: Sentinel and Cluster. What a failover takes from the stream itself is measured, not hidden. */
import { afterEach, expect } from 'vitest';
import { queuePrefix } from '../../src/redis/keys.ts';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { eventually } from '../fixtures/eventually.ts';
import { STREAM } from '../fixtures/progress.ts';
import { type SentinelSite, startSentinelSite } from '../fixtures/sentinel.ts';
import { directTraffic } from '../fixtures/traffic.ts';
import type { World } from '../fixtures/world.ts';
import { fault } from './fault.ts';
import { keptInStream } from './kept.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const oneMustConfirm = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'];
let sentinels: SentinelSite;
let cluster: ClusterSite;

async function sentinelSite(replicas: number, ...args: string[]): Promise<SentinelSite> {
  sentinels = await startSentinelSite(replicas, '--appendfsync', 'no', ...args);
  stops.push(sentinels.stop);
  return sentinels;
}

/** Goes on by itself; how long that took. */
async function resumes(world: World): Promise<string> {
  const began = performance.now();
  // A node that is dead cannot be asked; its replica can in a moment.
  const before = await eventually(() => world.delivered(), { withinMs: 30_000 });
  await world.deliveredMoreThan(before + 200, 60_000);
  return `deliveries go on ${((performance.now() - began) / 1_000).toFixed(1)} s later`;
}

async function goneWith(world: World): Promise<number> {
  await world.producer.stop();
  return (await keptInStream(world)).gone;
}

fault(
  'Sentinel: failover, min-replicas-to-write as large as the number of replicas',
  { site: () => sentinelSite(1, ...oneMustConfirm), rate: 1_000, judge: keptInStream },
  async (world) => {
    await sentinels.failover();
    const how = await resumes(world);
    expect(await goneWith(world)).toBe(0);
    return `one replica; ${how}; no confirmed entry gone`;
  },
);

const weaker: [name: string, replicas: number, args: string[]][] = [
  ['Sentinel: failover, min-replicas-to-write 1 of two replicas', 2, oneMustConfirm],
  ['Sentinel: failover without min-replicas', 2, []],
];
for (const [name, replicas, args] of weaker)
  fault(
    name,
    { site: () => sentinelSite(replicas, ...args), rate: 1_000, judge: keptInStream },
    async (world) => {
      await sentinels.failover();
      const how = await resumes(world);
      const gone = await goneWith(world);
      return `${how}; **${gone} confirmed entries gone with the old master**, out of our hands`;
    },
  );

fault(
  'Sentinel: master killed',
  { site: () => sentinelSite(2, ...oneMustConfirm), rate: 1_000, judge: keptInStream },
  async (world) => {
    const master = await sentinels.master();
    await master.kill9();
    const how = await resumes(world);
    expect(await sentinels.master()).not.toBe(master);
    const gone = await goneWith(world);
    return `kill -9 of the master with min-replicas-to-write 1; ${how}; ${gone} confirmed entries gone with it`;
  },
);

fault(
  'Cluster: the node of the stream killed',
  {
    async site() {
      cluster = await startClusterSite('--appendfsync', 'no');
      stops.push(cluster.stop);
      return cluster;
    },
    rate: 500,
    judge: keptInStream,
  },
  async (world) => {
    const node = await cluster.masterOf(STREAM);
    await node.kill9();
    const how = await resumes(world);
    expect(await cluster.masterOf(STREAM)).not.toBe(node);
    const gone = await goneWith(world);
    return `kill -9 of a master of three; ${how}; ${gone} confirmed entries gone with it`;
  },
);

const partitions = [STREAM, `${STREAM}:2`, `${STREAM}:3`];

fault(
  'Cluster: 50,000 matches over three partitions, a master killed under load',
  {
    async site() {
      cluster = await startClusterSite('--appendfsync', 'no');
      stops.push(cluster.stop);
      return cluster;
    },
    streams: partitions,
    traffic: directTraffic(300),
    env: { BATCH_SIZE: '200' },
    rate: 0,
    judge: keptInStream,
    recoversWithinMs: 120_000,
    timeoutMs: 300_000,
  },
  async (world, _, moments) => {
    await world.producer.send(20_000);
    const sending = world.producer.send(30_000);
    await world.deliveredMoreThan(0, 60_000);
    await moments.wait(2_000);
    const node = await cluster.masterOf(STREAM);
    await node.kill9();
    const how = await resumes(world);
    await sending;
    expect(await cluster.masterOf(STREAM)).not.toBe(node);
    await world.quiet(120_000);
    const gone = await goneWith(world);
    const mastersWith = async (keys: string[]) =>
      new Set(await Promise.all(keys.map(async (key) => (await cluster.masterOf(key)).port))).size;
    const lanes = ['matches', 'matches-2', 'matches-3'].map((name) => `${queuePrefix(name)}:${name}:meta`);
    expect(await mastersWith(lanes)).toBe(3);
    const inboxes = Array.from({ length: 300 }, (_, n) => `inbox:{sub-${n}}`);
    expect(await mastersWith(inboxes)).toBe(3);
    return `kill -9 of one of three; ${how}; ${gone} confirmed entries gone with it`;
  },
);
