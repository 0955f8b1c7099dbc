/** `q`: items by what they say. */
import { expect, test } from 'vitest';
import { parseMatch } from '../../../queues/index.ts';
import type { Item } from '../../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../../src/inbox/write/inbox-writer.ts';
import { holdingAll, saidIn } from '../../../src/web/post/search-text.ts';
import { hostilePosts, readerPosts } from '../../fixtures/reader-posts.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asReader, matchJson } from '../web.ts';

useWeb();

const record = (text: string, rest: object = {}) => JSON.stringify({ text, ...rest });
const said = (n: number, text: string, rest: object = {}, subscription = 'cats') =>
  matchJson(n, subscription, { text, rawRecord: record(text, rest) });
const itemsOf = async (inbox: string, query: Record<string, string>) =>
  (await web.ask('GET', `/api/inboxes/${inbox}/items?${new URLSearchParams(query).toString()}`, asReader))
    .json;
const textsFound = async (inbox: string, query: Record<string, string>): Promise<string[]> =>
  (await itemsOf(inbox, query)).items.map(({ post }: { post: { text: string } }) => post.text);

const image = (alt: string) => ({ embed: { $type: 'app.bsky.embed.images', images: [{ alt, image: {} }] } });
const external = { uri: 'https://news.example/a', title: 'Volcano', description: 'It <b>smokes</b>' };

test('every word in any case, form and place: text, alt texts, card; part of a word is enough', async () => {
  await web.deliver(
    'ann',
    said(1, 'Straße im Café'),
    said(2, 'two words', image('A ginger CAT asleep')),
    said(3, 'a link', { embed: { $type: 'app.bsky.embed.external', external } }),
    said(4, 'ΟΔΟΣ \ufb01ne'),
    said(5, 'nothing of it'),
    matchJson(6, 'cats', { text: 'sent', rawRecord: record('written') }),
  );
  const cases: [string, string[]][] = [
    ['STRASSE', ['Straße im Café']],
    ['cafe\u0301', ['Straße im Café']],
    ['im afé', ['Straße im Café']],
    ['words ging asleep', ['two words']],
    ['words volcano', []],
    ['SMOKES volcano  link', ['a link']],
    ['news.example', ['a link']],
    ['οδος fine', ['ΟΔΟΣ \ufb01ne']],
    ['.*', []],
    ['sent', ['sent']],
    ['written', ['sent']],
    ['wordsA', []],
    ['did:plc', []],
  ];
  for (const [q, texts] of cases) expect(await textsFound('ann', { q }), q).toEqual(texts);
  expect((await textsFound('ann', { q: ' ' })).length).toBe(6);
  expect((await web.ask('GET', `/api/inboxes/ann/items?q=${'x'.repeat(501)}`, asReader)).status).toBe(400);
});

test('pages both ways give every hit once; with the other conditions; a post that is no longer kept is not found', async () => {
  const matches = Array.from({ length: 900 }, (_, n) =>
    said(n, n % 7 === 0 ? `lucky ${n}` : `post ${n}`, {}, n % 2 ? 'odd' : 'even'),
  );
  await web.deliver('ben', ...matches);
  const lucky = Array.from({ length: 129 }, (_, n) => `lucky ${7 * n}`);
  for (const [direction, wanted] of [
    ['before', lucky.toReversed()],
    ['after', lucky],
  ] as const) {
    const found: string[] = [];
    let next: string | null = direction === 'after' ? '0-0' : null;
    do {
      const page = await itemsOf('ben', { q: 'LUCKY', limit: '10', ...(next && { [direction]: next }) });
      found.push(...page.items.map(({ post }: { post: { text: string } }) => post.text));
      expect(page.total).toBe(900);
      next = page.next;
    } while (next !== null);
    expect(found).toEqual(wanted);
  }
  expect(await textsFound('ben', { q: 'lucky', subscription: 'odd', limit: '2' })).toEqual([
    'lucky 889',
    'lucky 875',
  ]);
  const [newest] = (await itemsOf('ben', { q: 'lucky', limit: '1' })).items;
  await web.ask('POST', '/api/inboxes/ben/read', asReader, { up_to: newest.id });
  expect(await textsFound('ben', { q: 'lucky', unread: '1' })).toEqual([]);
  const gone = { identity: 'x', postJson: '', id: '1-1', matchedBy: [], read: false, starred: false };
  expect(await holdingAll([''], (items) => items.map((item) => saidIn(item).texts))([gone])).toEqual([]);
});

test("posts that inboxes share, another program's entries between them, and items that fulfil the other conditions late", async () => {
  const inboxes = ['dee', 'eve', 'fay'];
  await web.deliver('dee', ...Array.from({ length: 300 }, (_, n) => said(n, `common ${n}`)));
  const [{ id }] = (await itemsOf('dee', { after: '0-0', limit: '1' })).items;
  await redis.client().xadd('inbox:{dee}', '*', 'note', 'common', 'b', 'c');
  const shared = parseMatch(said(900, 'shared and common'));
  if (!('match' in shared)) throw new Error(shared.malformed);
  await createInboxWriter(redis.client(), {
    maxItems: 0,
    maxAgeMs: 86_400_000,
    seenWindowMs: 86_400_000,
  }).write(inboxes.map((subscriber) => ({ subscriber, match: shared.match })));
  expect((await redis.client().keys('post:*')).length).toBe(1);
  expect(await textsFound('eve', { q: 'common' })).toEqual(['shared and common']);
  expect((await textsFound('dee', { q: 'common', limit: '500' })).length).toBe(301);
  await web.ask('PUT', `/api/inboxes/dee/items/${id}/star`, asReader);
  const page = await itemsOf('dee', { q: 'common', starred: '1', limit: '1' });
  expect(page).toMatchObject({ items: [{ id, starred: true }], next: null });
});

test('texts that are known later are looked through too, and an item without any is not found', async () => {
  const item = (postJson: string) => ({ postJson }) as Item;
  const items = [item('{"text":"one"}'), item('{"text":"two"}'), item('{"text":"one"}')];
  const names = ['Žofie', 'Ann', undefined];
  const choose = holdingAll(['Z\u030cOFIE', 'one'], (all) =>
    all.map((one, at) => (names[at] === undefined ? undefined : [...saidIn(one).texts!, names[at]])),
  );
  expect(await choose(items)).toEqual([items[0]]);
});

test('no record makes it throw', () => {
  for (const post of [...hostilePosts(), ...readerPosts(200)])
    expect(saidIn({ postJson: JSON.stringify(post) }).texts).toContain(post.text);
});

test('others are answered between its steps', async () => {
  await web.deliver('cat', ...Array.from({ length: 3_000 }, (_, n) => said(n, `post ${n}`)));
  const searched = itemsOf('cat', { q: 'nowhere' });
  const search = { isDone: false };
  void searched.then(() => {
    search.isDone = true;
  });
  let answers = 0;
  while (!search.isDone) {
    await web.ask('GET', '/api/inboxes/cat', asReader);
    answers += 1;
  }
  expect(await searched).toMatchObject({ items: [], next: null, total: 3_000 });
  expect(answers).toBeGreaterThan(5);
});
