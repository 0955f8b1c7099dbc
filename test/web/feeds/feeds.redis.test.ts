import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith';
import { expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, asReader, asViewer, matchJson } from '../web.ts';

useWeb();

interface Made {
  id: string;
  token: string;
  urls: Record<'rss' | 'atom' | 'json' | 'reader', string>;
}

async function makeToken(inbox: string, body: object = {}): Promise<Made> {
  const answer = await web.ask('POST', `/api/inboxes/${inbox}/feed-tokens`, asReader, body);
  expect(answer.status).toBe(201);
  return answer.json as Made;
}
const read = (url: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const { pathname, search } = new URL(url);
  return web.ask('GET', pathname + search, headers);
};

test('the three formats show the same items, newest first, with title, author, dates, link and subscriptions', async () => {
  const text =
    'See example.com — ein längerer Text, der nicht in eine Zeile von achtzig Zeichen passt, weil er weitergeht';
  const facet = `{"index":{"byteStart":4,"byteEnd":15},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/?a=1&b=2"}]}`;
  const embed = `{"$type":"app.bsky.embed.images","images":[{"alt":"a cat & a dog"}]}`;
  const rawRecord = `{"createdAt":"2024-01-10T11:59:58.500Z","langs":["de"],"text":${JSON.stringify(text)},"facets":[${facet}],"embed":${embed}}`;
  await web.deliver('ann', matchJson(1, 'ann'), matchJson(2, 'cats & dogs', { text, rawRecord }));
  const { urls } = await makeToken('ann');
  const html =
    '<p dir="auto">See <a href="https://example.com/?a=1&amp;b=2" rel="nofollow noopener noreferrer">example.com</a> — ein längerer Text, der nicht in eine Zeile von achtzig Zeichen passt, weil er weitergeht</p>' +
    '<p dir="auto">[Image: a cat &amp; a dog]</p>';
  const title = 'See example.com — ein längerer Text, der nicht in eine Zeile von achtzig… [cats & dogs]';
  const url = 'https://bsky.app/profile/did:plc:aaaabbbbccccddddeeeeffff/post/3kaaaaaaaa2';

  const rss = await read(urls.rss);
  expect(rss.headers['content-type']).toBe('application/rss+xml; charset=utf-8');
  const channel = parseRssFeed(rss.text);
  expect(channel).toMatchObject({ title: 'ann', link: expect.stringMatching(/\/reader\/ann$/) as string });
  expect(channel.items).toHaveLength(2);
  expect(channel.items![0]).toMatchObject({
    title,
    link: url,
    guid: { isPermaLink: false },
    pubDate: 'Wed, 10 Jan 2024 11:59:58 +0000',
    categories: [{ name: 'cats & dogs' }],
    description: html,
    dc: { creators: ['did:plc:aaaabbbbccccddddeeeeffff'] },
  });
  expect(channel.items![1]).toMatchObject({ title: 'post 1' });

  const atom = await read(urls.atom);
  expect(atom.headers['content-type']).toBe('application/atom+xml; charset=utf-8');
  const feed = parseAtomFeed(atom.text);
  expect(feed.entries![0]).toMatchObject({
    id: channel.items![0]!.guid!.value,
    published: '2024-01-10T11:59:58.500Z',
    authors: [
      {
        name: 'did:plc:aaaabbbbccccddddeeeeffff',
        uri: 'https://bsky.app/profile/did:plc:aaaabbbbccccddddeeeeffff',
      },
    ],
  });
  expect(atom.text).toContain('xml:lang="de"');

  const json = await read(urls.json);
  expect(json.headers['content-type']).toBe('application/feed+json; charset=utf-8');
  expect(json.json).toMatchObject({ version: 'https://jsonfeed.org/version/1.1', feed_url: urls.json });
  expect(parseJsonFeed(json.text).items![0]).toMatchObject({
    id: channel.items![0]!.guid!.value,
    content_html: html,
    language: 'de',
    tags: ['cats & dogs'],
  });
});

