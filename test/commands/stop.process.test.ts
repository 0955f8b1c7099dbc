/** SIGTERM and SIGINT while a tool waits: it ends within a second or so, and a replay says where to go on. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { queuePrefix } from '../../src/redis/keys.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isFull } from '../fixtures/full-size.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';

let redis: TestRedis;
let env: Record<string, string>;
beforeEach(async () => {
  redis = await startRedis();
  env = { REDIS_URL: redis.url, BATCH_SIZE: '10', MAX_WAITING_JOBS: '10' };
});
afterEach(async () => {
  await endRoles();
  await redis.stop();
});

const SOON_MS = 2_500;
async function endsSoon(tool: Role, signal: NodeJS.Signals): Promise<void> {
  const began = performance.now();
  tool.signal(signal);
  expect(await tool.ended, tool.output()).toBe(1);
  expect(performance.now() - began, tool.output()).toBeLessThan(SOON_MS);
  expect(tool.output()).not.toContain('did not stop');
}

const entriesOf = (stream: string) => redis.client().xrange(stream, '-', '+');
async function append(stream: string, count: number): Promise<void> {
  const client = redis.client();
  for (let n = 0; n < count; n += 1)
    await client.xadd(stream, '*', 'data', wire(makeMatch(`of-${stream}`, n)));
}
const jobs = (queue: string) => redis.client().llen(`${queuePrefix(queue)}:${queue}:wait`);

test.each<NodeJS.Signals>(isFull ? ['SIGTERM', 'SIGINT'] : ['SIGTERM'])(
  '%s while no worker makes room: a replay says where to go on, and from there nothing is left out',
  async (signal) => {
    await append('skywire:matches', 300);
    const tool = await startRole('replay', env, ['--from', '0']);
    await eventually(async () => expect(await jobs('matches')).toBe(6), { withinMs: 20_000 });
    await endsSoon(tool, signal);
    const [, count, from] = /stopped after (\d+) entries; resume with --from (\S+)/.exec(tool.output()) ?? [];
    expect(Number(count)).toBeGreaterThanOrEqual(6);
    const ids = (await entriesOf('skywire:matches')).map(([id]) => id);
    expect(ids.indexOf(from!)).toBe(Number(count) - 1);

    const worker = await (await startRole('worker', env)).ready();
    const again = await startRole('replay', env, ['--from', from!]);
    expect(await again.ended).toBe(0);
    await eventually(async () => expect(await redis.client().xlen('inbox:{of-skywire:matches}')).toBe(300), {
      withinMs: 20_000,
    });
    worker.signal('SIGTERM');
    await worker.ended;
  },
  90_000,
);

test('of several streams it says for each where to go on', async () => {
  const streams = ['one', 'two', 'three'];
  await append('one', 5);
  await append('two', 100);
  await append('three', 5);
  const tool = await startRole('replay', { ...env, SKYWIRE_STREAM: streams.join(',') }, ['--from', '7']);
  await eventually(async () => expect(await jobs('matches-2')).toBe(6), { withinMs: 20_000 });
  await endsSoon(tool, 'SIGTERM');
  const [, count] = /stopped after (\d+) entries/.exec(tool.output())!;
  const [id] = (await entriesOf('two'))[Number(count) - 5 - 1]!;
  expect(tool.output()).toContain(
    `stopped after ${count} entries; resume with\n  SKYWIRE_STREAM='two' npm run replay -- --from ${id}\n` +
      "  SKYWIRE_STREAM='three' npm run replay -- --from 7\n",
  );
}, 60_000);

const hanging: [string, string[], string][] = [
  ['replay', ['--from', '0'], 'stopped after 0 entries; resume with --from 0'],
  ['audit', ['--repair'], 'stopped by a signal before it was done'],
  ['audit', [], 'stopped by a signal before it was done'],
  ['doctor', [], 'stopped by a signal before it was done'],
  ['skywire', ['--rate', '10'], 'appended'],
];
test.each(isFull ? hanging : hanging.slice(0, 2))(
  '%s %j ends while Redis hangs',
  async (name, args, words) => {
    await append('skywire:matches', 3);
    const tool = await startRole(name, { ...env, PORT: '1' }, [...args]);
    // Hangs as soon as the tool is connected, whatever it is doing then.
    await eventually(async () => expect(await redis.client().client('LIST')).toMatch(/name=skywire-inbox/), {
      withinMs: 20_000,
      everyMs: 5,
    });
    process.kill(redis.pid, 'SIGSTOP');
    try {
      const began = performance.now();
      tool.signal('SIGTERM');
      await tool.ended;
      expect(performance.now() - began, tool.output()).toBeLessThan(5_000);
      expect(tool.output()).not.toContain('did not stop');
      if (name === 'skywire') return;
      expect(tool.output()).toMatch(new RegExp(`${words}|stopped by a signal`));
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
  },
  60_000,
);

test.each(isFull ? ['replay', 'audit', 'doctor', 'skywire', 'pump'] : ['replay', 'pump'])(
  '%s ends while it waits for Redis',
  async (name) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const connected = once(silent, 'connection');
    const tool = await startRole(name, { REDIS_URL: url }, name === 'replay' ? ['--from', '0'] : []);
    await connected;
    await endsSoon(tool, 'SIGTERM');
    silent.close();
  },
);
