import { expect, test } from 'vitest';
import { cidOf } from '../../queues/index.ts';
import { languages } from '../../src/simulator/languages.ts';
import { createWorld, madeUpPosts } from '../../src/simulator/made-up-posts.ts';
import type { Post } from '../../src/simulator/post.ts';
import type { Facet } from '../../src/simulator/rich-text.ts';

const take = (posts: Iterator<Post>, count: number): Post[] =>
  Array.from({ length: count }, () => posts.next().value as Post);
const posts = take(madeUpPosts(1), 20_000);
const texts = posts.map(({ text }) => text);

test('the same seed makes the same posts, another seed others', () => {
  expect(take(madeUpPosts(1), 500)).toEqual(posts.slice(0, 500));
  expect(take(madeUpPosts(2), 1)).not.toEqual(posts.slice(0, 1));
  expect(take(madeUpPosts(2 ** 32 + 1), 1)).not.toEqual(posts.slice(0, 1));
});

test('no two posts have the same uri, nor the same author and record', () => {
  expect(new Set(posts.map(({ uri }) => uri)).size).toBe(posts.length);
  expect(new Set(posts.map(({ author, raw_record }) => author + JSON.stringify(raw_record))).size).toBe(
    posts.length,
  );
});

test('uri, author and indexed_at have the form Skywire sends, members in its order', () => {
  for (const post of posts.slice(0, 1_000)) {
    expect(Object.keys(post)).toEqual(['uri', 'text', 'author', 'indexed_at', 'raw_record']);
    expect(post.author).toMatch(/^did:plc:[a-z2-7]{24}$/);
    expect(post.uri).toMatch(/^at:\/\/did:plc:[a-z2-7]{24}\/app\.bsky\.feed\.post\/3[2-7a-z]{12}$/);
    expect(post.uri.startsWith(`at://${post.author}/`)).toBe(true);
    expect(post.indexed_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(post.raw_record).toMatchObject({ $type: 'app.bsky.feed.post', text: post.text });
  }
});

test('facets cover exactly the bytes of the link, mention or tag they name', () => {
  const kinds = new Set<string>();
  for (const { text, raw_record } of posts) {
    for (const { index, features } of (raw_record.facets ?? []) as Facet[]) {
      const covered = Buffer.from(text).subarray(index.byteStart, index.byteEnd).toString();
      const feature = features[0]!;
      kinds.add(feature.$type);
      if (feature.$type.endsWith('#tag')) expect(covered).toBe(`#${'tag' in feature && feature.tag}`);
      if (feature.$type.endsWith('#mention')) expect(covered).toMatch(/^@[a-z]+\d+\.example$/);
      if ('uri' in feature) expect(feature.uri).toContain(`https://${covered.replace(/…$/, '')}`);
    }
  }
  expect(kinds.size).toBe(3);
});

test('records are as large as real ones: median near 400 bytes, p99 near 1,400 with galleries and videos', () => {
  const bytes = posts.map(({ raw_record }) => Buffer.byteLength(JSON.stringify(raw_record)));
  bytes.sort((a, b) => a - b);
  expect(bytes[10_000]).toBeGreaterThan(350);
  expect(bytes[10_000]).toBeLessThan(450);
  expect(bytes[19_800]).toBeGreaterThan(1_000);
  expect(bytes[19_800]).toBeLessThan(1_600);
});

test('every language comes, and what is hard about text: right-to-left, marks, ZWJ, flags, newlines, nothing', () => {
  const seen = new Set(posts.flatMap(({ raw_record }) => (raw_record.langs as string[] | undefined) ?? []));
  expect([...seen].sort()).toEqual(languages.map(({ code }) => code).sort());
  const scripts = [/\p{Script=Arabic}/u, /\p{Script=Han}/u, /\p{Script=Devanagari}\p{M}/u, /ß/];
  for (const pattern of [...scripts, /\u200d/, /🇯🇵/u, /\n/, /^$/]) {
    expect(texts.filter((text) => pattern.test(text)).length).toBeGreaterThan(20);
  }
  expect(texts.every((text) => text.isWellFormed())).toBe(true);
});

const embeds = posts.map(({ raw_record }) => raw_record.embed as Embed | undefined);
interface Embed {
  $type: string;
  items?: unknown[];
  media?: Embed;
  record?: { uri: string; cid: string; record?: { uri: string; cid: string } };
}

test('every kind of embed comes, replies, labels and tags, and now and then an empty facets', () => {
  const kinds = new Set(embeds.map((embed) => embed?.$type.replace('app.bsky.embed.', '')));
  const all = ['external', 'gallery', 'images', 'record', 'recordWithMedia', 'video'];
  expect(kinds).toEqual(new Set([undefined, ...all]));
  const media = embeds.flatMap((embed) => embed?.media?.$type.replace('app.bsky.embed.', '') ?? []);
  expect(new Set(media)).toEqual(new Set(['gallery', 'images', 'video']));
  const galleries = embeds.flatMap((embed) => embed?.items?.length ?? []);
  expect([Math.min(...galleries), Math.max(...galleries)]).toEqual([5, 10]);
  for (const member of ['labels', 'tags']) {
    expect(posts.filter(({ raw_record }) => raw_record[member]).length).toBeGreaterThan(50);
  }
  expect(posts.filter(({ raw_record }) => raw_record.reply).length).toBeGreaterThan(4_000);
  expect(posts.some(({ raw_record }) => (raw_record.facets as Facet[] | undefined)?.length === 0)).toBe(true);
});

test('every record has a CID, and so has every blob', () => {
  expect(posts.filter(({ raw_record }) => cidOf(raw_record) === undefined)).toEqual([]);
});

test('a post can be made again from its record key, and most quotes and parents name a post with its CID', () => {
  const world = createWorld(1);
  const ofNow = take(
    madeUpPosts(1, () => Date.parse('2026-02-03T04:05:06.700Z')),
    500,
  );
  for (const post of [...posts.slice(0, 200), ...ofNow]) expect(world.postOf(post.uri)).toEqual(post);
  const references = posts.flatMap(({ raw_record }) => {
    const { parent, root } = (raw_record.reply ?? {}) as Record<string, { uri: string; cid: string }>;
    const embed = raw_record.embed as Embed | undefined;
    return [parent, root, embed?.record?.record ?? embed?.record].flatMap((reference) => reference ?? []);
  });
  const right = references.filter(({ uri, cid }) => {
    const post = world.postOf(uri);
    return post && cidOf(post.raw_record) === cid;
  });
  expect(right.length / references.length).toBeGreaterThan(0.85);
  expect(right.length).toBeLessThan(references.length);
});

test('by a clock, the same people write, at the time of the clock, and each post is later than the one before', () => {
  const nowMs = Date.parse('2026-02-03T04:05:06.700Z');
  const dated = take(
    madeUpPosts(1, () => nowMs),
    3,
  );
  expect(dated.map(({ raw_record }) => raw_record.createdAt)).toEqual([
    '2026-02-03T04:05:06.700Z',
    '2026-02-03T04:05:06.701Z',
    '2026-02-03T04:05:06.702Z',
  ]);
  expect(dated.map(({ uri }) => uri)).toEqual(
    dated.map(({ uri }) => uri).sort((a, b) => (rkey(a) < rkey(b) ? -1 : 1)),
  );
});

const rkey = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1);
