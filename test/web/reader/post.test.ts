import { expect, test } from 'vitest';
import { attachments, replyHref, safeHref, segments } from '../../../src/web/reader/post.js';
import { hasRealPosts, hostilePosts, readerPosts } from '../../fixtures/reader-posts.ts';

interface Facet {
  index: { byteStart: number; byteEnd: number };
  features: { $type: string; uri?: string; tag?: string; did?: string }[];
}
interface Shown {
  text: string;
  facets?: Facet[];
  embed?: unknown;
  reply?: unknown;
}
const records: Shown[] = [...readerPosts(), ...hostilePosts()].map((post) => ({
  ...post.raw_record,
  text: post.text,
}));
const isLink = ({ $type }: Facet['features'][number]) =>
  /^app\.bsky\.richtext\.facet#(link|mention|tag)$/.test($type);

test('every link of every post with facets covers exactly the text that its byte range names', () => {
  let links = 0;
  let posts = 0;
  for (const { text, facets } of records.slice(0, -hostilePosts().length)) {
    if (!facets?.length) continue;
    posts += 1;
    const bytes = Buffer.from(text);
    const named = facets
      .filter(({ features }) => features.some(isLink))
      .toSorted((a, b) => a.index.byteStart - b.index.byteStart)
      .map(({ index }) => ({ ...index, text: bytes.subarray(index.byteStart, index.byteEnd).toString() }));
    const shown = segments(text, facets);
    expect(shown.map((one) => one.text).join('')).toBe(text);
    const linked = shown.filter((one) => one.href !== undefined).map((one) => one.text);
    links += linked.length;
    // Left out are ranges outside the text, within a character, or over an earlier one; and links that are not safe.
    const wanted = named.filter(
      ({ byteStart, byteEnd, text }, at) =>
        byteEnd <= bytes.length &&
        byteStart < byteEnd &&
        !text.includes('\ufffd') &&
        !(at > 0 && named[at - 1]!.byteEnd > byteStart),
    );
    expect(wanted.map((one) => one.text)).toEqual(expect.arrayContaining(linked));
    expect(wanted.length - linked.length).toBeLessThanOrEqual(
      facets.filter(({ features }) =>
        features.some(({ uri }) => uri !== undefined && safeHref(uri) === undefined),
      ).length,
    );
  }
  if (hasRealPosts) expect(posts).toBe(479);
  expect(links).toBeGreaterThan(300);
});

test('the pieces of a text are the text, whatever its facets say', () => {
  for (const { text, facets } of records) {
    const shown = segments(text, facets);
    expect(shown.map((one) => one.text).join('')).toBe(text.toWellFormed());
    for (const { href } of shown) if (href !== undefined) expect(href).toMatch(/^https?:\/\/[^\s"<>]+$/);
  }
});

test('a text that begins with a byte order mark keeps it, and what follows is linked where it says', () => {
  const facet = {
    index: { byteStart: 3, byteEnd: 5 },
    features: [{ $type: 'app.bsky.richtext.facet#tag', tag: 'ä/b' }],
  };
  expect(segments('\ufeffäx', [facet])).toEqual([
    { text: '\ufeff' },
    { text: 'ä', href: 'https://bsky.app/hashtag/%C3%A4%2Fb' },
    { text: 'x' },
  ]);
});

test.each([
  ['https://a.example/x?y#z', 'https://a.example/x?y#z'],
  ['HTTP://A.example', 'http://a.example/'],
  ['https://a.example/"><script>', 'https://a.example/%22%3E%3Cscript%3E'],
  ['java\tscript:alert(1)', undefined],
  ['https://name:password@a.example/', undefined],
  ['//a.example', undefined],
  ['', undefined],
  [undefined, undefined],
  [`https://a.example/${'x'.repeat(2_000)}`, undefined],
])('the link %j becomes %j', (uri, href) => {
  expect(safeHref(uri)).toBe(href);
});

test('what hangs on a post is shown by its words and a link', () => {
  const quoted = { uri: 'at://did:plc:abc/app.bsky.feed.post/3k2a', cid: 'x' };
  const href = 'https://bsky.app/profile/did:plc:abc/post/3k2a';
  expect(attachments({ $type: 'app.bsky.embed.images', images: [{ alt: ' a cat ' }, { alt: '' }] })).toEqual([
    { kind: 'image', text: 'a cat' },
    { kind: 'image', text: '' },
  ]);
  expect(
    attachments({
      $type: 'app.bsky.embed.external',
      external: { uri: 'https://a.example', title: 'T', description: 'D' },
    }),
  ).toEqual([{ kind: 'card', text: 'T', href: 'https://a.example/', description: 'D' }]);
  expect(attachments({ $type: 'app.bsky.embed.record', record: quoted })).toEqual([
    { kind: 'quote', text: 'Quoted post', href },
  ]);
  const media = { $type: 'app.bsky.embed.video', alt: 'a film' };
  expect(attachments({ $type: 'app.bsky.embed.recordWithMedia', media, record: { record: quoted } })).toEqual(
    [
      { kind: 'video', text: 'a film' },
      { kind: 'quote', text: 'Quoted post', href },
    ],
  );
  expect(attachments({})).toEqual([]);
  expect(replyHref({ parent: quoted })).toBe(href);
  expect(replyHref({ parent: { uri: 'at://did:plc:abc/app.bsky.feed.post/../..' } })).toBeUndefined();
});

test('no embed and no reply of a hostile post throws, and none leads anywhere but to the web', () => {
  for (const { embed, reply } of records) {
    for (const { href } of attachments(embed)) if (href !== undefined) expect(href).toMatch(/^https?:\/\//);
    replyHref(reply);
  }
});
