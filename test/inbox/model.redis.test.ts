/** Ten thousand random steps of writers, readers and a bound, against a model in memory: every count, at every step. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isBefore, laterId, parseMatch } from '../../queues/index.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys } from '../../src/redis/keys.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { isFull } from '../fixtures/full-size.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { type GreaderModel, openGreader } from './greader-model.ts';

const STEPS = isFull ? 10_000 : 2_000;
const MAX_ITEMS = 60;
const INBOX = 'model';
const SUBSCRIPTIONS = ['cats', 'dogs', 'birds'];

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
});
afterAll(() => redis.stop());

interface Modelled {
  id: string;
  n: number;
  read: boolean;
  starred: boolean;
  subscriptions: string[];
}

function openModel(client: ReturnType<TestRedis['client']>) {
  const writer = createInboxWriter(client, { maxItems: MAX_ITEMS, maxAgeMs: 0, seenWindowMs: 3_600_000 });
  const reader = createInboxReader(client);
  let items: Modelled[] = [];
  let posts = 0;
  let gap = 0;
  /** Posts that somebody else took away: the next delivery brings them again. */
  const vanished = new Set<number>();
  let gapUntil = '0-0';
  const drop = (lost: Modelled[]): void => {
    const unread = lost.filter((item) => !item.read);
    gap += unread.length;
    for (const { id } of unread) gapUntil = laterId(gapUntil, id);
    items = items.filter((item) => !lost.includes(item));
  };
  /** Starred items stay, and do not count. */
  const applyBound = (): void => {
    const mayGo = items.filter((item) => !item.starred);
    drop(mayGo.slice(0, Math.max(0, mayGo.length - MAX_ITEMS)));
  };
  async function append(n: number, subscription: string): Promise<void> {
    const { newest } = await reader.summary(INBOX);
    items.push({ id: newest!, n, read: false, starred: false, subscriptions: [subscription] });
    applyBound();
  }
  async function deliver(n: number, subscription: string): Promise<void> {
    const parsed = parseMatch(wire(makeMatch(subscription, n, { emptyRkey: true })));
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    await writer.write([{ subscriber: INBOX, match: parsed.match }]);
  }
  return {
    reader,
    clients: ['first', 'second'].map((name) => openGreader(client, INBOX, name)),
    get items() {
      return items;
    },
    counts: () => ({
      total: items.length,
      unread: items.filter((item) => !item.read).length,
      gap: gap === 0 ? null : { unread: gap, until: gapUntil },
    }),
    bySubscription: () =>
      new Map(
        SUBSCRIPTIONS.flatMap((name) => {
          const its = items.filter(({ subscriptions }) => subscriptions.includes(name));
          if (its.length === 0) return [];
          const unread = its.filter((item) => !item.read).length;
          return [[name, { total: its.length, unread, newest: its.at(-1)!.id }]];
        }),
      ),
    async arrive(subscription: string) {
      const n = posts++;
      await deliver(n, subscription);
      await append(n, subscription);
    },
    /** Of a post that is there, or that a bound removed: nothing new is shown. */
    async comeAgain(n: number, subscription: string) {
      await deliver(n, subscription);
      if (vanished.delete(n)) await append(n, subscription);
      const item = items.find((one) => one.n === n);
      if (item && !item.subscriptions.includes(subscription)) item.subscriptions.push(subscription);
    },
    async trimBehindOurBack(keep: number) {
      await client.xtrim(inboxKeys(INBOX).items, 'MAXLEN', keep);
      const lost = items.slice(0, Math.max(0, items.length - keep));
      drop(lost);
      for (const { n } of lost) vanished.add(n);
    },
    get posts() {
      return posts;
    },
  };
}

