/** Masters that change: Sentinel and Cluster. What a failover takes from the stream itself is measured, not hidden. */
import { afterEach, expect } from 'vitest';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { STREAM } from '../fixtures/progress.ts';
import { type SentinelSite, startSentinelSite } from '../fixtures/sentinel.ts';
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
  await world.deliveredMoreThan((await world.delivered()) + 200, 60_000);
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
    await world.deliveredMoreThan(2_000);
    await sentinels.failover();
    const how = await resumes(world);
    expect(await goneWith(world)).toBe(0);
    return `SENTINEL FAILOVER, one replica; ${how}; no confirmed entry gone with the old master`;
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
      await world.deliveredMoreThan(2_000);
      await sentinels.failover();
      const how = await resumes(world);
      const gone = await goneWith(world);
      return `SENTINEL FAILOVER; ${how}; **${gone} confirmed entries gone with the old master**: out of our hands; the rest is all there`;
    },
  );

fault(
  'Sentinel: master killed',
  { site: () => sentinelSite(2, ...oneMustConfirm), rate: 1_000, judge: keptInStream },
  async (world) => {
    await world.deliveredMoreThan(2_000);
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
    await world.deliveredMoreThan(1_000);
    const node = await cluster.masterOf(STREAM);
    await node.kill9();
    const how = await resumes(world);
    expect(await cluster.masterOf(STREAM)).not.toBe(node);
    const gone = await goneWith(world);
    return `kill -9 of a master of three; ${how}; ${gone} confirmed entries gone with it`;
  },
);
