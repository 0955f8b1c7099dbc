/** Entries with pictures, in all three formats, without a server. */
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith';
import { expect, test } from 'vitest';
import { toConfig } from '../../../src/config/config.ts';
import { atom } from '../../../src/web/feeds/atom.ts';
import { toEntry } from '../../../src/web/feeds/entry.ts';
import { jsonFeed } from '../../../src/web/feeds/json-feed.ts';
import { rss } from '../../../src/web/feeds/rss.ts';
import { createPictures } from '../../../src/web/post/pictures.ts';

const author = 'did:plc:aaaabbbbccccddddeeeeffff';
const cid = `bafkrei${'a'.repeat(52)}`;
const address = (preset: string) => `https://cdn.bsky.app/img/${preset}/plain/${author}/${cid}@jpeg`;
const image = (alt: unknown) => ({ alt, image: { $type: 'blob', ref: { $link: cid } } });
const gallery = (...alts: unknown[]) => ({ $type: 'app.bsky.embed.gallery', items: alts.map(image) });
const labels = (...values: string[]) => ({ values: values.map((val) => ({ val })) });

function entryOf(record: object, MEDIA = 'direct') {
  const item = {
    id: '1704888000000-0',
    postJson: JSON.stringify({ uri: '', text: '', author, indexed_at: '', raw_record: record }),
    matchedBy: [{ subscription_id: 'ann', match_score: 1 }],
    read: false,
    starred: false,
    identity: 'x',
  };
  return toEntry('ann', item, createPictures(toConfig({ MEDIA }, { listens: () => false }).media));
}

const feedOf = (record: object) => ({
  id: 'urn:x',
  title: 'ann',
  description: '',
  homeUrl: 'https://a.example/',
  url: 'https://a.example/feed',
  nextUrl: undefined,
  updatedMs: 1_704_888_000_000,
  entries: [entryOf(record)],
});

/** What may stand in an entry: our own elements, each with the attributes that we give it. */
const safe =
  /^(?:[^<>]|<\/?(?:p|br|blockquote)>|<(?:p|blockquote) dir="auto">|<a href="https?:\/\/[^"<>\s]+" rel="nofollow noopener noreferrer">|<\/a>|<img src="https:\/\/(?:cdn|video)\.bsky\.app\/[\w/:.%@-]+" alt="[^"<>]*" loading="lazy" referrerpolicy="no-referrer">)*$/;
const nasty = '"><script>alert(1)</script>\u0000\ud800]]>\u202e\' onerror="x" & &amp;\n<!--';

test('pictures stand in the content with their alt text, and beside it, in all formats', () => {
  const feed = feedOf({ text: 'Look', embed: gallery(nasty, '') });
  const html = feed.entries[0]!.html;
  expect(html.match(/<img /g)).toHaveLength(2);
  expect(html).toContain(`<img src="${address('feed_thumbnail')}" alt="" `);
  expect(html).toMatch(safe);
  const item = parseRssFeed(rss.render(feed)).items![0]!;
  expect(item.description).toBe(html.replaceAll('\r', ''));
  const contents = item.media!.contents!;
  expect(contents.map(({ url, medium, type }) => [url, medium, type])).toEqual(
    Array.from({ length: 2 }, () => [address('feed_fullsize'), 'image', 'image/jpeg']),
  );
  const entry = parseAtomFeed(atom.render(feed)).entries![0]!;
  expect(entry.media!.contents!.map(({ url }) => url)).toEqual(contents.map(({ url }) => url));
  const [first, second] = parseJsonFeed(jsonFeed.render(feed)).items![0]!.attachments!;
  expect(first).toMatchObject({ url: address('feed_fullsize'), mime_type: 'image/jpeg' });
  expect(first!.title).toContain('<script>');
  expect(second).toEqual({ url: address('feed_fullsize'), mime_type: 'image/jpeg' });
});

test('a video shows its still and its words, a card its picture', () => {
  const blob = { ref: { $link: cid } };
  const film = entryOf({ embed: { $type: 'app.bsky.embed.video', video: blob, alt: 'a film' } });
  expect(film.html).toContain('/thumbnail.jpg" alt="a film"');
  expect(film.html).toContain('Video</a>: a film]');
  const external = { uri: 'https://b.example/', title: nasty, description: nasty, thumb: blob };
  const card = entryOf({ embed: { $type: 'app.bsky.embed.external', external } });
  expect(card.html).toContain(address('feed_thumbnail'));
  for (const { html } of [film, card]) expect(html).toMatch(safe);
  expect([film.pictures.length, card.pictures.length]).toEqual([1, 1]);
});

test.each(['porn', 'sexual', 'graphic-media'])('what is labelled %s stands in no feed openly', (label) => {
  const feed = feedOf({ text: 'Look', embed: gallery('what it shows'), labels: labels(label) });
  for (const { render } of [rss, atom, jsonFeed]) {
    const text = render(feed);
    expect(text).toContain('Look');
    expect(text).toContain(label);
    expect(text).not.toContain(cid);
    expect(text).not.toContain('what it shows');
  }
});

test('of a post that is to be hidden only author and link are left', () => {
  const {
    title,
    html,
    author: by,
    pictures,
  } = entryOf({ text: 'Secret', embed: gallery('x'), labels: labels('!hide') });
  expect([title, by.name, pictures]).toEqual([`Post by ${author}`, author, []]);
  expect(html).not.toMatch(/Secret|<img/);
  expect(html).toContain(`href="https://bsky.app/profile/${author}"`);
});

test.each([
  [{ embed: gallery('', ' a cat ', 'a dog') }, '3 images: a cat'],
  [{ embed: gallery('') }, 'Image'],
  [{ embed: { $type: 'app.bsky.embed.video' } }, 'Video'],
  [
    { embed: { $type: 'app.bsky.embed.external', external: { uri: 'https://b.example/' } } },
    'https://b.example/',
  ],
  [{ embed: gallery('', ''), labels: labels('porn', 'nudity') }, '2 images (porn)'],
  [
    { embed: { $type: 'app.bsky.embed.record', record: { uri: 'at://did:plc:a/app.bsky.feed.post/x' } } },
    'Quoted post',
  ],
  [{ tags: ['art', 'ink'] }, '#art #ink'],
  [{ text: 'Words', embed: gallery('a cat') }, 'Words'],
])('a post is called by its text or else by what it shows: %j', (record, title) => {
  expect(entryOf(record).title).toBe(title);
  expect(entryOf(record, 'off').title).toBe(title);
});

test('without pictures alt texts and links stand in the content, and no address of a picture', () => {
  const { html, pictures } = entryOf({ embed: gallery('a cat') }, 'off');
  expect([html, pictures]).toEqual(['<p dir="auto">[Image: a cat]</p>', []]);
});
