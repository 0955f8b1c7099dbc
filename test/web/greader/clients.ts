/** How each client syncs, in the requests that its source makes, and what it then holds of the inbox. */
import { parseAtomFeed } from 'feedsmith';
import { expect } from 'vitest';
import { type Client, decimalOf, type Fields, type GreaderItem, LONG, state } from './client.ts';

/** By the decimal id. */
export type Held = Map<string, { read: boolean; starred?: boolean; feed?: string }>;

const READING = state('reading-list');
const batches = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
const longOf = (decimal: string): string => LONG + BigInt(decimal).toString(16).padStart(16, '0');
const bareOf = (decimal: string): string => longOf(decimal).slice(LONG.length);
const as = (s: string, n: number, more: Fields = {}): Fields => ({
  s,
  n: String(n),
  output: 'json',
  ...more,
});

function byCategories(items: readonly GreaderItem[]): Held {
  return new Map(
    items.map(({ id, categories, origin }) => [
      decimalOf(id),
      {
        read: categories.includes(state('read')),
        starred: categories.includes(state('starred')),
        feed: origin.streamId,
      },
    ]),
  );
}

/** Ids say what is unread and starred, contents are only fetched. */
async function bySets(
  client: Client,
  known: { all: readonly string[]; unread: readonly string[]; starred: readonly string[] },
  { size, form }: { size: number; form: (decimal: string) => string },
): Promise<Held> {
  const fetched = await Promise.all(batches(known.all, size).map((some) => client.items(some.map(form))));
  const [unread, starred] = [new Set(known.unread), new Set(known.starred)];
  expect(new Set([...unread, ...starred, ...known.all]).size).toBe(known.all.length);
  return new Map(
    fetched.flat().map(({ id, origin }) => {
      const decimal = decimalOf(id);
      return [decimal, { read: !unread.has(decimal), starred: starred.has(decimal), feed: origin.streamId }];
    }),
  );
}

async function allContents(client: Client, query: Fields): Promise<GreaderItem[]> {
  const items: GreaderItem[] = [];
  for (let c: string | undefined = ''; c !== undefined; ) {
    const page: Awaited<ReturnType<Client['contents']>> = await client.contents('stream/contents', {
      ...query,
      ...(c !== '' && { c }),
    });
    items.push(...page.items);
    c = page.continuation;
  }
  return items;
}

const MONTH_AGO = '1';

