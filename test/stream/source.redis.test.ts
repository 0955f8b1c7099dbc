/** What the pump counts on, whichever way it reads: one suite over both sources. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRelaySource } from '../../src/relay/pump-side/relay-source.ts';
import { createSource, type Source } from '../../src/stream/source.ts';
import { GROUP, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTestRelay, type TestRelay, TOKEN } from '../fixtures/relay.ts';

let redis: TestRedis;
let relay: TestRelay | undefined;
let open: { stop(): Promise<void> }[] = [];

interface Opened extends Source {
  interruptRead(): void;
}
type OpenSource = (consumer: string) => Opened;

const ways: Record<string, () => Promise<OpenSource>> = {
  'straight from Redis': () =>
    Promise.resolve((consumer) => {
      const reader = redis.client({ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
      const source = createSource({
        reader,
        commands: redis.client(),
        stream: STREAM,
        group: GROUP,
        consumer,
      });
      return { ...source, interruptRead: source.interrupt };
    }),
  'through a relay': async () => {
    relay = await startTestRelay(redis);
    const { url } = relay;
    return (consumer) => {
      const source = createRelaySource({
        url,
        token: TOKEN,
        tls: {},
        stream: STREAM,
        group: GROUP,
        consumer,
      });
      open.push(source);
      return { ...source, interruptRead: source.interrupt };
    };
  },
};

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(open.map((source) => source.stop()));
  open = [];
  await relay?.stop();
  relay = undefined;
  await redis.stop();
});

async function append(
  count: number,
  body: (n: number) => string | Buffer = (n) => `entry ${n}`,
): Promise<string[]> {
  const client = redis.client();
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await client.xadd(STREAM, '*', 'data', body(n)))!);
  return ids;
}

/** As if `seconds` had passed since everything that is pending was read. */
async function age(seconds: number): Promise<void> {
  const client = redis.client();
  const rows = (await client.xpending(STREAM, GROUP, '-', '+', 10_000)) as [string, string][];
  for (const [id, consumer] of rows)
    await client.call('XCLAIM', STREAM, GROUP, consumer, '0', id, 'IDLE', String(seconds * 1_000), 'JUSTID');
}

async function pendingCount(): Promise<number> {
  return ((await redis.client().xpending(STREAM, GROUP)) as [number])[0];
}

/** Reads until `count` have come. */
async function readAll(source: Source, count: number, atOnce = 100) {
  const all = [];
  for (let empty = 0; all.length < count && empty < 5; ) {
    const entries = await source.readNew(atOnce, 1_000);
    empty = entries.length ? 0 : empty + 1;
    all.push(...entries);
  }
  return all;
}

