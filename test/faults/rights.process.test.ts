/** Rights withdrawn and passwords changed while the roles run. */
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { GROUP, STREAM } from '../fixtures/progress.ts';
import { fullRights, USER, type World } from '../fixtures/world.ts';
import { type Cast, fault, kill9 } from './fault.ts';

const setUser = (world: World, ...rules: string[]) =>
  world.client.call('ACL', 'SETUSER', USER.name, ...rules);

/** The pump may read the stream and not add to the queue. What it had read then must still be pending when it has ended. */
async function forbidAdding(world: World, { pumps: [pump] }: Cast, end: () => Promise<void>): Promise<void> {
  await setUser(world, 'resetkeys', '~skywire:matches', '~inbox:*', '~post:*', '%R~skywire-inbox*');
  await eventually(() => expect(pump!.output()).toMatch(/NOPERM|no permissions/i), { withinMs: 20_000 });
  // Housekeeping may have been refused first: it has to hold something when it ends, or this would show nothing.
  await eventually(
    async () => {
      const [pending] = (await world.client.xpending(STREAM, GROUP)) as [number];
      expect(pending).toBeGreaterThan(0);
    },
    { withinMs: 20_000 },
  );
  await end();
  await setUser(world, ...fullRights);
  await world.start('pump');
}

fault('the right to add jobs withdrawn, and the pump killed', { asUser: true }, async (world, cast) => {
  await forbidAdding(world, cast, () => kill9(cast.pumps[0]!));
  return 'ACL SETUSER: the queue is read-only; what the pump had read stays pending; another pump takes it over';
});

fault('the right to add jobs withdrawn, and the pump stopped', { asUser: true }, async (world, cast) => {
  await forbidAdding(world, cast, async () => {
    cast.pumps[0]!.signal('SIGTERM');
    expect(await cast.pumps[0]!.ended).toBe(0);
  });
  return 'the same, and SIGTERM: the consumer stays as long as something is pending for it';
});

fault('password changed while all run', { asUser: true }, async (world, { pumps, workers }) => {
  await setUser(world, 'resetpass', '>another-secret');
  await world.client.call('CLIENT', 'KILL', 'USER', USER.name);
  for (const role of [pumps[0]!, workers[0]!])
    await eventually(() => expect(role.output()).toContain('WRONGPASS'), { withinMs: 15_000 });
  expect(pumps[0]!.output() + workers[0]!.output()).not.toContain('secret');
  const before = await world.delivered();
  await setUser(world, 'resetpass', `>${USER.password}`);
  await world.deliveredMoreThan(before + 100);
  return 'every connection killed and refused (WRONGPASS, in the log, without the password); then it is right again';
});