export const clients: Record<string, (client: Client) => Promise<Held>> = {
  async 'newsboat, freshrss'(client) {
    const items = [];
    for (const { id } of await client.feeds())
      items.push(
        ...(await client.contents(`stream/contents/${encodeURIComponent(id)}`, { n: '10000' })).items,
      );
    return byCategories(items);
  },
  async 'newsboat, feedhq'(client) {
    const held: Held = new Map();
    for (const { id } of await client.feeds()) {
      const { text } = await client.atom(id, { n: '10000' });
      for (const entry of parseAtomFeed(text).entries ?? []) {
        const terms = (entry.categories ?? []).map(({ term }) => term);
        const labels = (entry.categories ?? []).map(({ label }) => label);
        expect(labels.includes('fresh')).toBe(!terms.includes(state('read')));
        held.set(decimalOf(entry.id!), { read: terms.includes(state('read')), feed: id });
      }
    }
    return held;
  },
  async Liferea(client) {
    const held: Held = new Map();
    for (const { id } of await client.feeds()) {
      const newest = (await client.ids(as(id, 50))).itemRefs.map((ref) => ref.id);
      for (const [decimal, item] of byCategories(await client.items(newest))) held.set(decimal, item);
    }
    return held;
  },
  async 'RSS Guard'(client) {
    expect((await client.get('tag/list')).json.tags).toEqual([
      { id: state('starred') },
      { id: 'user/-/label/Skywire', type: 'folder' },
    ]);
    const ids = (s: string, more: Fields = {}) => client.allIds(as(s, 200_000, { ot: MONTH_AGO, ...more }));
    const known = {
      all: await ids(READING),
      unread: await ids(READING, { xt: state('read') }),
      starred: await ids(state('starred')),
    };
    expect((await ids(state('read'))).length).toBe(known.all.length - known.unread.length);
    return bySets(client, known, { size: 9_999, form: longOf });
  },
  async NetNewsWire(client) {
    const ids = (s: string, more: Fields = {}) => client.allIds(as(s, 1_000, more));
    const known = {
      all: await ids(READING, { ot: MONTH_AGO }),
      unread: await ids(READING, { xt: state('read') }),
      starred: await ids(state('starred')),
    };
    return bySets(client, known, { size: 150, form: longOf });
  },
  async ReadYou(client) {
    const ids = (s: string, more: Fields = {}) => client.allIds(as(s, 10_000, more));
    const unread = await ids(READING, { xt: state('read') });
    const read = await ids(READING, { it: state('read'), ot: MONTH_AGO });
    expect(await ids(state('read'))).toEqual(read);
    const known = { all: [...unread, ...read], unread, starred: await ids(state('starred')) };
    return bySets(client, known, { size: 100, form: (decimal) => decimal });
  },
  async Capy(client) {
    const ids = (s: string, more: Fields = {}) => client.allIds(as(s, 10_000, more));
    const known = {
      all: await ids(READING),
      unread: await ids(READING, { xt: state('read') }),
      starred: await ids(state('starred')),
    };
    return bySets(client, known, { size: 250, form: longOf });
  },
  async Readrops(client) {
    const ids = async (query: Fields) => (await client.ids(query)).itemRefs.map(({ id }) => id);
    const unread = await ids(as(READING, 10_000, { xt: state('read') }));
    const read = await ids(as(READING, 10_000, { xt: state('unread') }));
    const starred = await ids(as(state('starred'), 10_000));
    const fresh = await allContents(client, as(READING, 2_500, { xt: [state('read'), state('starred')] }));
    const stars = await client.contents(`stream/contents/${state('starred')}`, { n: '10000' });
    // Its hexadecimal ids have as many digits as the decimal ones.
    const padded = (decimal: string) => BigInt(decimal).toString(16).padStart(decimal.length, '0');
    const shown = new Map([...fresh, ...stars.items].map((item) => [item.id.slice(LONG.length), item]));
    for (const decimal of unread) expect(shown.has(padded(decimal))).toBe(true);
    const isRead = new Set(read);
    return new Map(
      [...unread, ...read].map((decimal) => [
        decimal,
        { read: isRead.has(decimal), starred: starred.includes(decimal) },
      ]),
    );
  },
  async Fluent(client) {
    expect((await client.get('user-info')).json.userId).toBeTypeOf('string');
    const unread = await client.allIds({ xt: state('read'), n: '1000' });
    const starred = await client.allIds(as(state('starred'), 1_000));
    const items = await allContents(client, { n: '1000', ot: MONTH_AGO });
    const held = byCategories(items);
    for (const [decimal, item] of held)
      expect([item.read, item.starred]).toEqual([!unread.includes(decimal), starred.includes(decimal)]);
    return held;
  },
  async Vienna(client) {
    const { unreadcounts } = await client.counts();
    const held: Held = new Map();
    for (const { id } of await client.feeds()) {
      const page = await client.contents(`stream/contents/${id}`, { n: '10000', ot: '1.5' });
      const unread = await client.allIds(as(id, 1_000, { xt: state('read') }));
      const starred = await client.allIds(as(id, 1_000, { it: state('starred') }));
      const count = unreadcounts.find((one) => one.id === id)!;
      expect(count.count).toBe(unread.length);
      const newest = page.items.map(({ timestampUsec }) => timestampUsec)[0] ?? '0';
      expect(count.newestItemTimestampUsec).toBe(newest);
      for (const item of page.items) {
        const decimal = decimalOf(item.id);
        const [read, isStarred] = [!unread.includes(decimal), starred.includes(decimal)];
        held.set(decimal, { read, starred: isStarred, feed: item.origin.streamId });
      }
    }
    return held;
  },
  async Twine(client) {
    const ids = async (s: string, more: Fields = {}) =>
      (await client.ids(as(s, 50_000, more))).itemRefs.map(({ id }) => id);
    const read = await ids(state('read'));
    const unread = await ids(READING, { xt: state('read') });
    const starred = await ids(state('starred'));
    const items = await allContents(client, as(READING, 500, { ot: MONTH_AGO }));
    expect(items.length).toBe(read.length + unread.length);
    const held = byCategories(items);
    for (const id of starred) expect(held.get(id)!.starred).toBe(true);
    return held;
  },
  async Reeder(client) {
    const known = {
      all: await client.allIds(as(READING, 10_000)),
      unread: await client.allIds(as(READING, 10_000, { xt: state('read') })),
      starred: await client.allIds(as(state('starred'), 10_000)),
    };
    return bySets(client, known, { size: 100, form: bareOf });
  },
};