test('a feed that did not change is answered with 304 and no body, by tag and by date; one that did is sent', async () => {
  const match = '{"subscription_id":"sub","match_score":1}';
  const post =
    '{"uri":"at://a/b/c","text":"t","author":"did:plc:a","indexed_at":"2024-01-10T12:00:00Z","raw_record":{}}';
  const put = (id: string) =>
    redis.client().xadd('inbox:{unchanged}', id, 'post', post, 'matched_by', match, 'identity', id);
  await put('1700000000000-0');
  const { urls } = await makeToken('unchanged');
  for (const url of [urls.rss, urls.atom, urls.json]) {
    const first = await read(url);
    const etag = first.headers.etag!;
    const date = first.headers['last-modified']!;
    expect(date).toBe('Tue, 14 Nov 2023 22:13:20 GMT');
    for (const headers of [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-modified-since': date },
      { 'if-none-match': etag, 'if-modified-since': 'Tue, 14 Nov 2000 22:13:20 GMT' },
    ] as Record<string, string>[]) {
      const again = await read(url, headers);
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    }
    for (const headers of [
      { 'if-none-match': '"x"', 'if-modified-since': date },
      { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:19 GMT' },
      { 'if-modified-since': 'garbage' },
    ] as Record<string, string>[])
      expect((await read(url, headers)).status).toBe(200);
    expect((await read(`${url}?unread=1`, { 'if-none-match': etag })).status).toBe(200);
  }
  const { etag } = (await read(urls.rss)).headers;
  await web.deliver('unchanged', matchJson(2));
  const changed = await read(urls.rss, { 'if-none-match': etag! });
  expect(changed.status).toBe(200);
  // Another item may still come within this second: a reader that goes by the date alone must not miss it.
  if (Date.now() - Date.parse(parseRssFeed(changed.text).lastBuildDate!) < 1_000)
    expect(changed.headers['last-modified']).toBeUndefined();
});

test('?unread and ?subscription choose, ?before pages through all of it by the links in the feed', async () => {
  const posts = Array.from({ length: 250 }, (_, n) => matchJson(n, n % 2 === 0 ? 'even' : 'odd'));
  await web.deliver('many', ...posts);
  const { urls } = await makeToken('many');
  const titles: string[] = [];
  for (let url: string | undefined = urls.json; url !== undefined; ) {
    const page: Answer = await read(url);
    titles.push(...page.json.items.map((item: { title: string }) => item.title));
    url = page.json.next_url as string | undefined;
  }
  expect(titles).toHaveLength(250);
  expect(new Set(titles).size).toBe(250);
  expect(titles[0]).toBe('post 249 [odd]');
  const even = await read(`${urls.json}?subscription=even`);
  expect(even.json.items).toHaveLength(100);
  expect(even.json.next_url).toContain('subscription=even');
  expect((await read(even.json.next_url as string)).json.items).toHaveLength(25);
  const newest = (await web.ask('GET', '/api/inboxes/many/items?limit=2', asReader)).json.items;
  await web.ask('POST', '/api/inboxes/many/read', asReader, { ids: [newest[0].id] });
  const unread = await read(`${urls.json}?unread=true&utm_source=reader`);
  expect(unread.json.items[0].title).toBe('post 248 [even]');
  const atom = parseAtomFeed((await read(urls.atom)).text);
  expect(atom.links!.find(({ rel }) => rel === 'next')!.href).toContain('before=');
  for (const wrong of ['?before=x', '?unread=maybe', '?subscription='])
    expect((await read(urls.json + wrong)).status).toBe(400);
});

test('a token is shown once, kept as a hash, listed without itself, and opens nothing once revoked', async () => {
  await web.deliver('safe', matchJson(1));
  const made = await makeToken('safe', { label: 'my phone' });
  const other = await makeToken('safe');
  expect(made.token).toMatch(/^[\w-]{43}$/);
  const listed = (await web.ask('GET', '/api/inboxes/safe/feed-tokens', asReader)).json;
  expect(
    listed.feed_tokens.map(({ id, label }: { id: string; label: string }) => [id, label]).sort(),
  ).toEqual(
    [
      [made.id, 'my phone'],
      [other.id, ''],
    ].sort(),
  );
  expect(JSON.stringify(listed)).not.toContain(made.token);
  const client = redis.client();
  for (const key of await client.keys('*')) {
    const dump = (await client.dumpBuffer(key)).toString('latin1');
    expect(key + dump).not.toContain(made.token);
  }
  expect((await read(made.urls.rss)).status).toBe(200);
  const revoke = () => web.ask('DELETE', `/api/inboxes/safe/feed-tokens/${made.id}`, asReader);
  expect((await revoke()).status).toBe(204);
  expect((await revoke()).status).toBe(404);
  expect((await read(made.urls.rss)).status).toBe(404);
  expect((await read(other.urls.rss)).status).toBe(200);
  expect((await web.ask('DELETE', `/api/inboxes/ann/feed-tokens/${other.id}`, asReader)).status).toBe(404);
});

test('whatever is no token is not found, and a feed token or a viewer makes no tokens', async () => {
  const { token } = await makeToken('ann');
  const wrong = [
    '',
    'x',
    'x'.repeat(43),
    `${token}x`,
    'x'.repeat(10_000),
    '%C3%A4'.repeat(20),
    '%00',
    '..%2F..',
    token.toLowerCase(),
  ];
  for (const one of wrong) expect((await web.ask('GET', `/feeds/${one}.rss`)).status, one).toBe(404);
  for (const kind of ['', '.xml', '.rss.', '.RSS', '/rss'])
    expect((await web.ask('GET', `/feeds/${token}${kind}`)).status).toBe(404);
  expect((await web.ask('POST', `/feeds/${token}.rss`)).status).toBe(405);
  const bearer = { authorization: `Bearer ${token}` };
  for (const headers of [bearer, asViewer, {}]) {
    expect(
      (await web.ask('POST', '/api/inboxes/ann/feed-tokens', headers, {})).status,
    ).toBeGreaterThanOrEqual(401);
    expect((await web.ask('GET', '/api/inboxes/ann/feed-tokens', headers)).status).toBe(401);
  }
});

test('a token is rate limited, strangers are, and neither touches another token; no token is ever logged', async () => {
  const busy = await makeToken('ann');
  const calm = await makeToken('ann');
  const statuses = new Set<number>();
  let limited: Answer | undefined;
  for (let n = 0; n < 150 && !limited; n += 1) {
    const answer = await read(busy.urls.json);
    statuses.add(answer.status);
    if (answer.status === 429) limited = answer;
  }
  expect([...statuses]).toEqual([200, 429]);
  expect(Number(limited!.headers['retry-after'])).toBeGreaterThan(0);
  let stranger = 0;
  for (let n = 0; n < 300 && stranger !== 429; n += 1)
    stranger = (await read(`http://x/feeds/${'y'.repeat(43)}.rss`)).status;
  expect(stranger).toBe(429);
  expect((await read(calm.urls.rss)).status).toBe(200);
  await redis.kill9();
  expect((await read(calm.urls.rss)).status).toBe(503);
  await redis.restart();
  expect(web.logged.join('')).toContain('/feeds/:file');
  for (const { token } of [busy, calm]) expect(web.logged.join('')).not.toContain(token);
});

test('an inbox keeps at most a hundred tokens', async () => {
  for (let n = 0; n < 100; n += 1) await makeToken('full');
  expect((await web.ask('POST', '/api/inboxes/full/feed-tokens', asReader)).status).toBe(409);
  expect((await web.ask('GET', '/api/inboxes/full/feed-tokens', asReader)).json.feed_tokens).toHaveLength(
    100,
  );
  expect((await web.ask('POST', '/api/inboxes/full/feed-tokens', asReader, { label: 5 })).status).toBe(400);
});

test('an item whose post is no longer kept is an entry that says so', async () => {
  const match = '{"subscription_id":"sub","match_score":1}';
  await redis.client().xadd('inbox:{lost}', '*', 'post', '', 'matched_by', match, 'identity', 'nowhere');
  await redis.client().xadd('inbox:{lost}', '*', 'post', '{}', 'matched_by', match, 'identity', 'elsewhere');
  const { urls } = await makeToken('lost');
  expect((await read(urls.json)).json.items).toMatchObject([
    { title: 'Post by nobody named [sub]' },
    { title: 'A post that is no longer kept' },
  ]);
  expect(parseRssFeed((await read(urls.rss)).text).items).toHaveLength(2);
});
