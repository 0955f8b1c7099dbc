/** Rights withdrawn and passwords changed while the roles run. */
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { groupOf, STREAM } from '../fixtures/progress.ts';
import { fullRights, USER, type World } from '../fixtures/world.ts';
import { fault, kill9 } from './fault.ts';

const setUser = (world: World, ...rules: string[]) =>
  world.client.call('ACL', 'SETUSER', USER.name, ...rules);

/** The pump may read the stream and not add to the queue: what it read must stay pending. */
async function forbidAdding(world: World): Promise<void> {
  await world.deliveredMoreThan(200);
  await setUser(world, 'resetkeys', '~skywire:matches', '~inbox:*', '%R~skywire-inbox*');
  await eventually(
    async () => expect((await groupOf(world.client, STREAM))?.['pending'] ?? 0).toBeGreaterThan(0),
    { withinMs: 20_000 },
  );
}

fault('the right to add jobs withdrawn, and the pump killed', { asUser: true }, async (world, { pumps }) => {
  await forbidAdding(world);
  expect(pumps[0]!.output()).toMatch(/NOPERM|no permissions/i);
  await kill9(pumps[0]!);
  await setUser(world, ...fullRights);
  await world.start('pump');
  return 'ACL SETUSER: the queue is read-only; what the pump had read stays pending; another pump takes it over';
});

fault('the right to add jobs withdrawn, and the pump stopped', { asUser: true }, async (world, { pumps }) => {
  await forbidAdding(world);
  pumps[0]!.signal('SIGTERM');
  expect(await pumps[0]!.ended).toBe(0);
  await setUser(world, ...fullRights);
  await world.start('pump');
  return 'the same, and SIGTERM: the consumer stays as long as something is pending for it';
});

fault('password changed while all run', { asUser: true }, async (world, { pumps, workers }) => {
  await world.deliveredMoreThan(200);
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
