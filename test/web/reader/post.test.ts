import { expect, test } from 'vitest';
import { coverOf, safeHref, segments } from '../../../src/web/reader/post.js';
import { hasRealPosts, hostilePosts, readerPosts } from '../../fixtures/reader-posts.ts';

interface Facet {
  index: { byteStart: number; byteEnd: number };
  features: { $type: string; uri?: string; tag?: string; did?: string }[];
}
interface Shown {
  text: string;
  facets?: Facet[];
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

test.each([
  [['nudity', 'bot', 'other'], 'nothing', []],
  [['nudity', 'sexual', 'porn', 'sexual'], 'media', ['sexual', 'porn']],
  [['graphic-media'], 'media', ['graphic-media']],
  [['porn', '!warn'], 'post', ['!warn']],
  [['porn', '!hide'], 'everything', ['!hide']],
  [['!no-unauthenticated'], 'everything', ['!no-unauthenticated']],
])('labels %j cover %s', (labels, covers, why) => {
  expect(coverOf(labels.map((val) => ({ val })))).toEqual({ covers, why });
});
