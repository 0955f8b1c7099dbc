/** What people and other programs do to the stream and the queue behind our back. */
import { Queue } from 'bullmq';
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { GROUP, groupOf, STREAM } from '../fixtures/progress.ts';
import { runCommand } from '../fixtures/roles.ts';
import type { World } from '../fixtures/world.ts';
import { fault, kill9 } from './fault.ts';

/** Reads as a consumer that dies before it adds anything; the ids that are pending then. */
async function readAndDie({ client }: World, count: number): Promise<string[]> {
  const reply = (await client.xreadgroup('GROUP', GROUP, 'dead', 'COUNT', count, 'STREAMS', STREAM, '>')) as
    | [string, [string, string[]][]][]
    | null;
  const ids = (reply?.[0]?.[1] ?? []).map(([id]) => id);
  expect(ids.length).toBe(count);
  // As if it had died long ago.
  await client.call('XCLAIM', STREAM, GROUP, 'dead', '0', ...ids, 'IDLE', '60000', 'JUSTID');
  return ids;
}

const trimmed = new Set<string>();

fault(
  'stream trimmed under pending',
  { rate: 0, env: { LOG_LEVEL: 'info' }, judge: () => ({ isKept: (id) => !trimmed.has(id) }) },
  async (world, { pumps: [pump] }, moments) => {
    const before = moments.number('matches before it', 0, 2_000);
    await world.producer.send(before);
    await world.quiet();
    await kill9(pump!);
    await world.producer.send(300);
    for (const id of await readAndDie(world, 100)) trimmed.add(id);
    await world.client.xtrim(STREAM, 'MAXLEN', 0);
    // The other 200 had not been read.
    for (let n = before; n < before + 300; n += 1) for (const id of world.journal.idsOf(n)) trimmed.add(id);
    const pending = [...trimmed].slice(0, 100);
    const next = await world.start('pump');
    await eventually(() => expect(reportedBy(next.output()).toSorted()).toEqual(pending.toSorted()), {
      withinMs: 30_000,
    });
    const metrics = await (await fetch(`${next.url}/metrics`)).text();
    expect(metrics).toMatch(/^skywire_inbox_entries_trimmed_while_pending_total\S* 100$/m);
    expect(metrics).toMatch(/^skywire_inbox_entries_trimmed_unread_total\S* 200$/m);
    await world.producer.send(300);
    return 'XTRIM MAXLEN 0 with 100 entries pending and 200 unread: exactly these 100 ids in the log, 200 counted; the rest goes on';
  },
);

const reportedBy = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => line.includes('LOST'))
    .flatMap((line) => (JSON.parse(line) as { ids?: string[] }).ids ?? []);

fault('group destroyed', { pumps: 2, rate: 500 }, async (world, _, moments) => {
  for (let times = 0; times < 3; times += 1) {
    if (times) await moments.wait(2_000);
    await world.client.xgroup('DESTROY', STREAM, GROUP);
    await eventually(async () => expect(await groupOf(world.client, STREAM)).toBeDefined(), {
      withinMs: 20_000,
    });
  }
  return 'XGROUP DESTROY, 3 times under load: made again where it was';
});

fault('consumer deleted with entries pending', { rate: 0 }, async (world, { pumps: [pump] }, moments) => {
  await world.producer.send(moments.number('matches before it', 0, 1_000));
  await world.quiet();
  await kill9(pump!);
  await world.producer.send(100);
  const ids = await readAndDie(world, 100);
  expect(await world.client.xgroup('DELCONSUMER', STREAM, GROUP, 'dead')).toBe(100);
  await world.start('pump');
  await world.producer.send(100);
  await world.quiet();
  const found = await world.audit();
  expect(found).toMatchObject({ code: 1, counts: { missing: 100 } });
  expect((found.missing as { id: string }[]).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(await world.audit(['--repair'])).toMatchObject({ code: 0, counts: { missing: 0 } });
  return 'XGROUP DELCONSUMER drops 100 pending entries: audit names exactly these, --repair brings them back';
});

fault('stream deleted', { rate: 500 }, async (world) => {
  await world.producer.stop();
  await world.quiet();
  await world.client.del(STREAM);
  world.producer.run(500);
  await world.deliveredMoreThan((await world.delivered()) + 500);
  return 'DEL of the stream: what comes after it is read from its beginning';
});

fault(
  'queue obliterated by a person',
  { rate: 0, env: { MAX_WAITING_JOBS: '20' } },
  async (world, { workers }, moments) => {
    const before = moments.number('matches before it', 1, 1_000);
    await world.producer.send(before);
    await world.quiet();
    for (const worker of workers) await kill9(worker);
    await world.producer.send(500);
    await eventually(async () => expect((await groupOf(world.client, STREAM))?.['pending']).toBe(0), {
      withinMs: 30_000,
    });
    const queue = new Queue('matches', {
      connection: world.redis.client(),
      prefix: 'skywire-inbox:{matches}',
    });
    await queue.obliterate({ force: true });
    await queue.close();
    await world.start('worker');
    await world.quiet();
    const found = await world.audit();
    expect(found.code).toBe(1);
    expect(found.counts['missing']).toBe(500);
    const { code, output } = await runCommand('replay', world.env, ['--from', world.journal.idsOf(0)[0]!]);
    expect(output).toContain(`replayed ${before + 500} entries`);
    expect(code).toBe(0);
    await world.quiet();
    expect(await world.audit()).toMatchObject({ code: 0, counts: { missing: 0 } });
    return 'Queue.obliterate with 500 matches waiting: audit names them, `npm run replay` brings them back';
  },
);
