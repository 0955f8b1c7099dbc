import { expect, test } from 'vitest';
import { cidOf } from '../../../queues/index.ts';
import { createPictures } from '../../../src/web/post/pictures.ts';
import { viewPost } from '../../../src/web/post/post-view.ts';

const author = 'did:plc:aaaabbbbccccddddeeeeffff';
const record = { $type: 'app.bsky.feed.post', text: 'hello', createdAt: '2026-11-27T00:00:00Z' };
const uri = `at://${author}/app.bsky.feed.post/3kabc`;
const profile = `https://bsky.app/profile/${author}`;

test.each([
  ['none was sent', undefined, `${profile}/post/3kabc`],
  ['that of the record', cidOf(record), `${profile}/post/3kabc`],
  ['that of another record', cidOf({ ...record, text: 'other' }), profile],
  ['no CID at all', 'bafy', profile],
])('the record key of a uri is believed unless the CID beside it disproves it: %s', (_, cid, url) => {
  const view = viewPost({ uri, author, cid, record }, undefined, createPictures(undefined));
  expect(view.url).toBe(url);
});
