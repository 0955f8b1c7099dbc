import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { postUrl } from '../../../src/web/api/post-url.ts';

const did = 'did:plc:aaaabbbbccccddddeeeeffff';

test.each([
  [`at://${did}/app.bsky.feed.post/3kabc`, did, `https://bsky.app/profile/${did}/post/3kabc`],
  [`at://${did}/app.bsky.feed.post/`, did, `https://bsky.app/profile/${did}`],
  ['', 'ann.example', 'https://bsky.app/profile/ann.example'],
  [`at://${did}/app.bsky.feed.post/a"b<c>`, did, `https://bsky.app/profile/${did}/post/a%22b%3Cc%3E`],
  ['javascript:alert(1)', 'javascript:alert(1)', 'https://bsky.app/profile/javascript:alert(1)'],
  [`at://${did}/app.bsky.feed.post/..`, '../..', 'https://bsky.app/profile/..%2F..'],
  // A record can make Skywire send any uri: one of another author, or of another collection, is not believed.
  [`at://did:plc:other/app.bsky.feed.post/3kabc`, did, `https://bsky.app/profile/${did}`],
  [`at://${did}/app.bsky.feed.like/3kabc`, did, `https://bsky.app/profile/${did}`],
  ['x', '..', 'https://bsky.app/profile/'],
  ['x', '\ud800', 'https://bsky.app/profile/%EF%BF%BD'],
  ['x', 'x'.repeat(100_000), 'https://bsky.app/profile/'],
])('%j by %j', (uri, author, url) => expect(postUrl(uri, author)).toBe(url));

test('whatever comes in, a link to a profile at bsky.app comes out', () => {
  assert(
    property(string({ unit: 'binary' }), string({ unit: 'binary' }), (key, author) => {
      const url = new URL(postUrl(`at://x/y/${key}`, author));
      expect(url.origin).toBe('https://bsky.app');
      expect(url.pathname.startsWith('/profile/')).toBe(true);
      expect(url.search + url.hash).toBe('');
    }),
  );
});