test(`counts, flags and filters follow a model over ${STEPS} random steps`, {
  timeout: 120_000,
}, async () => {
  const random = createRandom(7, 1);
  const model = openModel(redis.client());
  const { reader } = model;
  /** Sometimes an id that is not there. */
  const someId = () => model.items[random.below(model.items.length + 1)]?.id ?? '1-1';
  for (let step = 0; step < STEPS; step += 1) {
    const some = Array.from({ length: 1 + random.below(3) }, someId);
    const chosen = model.items.filter((item) => some.includes(item.id));
    const subscription = random.pick(SUBSCRIPTIONS);
    let unread: number | undefined;
    switch (random.below(10)) {
      case 0:
      case 1:
        await model.arrive(subscription);
        break;
      case 2:
        unread = await reader.markRead(INBOX, { ids: some });
        for (const item of chosen) item.read = true;
        break;
      case 3:
        unread = await reader.markUnread(INBOX, some);
        for (const item of chosen) item.read = false;
        break;
      case 4: {
        if (random.below(8) > 0) break;
        unread = await reader.markRead(INBOX, { upTo: some[0]! });
        const last = model.items.findIndex((item) => item.id === some[0]);
        for (const item of model.items.slice(0, last + 1)) item.read = true;
        break;
      }
      case 5:
        if (random.below(100) === 0) await model.trimBehindOurBack(random.below(MAX_ITEMS));
        else if (model.posts > 0 && random.below(4) === 0)
          await model.comeAgain(Math.max(0, model.posts - 1 - random.below(300)), subscription);
        break;
      case 6:
      case 7:
        await actAsClient(random.pick(model.clients), model.items, some, random.below(6));
        break;
      default: {
        const on = random.below(2) === 0;
        const item = model.items.find((one) => one.id === some[0]);
        expect(await reader.star(INBOX, some[0]!, on)).toBe(item !== undefined);
        if (item) item.starred = on;
      }
    }
    const counts = model.counts();
    if (unread !== undefined) expect(unread).toBe(counts.unread);
    expect(await reader.summary(INBOX)).toMatchObject(counts);
    expect(await reader.bySubscription(INBOX)).toEqual(model.bySubscription());
    if (step % 50 === 0) await compareViews(model, subscription);
  }
});

/** As a feed reader by the Google Reader API. */
async function actAsClient(client: GreaderModel, items: Modelled[], some: string[], action: number) {
  const chosen = items.filter(({ id }) => some.includes(id));
  switch (action) {
    case 0:
      client.shownUpTo = items.at(-1)?.id ?? '0-0';
      return client.list();
    case 1: {
      await client.markAll();
      const last = client.shownUpTo ?? items.at(-1)?.id ?? '0-0';
      for (const item of items) if (!isBefore(last, item.id)) item.read = true;
      return;
    }
    case 2:
    case 3:
      await client.edit(some, action === 2 ? 'read' : 'unread');
      for (const item of chosen) item.read = action === 2;
      return;
    default:
      await client.edit(some, action === 4 ? 'star' : 'unstar');
      for (const item of chosen) item.starred = action === 4;
  }
}

async function compareViews(model: ReturnType<typeof openModel>, subscription: string): Promise<void> {
  const views: [query: object, wanted: (item: Modelled) => boolean][] = [
    [{}, () => true],
    [{ unread: true }, (item) => !item.read],
    [{ starred: true }, (item) => item.starred],
    [{ subscription }, (item) => item.subscriptions.includes(subscription)],
    [
      { unread: true, starred: true, subscription },
      (item) => !item.read && item.starred && item.subscriptions.includes(subscription),
    ],
  ];
  for (const [query, wanted] of views) {
    const page = await model.reader.page(INBOX, { limit: 1_000, after: '0-0', ...query });
    expect(page).toMatchObject(model.counts());
    expect(page.items.map(({ id, read, starred }) => ({ id, read, starred }))).toEqual(
      model.items.filter(wanted).map(({ id, read, starred }) => ({ id, read, starred })),
    );
  }
  for (const client of model.clients)
    expect(await client.held()).toEqual(
      model.items.map(({ id, read, starred, subscriptions: [first] }) => ({ id, read, starred, first })),
    );
}
