/** Processes of ours that die, stop, and are restarted. */
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { jobsOf } from '../fixtures/progress.ts';
import type { Role } from '../fixtures/roles.ts';
import type { World } from '../fixtures/world.ts';
import { fault, kill9 } from './fault.ts';

fault(
  'random kill -9 among 10 workers',
  { workers: 10, rate: 1_000 },
  async (world, { workers }, moments) => {
    for (let kill = 0; kill < 10; kill += 1) {
      if (kill) await moments.wait(2_000);
      await kill9(workers[kill]!);
      workers.push(await world.start('worker'));
    }
    return '10 of them killed one after the other, each replaced';
  },
);

fault('random kill -9 of the pump', { pumps: 2, rate: 1_000 }, async (world, { pumps }, moments) => {
  for (let kill = 0; kill < 6; kill += 1) {
    if (kill) await moments.wait(2_000);
    await kill9(pumps[kill]!);
    pumps.push(await world.start('pump'));
  }
  return 'two run, 6 times one of them is killed and replaced';
});

fault(
  'worker stopped longer than its lock, then continued',
  { workers: 1, env: { WORKER_CONCURRENCY: '8', BATCH_SIZE: '20' } },
  async (world, { workers: [frozen] }) => {
    await stopHoldingJobs(world, frozen!);
    await world.start('worker');
    await world.deliveredMoreThan(await world.delivered());
    await world.producer.stop();
    // The other one takes over what it held: its locks ran out while it stood still.
    const took = await world.quiet(60_000);
    frozen!.signal('SIGCONT');
    await eventually(async () => expect((await fetch(`${frozen!.url}/healthz`)).status).toBe(200), {
      withinMs: 20_000,
    });
    return `SIGSTOP while it held jobs; another had them ${(took / 1000).toFixed(1)} s later; then SIGCONT`;
  },
);

/** Nothing is written late by a worker that held nothing when it stopped. */
async function stopHoldingJobs({ client }: World, worker: Role): Promise<void> {
  await eventually(
    async () => {
      worker.signal('SIGSTOP');
      // What it had sent before it stopped must have arrived.
      await client.ping();
      const { active } = await jobsOf(client, 'matches');
      if (active > 0) return;
      worker.signal('SIGCONT');
      throw new Error('no job was running when it was stopped');
    },
    { withinMs: 30_000, everyMs: 7 },
  );
}

fault('rolling restart', { pumps: 2, workers: 3 }, async (world, { pumps, workers, web }, moments) => {
  const slowest = { ms: 0 };
  for (const [nth, role] of [...pumps, ...workers].entries()) {
    if (nth) await moments.wait(2_000);
    const began = performance.now();
    role.signal('SIGTERM');
    expect(await role.ended, role.output()).toBe(0);
    slowest.ms = Math.max(slowest.ms, performance.now() - began);
    await world.start(role.name);
  }
  expect(slowest.ms).toBeLessThan(10_000);
  expect(web.hasEnded()).toBe(false);
  return `SIGTERM to 2 pumps and 3 workers in turn: each exits 0, the slowest after ${Math.round(slowest.ms)} ms`;
});
