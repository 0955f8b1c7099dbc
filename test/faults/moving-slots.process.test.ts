/** Slots of a Cluster that move to another master while matches are delivered: an inbox's, the stream's, a queue's. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { queuePrefix } from '../../src/redis/keys.ts';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { moveAround } from '../fixtures/move-slot.ts';
import { STREAM } from '../fixtures/progress.ts';
import type { World } from '../fixtures/world.ts';
import { fault } from './fault.ts';

let cluster: ClusterSite | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

const TIMES = 12;
/** Longer than a job's lock, and than any command is tried again. */
const HOLD_MS = 12_000;
const MALFORMED = 200;
const metaOf = (queue: string): string => `${queuePrefix(queue)}:${queue}:meta`;

const rows: [name: string, keys: string[], parked: number][] = [
  ['inboxes', Array.from({ length: 6 }, (_, n) => `inbox:{sub-${n}}`), 0],
  ['the stream', [STREAM], 0],
  ['the queue of batches', [metaOf('matches')], 0],
  ['the dead letters', [metaOf('parked')], MALFORMED],
];

for (const [name, keys, parked] of rows)
  fault(
    `Cluster: the slot of ${name} moves under load`,
    {
      async site() {
        cluster = await startClusterSite('--appendfsync', 'no');
        return cluster;
      },
      env: { BATCH_SIZE: '5', LOG_LEVEL: 'info' },
      rate: 800,
      parked,
    },
    async (world, { pumps, workers }) => {
      // There must be something to move.
      await world.deliveredMoreThan(0);
      const parking = appendMalformed(world, parked);
      let [count, ms] = [0, 0];
      for (const [nth, key] of keys.entries()) {
        const move = await moveAround(cluster!, key, TIMES / keys.length, nth === 0 ? HOLD_MS : 0);
        [count, ms] = [count + move.keys, ms + move.ms];
      }
      await parking;
      const before = await world.delivered();
      await world.deliveredMoreThan(before + 200);
      const lines = [...pumps, ...workers].flatMap((role) => role.output().split('\n'));
      const refused = lines.filter((line) => /TRYAGAIN|non local key|redirections/.test(line)).length;
      return `moved ${TIMES} times, key by key: ${count} keys in ${(ms / 1_000).toFixed(1)} s, with one rest of ${HOLD_MS / 1_000} s; ${refused} log lines about it`;
    },
  );

async function appendMalformed({ client }: World, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await client.xadd(STREAM, '*', 'data', 'no JSON');
    await pause(10);
  }
}