describe.each(Object.entries(ways))('a source %s', (_, way) => {
  let openSource: OpenSource;
  beforeEach(async () => {
    openSource = await way();
  });

  test('brings what was appended before its group was made, in order, byte for byte', async () => {
    const odd = Buffer.from([0, 255, 254, 0x80, 10, 13]);
    const ids = await append(3, (n) => (n === 1 ? odd : `entry ${n} ☀️`));
    const source = openSource('a');
    await source.ensureGroup('0');
    const entries = await readAll(source, 3);
    expect(entries.map(({ id }) => id)).toEqual(ids);
    expect(entries.map(({ data }) => data)).toEqual([
      Buffer.from('entry 0 ☀️'),
      odd,
      Buffer.from('entry 2 ☀️'),
    ]);
  });

  test('brings all fields of an entry that has no field `data`, and the last of several', async () => {
    const client = redis.client();
    await client.xadd(STREAM, '*', 'what', 'this', 'is', 'é');
    await client.xadd(STREAM, '*', 'data', 'first', 'data', 'last');
    await client.xadd(STREAM, '*', 'data', '');
    const source = openSource('a');
    await source.ensureGroup('0');
    const [odd, twice, empty] = await readAll(source, 3);
    expect(odd).toEqual({ id: odd!.id, fields: ['what', 'this', 'is', 'é'] });
    expect(String(twice!.data)).toBe('last');
    expect(empty!.data).toEqual(Buffer.alloc(0));
  });

  test('brings an entry larger than any frame, and the small ones around it', async () => {
    const large = Buffer.alloc(5_000_000, 'x');
    await append(3, (n) => (n === 1 ? large : 'small'));
    const source = openSource('a');
    await source.ensureGroup('0');
    const entries = await readAll(source, 3);
    expect(entries.map(({ data }) => data!.length)).toEqual([5, 5_000_000, 5]);
    expect(entries[1]!.data!.equals(large)).toBe(true);
    expect((await source.readPending('0', 10)).entries.map(({ data }) => data?.length)).toEqual([
      5, 5_000_000, 5,
    ]);
  });

  test('begins after the id that it is given, and makes the group once', async () => {
    const ids = await append(4);
    const source = openSource('a');
    await source.ensureGroup(ids[1]!);
    await source.ensureGroup('0');
    expect((await readAll(source, 2)).map(({ id }) => id)).toEqual(ids.slice(2));
  });

  test('waits for an entry, and returns none when there is none in time', async () => {
    const source = openSource('a');
    await source.ensureGroup('0');
    expect(await source.readNew(10, 50)).toEqual([]);
    const reading = source.readNew(10, 20_000);
    await append(1);
    expect(await reading).toHaveLength(1);
  });

  test('never brings more at once than was asked for', async () => {
    await append(50);
    const source = openSource('a');
    await source.ensureGroup('0');
    for (const count of [1, 7, 3])
      expect((await source.readNew(count, 1_000)).length).toBeLessThanOrEqual(count);
    expect(await readAll(source, 50 - 11, 10)).toSatisfy((entries: unknown[]) => entries.length >= 39);
  });

  test('gives each entry to one of two readers', async () => {
    const ids = await append(300);
    const [a, b] = [openSource('a'), openSource('b')];
    await a.ensureGroup('0');
    const read = async (source: Source) => {
      const found: string[] = [];
      for (;;) {
        const entries = await source.readNew(10, 300);
        if (!entries.length) return found;
        found.push(...entries.map(({ id }) => id));
      }
    };
    const [some, others] = await Promise.all([read(a), read(b)]);
    expect([...some, ...others].sort()).toEqual([...ids].sort());
    expect(Math.min(some.length, others.length)).toBeGreaterThan(0);
  });

  test('has pending what it brought, until it is acked', async () => {
    const ids = await append(5);
    const source = openSource('a');
    await source.ensureGroup('0');
    await readAll(source, 5);
    const found = await source.readPending('0', 10);
    expect(found.entries.map(({ id }) => id)).toEqual(ids);
    expect(found.last).toBe(ids[4]);
    await source.ack(ids.slice(0, 3));
    await source.ack([]);
    expect((await source.readPending('0', 10)).entries.map(({ id }) => id)).toEqual(ids.slice(3));
    expect((await source.readPending(ids[3]!, 10)).entries.map(({ id }) => id)).toEqual([ids[4]]);
    expect(await source.readPending(ids[4]!, 10)).toEqual({ entries: [], lost: [], last: undefined });
    expect(await pendingCount()).toBe(2);
  });

  test('pages through what is pending', async () => {
    const ids = await append(25);
    const source = openSource('a');
    await source.ensureGroup('0');
    await readAll(source, 25);
    const found: string[] = [];
    for (let after: string | undefined = '0'; after !== undefined; ) {
      const page: Awaited<ReturnType<Source['readPending']>> = await source.readPending(after, 10);
      found.push(...page.entries.map(({ id }) => id));
      after = page.last;
    }
    expect(found).toEqual(ids);
  });

  test('takes over what another left pending long enough, and nothing fresher', async () => {
    const ids = await append(6);
    const [dead, source] = [openSource('dead'), openSource('a')];
    await dead.ensureGroup('0');
    await readAll(dead, 6);
    expect(await source.claim(15_000)).toEqual({ claimed: 0, lost: [] });
    await age(20);
    expect(await source.claim(15_000)).toEqual({ claimed: 6, lost: [] });
    expect((await source.readPending('0', 10)).entries.map(({ id }) => id)).toEqual(ids);
    expect((await dead.readPending('0', 10)).entries).toEqual([]);
  });

  test('names the entries that were trimmed while they were pending, each once', async () => {
    const ids = await append(4);
    const source = openSource('a');
    await source.ensureGroup('0');
    await readAll(source, 4);
    await age(20);
    await redis.client().xdel(STREAM, ids[0]!, ids[2]!);
    const claimed = await source.claim(15_000);
    const pending = await source.readPending('0', 10);
    expect([...claimed.lost, ...pending.lost].sort()).toEqual([ids[0], ids[2]]);
    expect(pending.entries.map(({ id }) => id)).toEqual([ids[1], ids[3]]);
  });

  test('leaves no consumer behind, unless something is pending for it', async () => {
    const ids = await append(2);
    const source = openSource('a');
    await source.ensureGroup('0');
    await readAll(source, 2);
    const consumers = async () =>
      ((await redis.client().xinfo('CONSUMERS', STREAM, GROUP)) as unknown[]).length;
    await source.leave();
    expect(await consumers()).toBe(1);
    await source.ack(ids);
    await source.leave();
    expect(await consumers()).toBe(0);
  });

  test('knows idle consumers with nothing pending, itself not among them', async () => {
    const [other, source] = [openSource('other'), openSource('a')];
    await source.ensureGroup('0');
    // A consumer is there once it got something: both have, one after the other.
    for (const one of [other, source]) {
      const [id] = await append(1);
      await vi.waitFor(async () =>
        expect((await one.readNew(1, 500)).map((entry) => entry.id)).toEqual([id]),
      );
      await one.ack([id!]);
      one.interruptRead();
      await one.readPending('0', 1);
    }
    await vi.waitFor(async () => {
      const [name, ...more] = await source.idleConsumers(0);
      expect(name).toMatch(/other$/);
      expect(more).toEqual([]);
    });
    const [name] = await source.idleConsumers(0);
    await source.leave(name);
    expect(await source.idleConsumers(0)).toEqual([]);
  });

  test('knows where stream and group stand', async () => {
    const source = openSource('a');
    expect(await source.position()).toEqual({
      newest: undefined,
      delivered: undefined,
      oldestPending: undefined,
    });
    const ids = await append(5);
    await source.ensureGroup('0');
    expect(await source.position()).toMatchObject({ newest: ids[4], delivered: '0-0' });
    await readAll(source, 5);
    expect(await source.position()).toEqual({ newest: ids[4], delivered: ids[4], oldestPending: ids[0] });
    await source.ack(ids);
    const done = await source.position();
    expect([done.newest, done.delivered, done.oldestPending]).toEqual([ids[4], ids[4], undefined]);
  });

  test('hands out again what came after an id, acknowledged or not, and never passes over anything', async () => {
    const source = openSource('a');
    await source.rewind('0-1');
    const ids = await append(5);
    await source.ensureGroup('0');
    await source.rewind(ids[4]!);
    expect(await readAll(source, 5)).toHaveLength(5);
    await source.ack(ids.slice(1));
    await source.rewind(ids[2]!);
    expect((await readAll(source, 2)).map(({ id }) => id)).toEqual(ids.slice(3));
  });

  test('fails where the group is gone, and goes on when it is made again', async () => {
    const source = openSource('a');
    await source.ensureGroup('0');
    await append(3);
    await readAll(source, 3);
    await redis.client().xgroup('DESTROY', STREAM, GROUP);
    await expect(
      (async () => {
        for (let reads = 0; reads < 5; reads += 1) await source.readNew(10, 1_000);
      })(),
    ).rejects.toThrow(/NOGROUP/);
    await source.ensureGroup('0');
    expect(await readAll(source, 3)).toHaveLength(3);
  });

  test('an interrupted read ends, and what it might have brought is pending', async () => {
    const source = openSource('a');
    await source.ensureGroup('0');
    const reading = source.readNew(10, 20_000).catch((error: Error) => error);
    await vi.waitFor(async () =>
      expect(await redis.client().client('LIST')).toMatch(/flags=b.*cmd=xreadgroup/),
    );
    source.interruptRead();
    expect(await reading).toSatisfy(
      (end: unknown) => end instanceof Error || (end as unknown[]).length === 0,
    );
    const ids = await append(3);
    const found = new Set<string>();
    for (const { id } of (await source.readPending('0', 10)).entries) found.add(id);
    for (const { id } of await readAll(source, 3 - found.size)) found.add(id);
    expect([...found].sort()).toEqual([...ids].sort());
  });

  test('fails while Redis is away and goes on by itself when it is back', async () => {
    const source = openSource('a');
    await source.ensureGroup('0');
    await redis.kill9();
    await expect(
      (async () => {
        for (let reads = 0; reads < 20; reads += 1) {
          await source.readNew(10, 500);
          await source.position();
        }
      })(),
    ).rejects.toThrow();
    await redis.restart();
    await vi.waitFor(async () => source.ensureGroup('0'), { timeout: 15_000, interval: 100 });
    await append(3);
    await vi.waitFor(async () => expect(await readAll(source, 3)).toHaveLength(3), { timeout: 15_000 });
  });
});
