/** Power lost: the append-only file ends a second or two before what Redis confirmed. */
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { forPowerLoss, losePower } from '../fixtures/power-loss.ts';
import { groupOf, STREAM } from '../fixtures/progress.ts';
import type { TestRedis } from '../fixtures/redis.ts';
import type { World } from '../fixtures/world.ts';
import { type Cast, type FaultOptions, fault } from './fault.ts';
import { keptInStream } from './kept.ts';

async function cutPower({ producer }: World, server: TestRedis): Promise<number> {
  await producer.stop();
  await server.kill9();
  const bytes = losePower(server.dir);
  expect(bytes).toBeGreaterThan(0);
  await server.restart();
  return bytes;
}

/** The pump looks every few seconds; until then all seems to be done. Where it had read nothing, there is nothing to read again. */
async function readAgain(world: World, { pumps: [pump] }: Cast): Promise<void> {
  const group = await groupOf(world.servers.skywire, STREAM);
  if (group?.['last-delivered-id'] === '0-0') return;
  await eventually(() => expect(pump!.output()).toContain('rewound the consumer group'), {
    withinMs: 30_000,
  });
}

const options: FaultOptions = { redisArgs: forPowerLoss, rate: 1_000, judge: keptInStream };

fault('power loss', options, async (world) => {
  const bytes = await cutPower(world, world.redis);
  await world.producer.send(500);
  return `the last ${bytes} bytes of the append-only file gone: stream, queues and inboxes go back together`;
});

fault(
  "two servers: power loss on the inboxes' side",
  { ...options, twoServers: true },
  async (world, cast) => {
    const before = await world.delivered();
    const bytes = await cutPower(world, world.redis);
    const after = await world.delivered();
    // In the first moments there was nothing to take back.
    if (before) expect(after).toBeLessThan(before);
    await readAgain(world, cast);
    await world.producer.send(500);
    return `its last ${bytes} bytes gone, ${before - after} delivered items with them; Skywire's server has acked them all`;
  },
);

fault(
  "two servers: power loss on the inboxes' side at the start",
  // Its pump starts when all else is up: what it does for the first time falls into the time that is lost.
  { ...options, twoServers: true, pumps: 0 },
  async (world, cast, moments) => {
    cast.pumps.push(await world.start('pump'));
    await world.deliveredMoreThan(moments.number('items before it', 0, 1_000));
    const before = await world.delivered();
    const bytes = await cutPower(world, world.redis);
    await readAgain(world, cast);
    await world.producer.send(500);
    const forgot = cast.pumps[0]!.output().includes('FORGOT') ? ', the cursor with them' : '';
    return `its last ${bytes} bytes gone after ${before} items${forgot}; Skywire's server has acked them all`;
  },
);

fault("two servers: power loss on Skywire's side", { ...options, twoServers: true }, async (world) => {
  const bytes = await cutPower(world, world.skywire);
  await world.producer.send(500);
  return `its last ${bytes} bytes gone, acks among them: what is read again is a duplicate and changes nothing`;
});
