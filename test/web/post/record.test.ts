import { expect, test } from 'vitest';
import { toConfig } from '../../../src/config/config.ts';
import { createPictures } from '../../../src/web/post/pictures.ts';
import { type Origin, readRecord } from '../../../src/web/post/record.ts';
import { hostilePosts, readerPosts } from '../../fixtures/reader-posts.ts';

const picturesOf = (MEDIA: string) => createPictures(toConfig({ MEDIA }, { listens: () => false }).media);
const author = 'did:plc:aaaabbbbccccddddeeeeffff';
const url = `https://bsky.app/profile/${author}`;
const origin: Origin = { author, url, pictures: picturesOf('direct') };
const off: Origin = { ...origin, pictures: picturesOf('off') };

const cid = `bafkrei${'a'.repeat(52)}`;
const blob = { $type: 'blob', ref: { $link: cid }, mimeType: 'image/jpeg', size: 5 };
const image = {
  kind: 'image',
  url: `https://cdn.bsky.app/img/feed_fullsize/plain/${author}/${cid}`,
  thumb_url: `https://cdn.bsky.app/img/feed_thumbnail/plain/${author}/${cid}`,
  alt: 'a cat',
  title: null,
  description: null,
  width: 800,
  height: 600,
};
const aspectRatio = { width: 800, height: 600 };
const poster = `https://video.bsky.app/watch/${encodeURIComponent(author)}/${cid}/thumbnail.jpg`;
const video = { ...image, kind: 'video', url, thumb_url: poster };
const empty = { alt: '', title: null, description: null, width: null, height: null };
const linkCard = {
  ...empty,
  kind: 'card',
  url: 'https://a.example/',
  thumb_url: image.thumb_url,
  title: 'T',
  description: 'D',
};
const cardTo = (url: string, title: string) => ({ ...empty, kind: 'card', url, thumb_url: null, title });

const $type = (name: string) => ({ $type: `app.bsky.embed.${name}` });
const images = { ...$type('images'), images: [{ alt: 'a cat', image: blob, aspectRatio }] };
const items = [
  { $type: 'app.bsky.embed.gallery#image', alt: 'a cat', image: blob, aspectRatio },
  { alt: 'a cat', image: { cid, mimeType: 'image/png' }, aspectRatio },
];
const gallery = { ...$type('gallery'), items };
const film = { ...$type('video'), video: { ...blob, mimeType: 'video/mp4' }, alt: 'a cat', aspectRatio };
const external = {
  ...$type('external'),
  external: { uri: 'https://a.example', title: 'T', description: 'D', thumb: blob },
};
const post = { uri: 'at://did:plc:abc/app.bsky.feed.post/3k2a', cid: 'x' };
const reference = {
  uri: post.uri,
  url: 'https://bsky.app/profile/did:plc:abc/post/3k2a',
  author: { did: 'did:plc:abc' },
};
const record = (uri: string) => ({ ...$type('record'), record: { uri, cid: 'x' } });
const withMedia = (media: object, uri = post.uri) => ({
  ...$type('recordWithMedia'),
  media,
  record: { ...$type('record'), record: { uri } },
});

test.each([
  ['images', images, [image]],
  ['a gallery, and blobs of both forms', gallery, [image, image]],
  ['a video', film, [video]],
  ['a card', external, [linkCard]],
  [
    'a feed',
    record('at://did:plc:abc/app.bsky.feed.generator/x'),
    [cardTo('https://bsky.app/profile/did:plc:abc/feed/x', 'Feed')],
  ],
  [
    'a list',
    record('at://did:plc:abc/app.bsky.graph.list/x'),
    [cardTo('https://bsky.app/profile/did:plc:abc/lists/x', 'List')],
  ],
  [
    'a starter pack',
    record('at://did:plc:abc/app.bsky.graph.starterpack/x'),
    [cardTo('https://bsky.app/starter-pack/did:plc:abc/x', 'Starter pack')],
  ],
  [
    'a labeler, with media',
    withMedia(gallery, 'at://did:plc:abc/app.bsky.labeler.service/self'),
    [image, image, cardTo('https://bsky.app/profile/did:plc:abc', 'Labeler')],
  ],
  ['an embed of a kind to come', $type('hologram'), [cardTo(url, 'Attachment: app.bsky.embed.hologram')]],
])('%s', (_, embed, media) => {
  expect(readRecord({ embed }, origin)).toEqual({ media, labels: [], tags: [] });
});

test('a post that is quoted or answered is named by its uri, page and author', () => {
  expect(readRecord({ embed: record(post.uri) }, origin)).toMatchObject({ media: [], quote: reference });
  expect(readRecord({ embed: withMedia(film) }, origin)).toMatchObject({ media: [video], quote: reference });
  expect(readRecord({ reply: { parent: post } }, origin)).toMatchObject({ media: [], reply_to: reference });
  for (const end of ['..', '.', '../..', 'a?b', ''])
    expect(
      readRecord({ reply: { parent: { uri: post.uri.replace('3k2a', end) } } }, origin),
    ).not.toHaveProperty('reply_to');
});

test('labels that authors put on their own post, and tags, are read; what is none is left out', () => {
  const labels = {
    $type: 'com.atproto.label.defs#selfLabels',
    values: [{ val: 'porn' }, { val: 5 }, null, {}],
  };
  expect(readRecord({ labels, tags: ['art', 5, '', null] }, origin)).toEqual({
    media: [],
    labels: [{ val: 'porn', src: author }],
    tags: ['art'],
  });
});

test('without pictures an item keeps alt texts and links', () => {
  const { media } = readRecord({ embed: withMedia(gallery) }, off);
  expect(media).toEqual([image, image].map((one) => ({ ...one, url: null, thumb_url: null })));
  expect(readRecord({ embed: film }, off).media).toEqual([{ ...video, thumb_url: null }]);
  expect(readRecord({ embed: external }, off).media).toEqual([{ ...linkCard, thumb_url: null }]);
});

const wrongCids = [
  '',
  'x',
  '../../x',
  `${cid}/../y`,
  `${cid}?x`,
  `${cid}"onerror=`,
  `${cid}%2f`,
  `${cid}@jpeg`,
  5,
  null,
  {},
  cid.toUpperCase(),
];
const wrongDids = [
  '',
  'did:plc:',
  'did:web:a.example/..',
  'did:web:a%2fb',
  'did:plc:a"b',
  'did:plc:a b',
  '../..',
  'x',
];

test('nothing but a DID and a CID gets into the address of a picture', () => {
  for (const wrong of wrongCids) {
    expect(origin.pictures.image('feed_fullsize', author, wrong), JSON.stringify(wrong)).toBeNull();
    expect(origin.pictures.poster(author, wrong)).toBeNull();
  }
  for (const wrong of wrongDids) {
    expect(origin.pictures.image('feed_fullsize', wrong, cid), wrong).toBeNull();
    expect(origin.pictures.poster(wrong, cid)).toBeNull();
  }
});

test('whatever a record holds, reading it does not throw, and its addresses are those of pages and pictures', () => {
  for (const { raw_record, author } of [...readerPosts(500), ...hostilePosts()]) {
    const { media } = readRecord(raw_record, { ...origin, author });
    for (const { kind, url, thumb_url } of media) {
      if (kind !== 'image' && url !== null) expect(url).toMatch(/^https?:\/\/[^\s"<>]+$/);
      for (const address of kind === 'image' ? [url, thumb_url] : [thumb_url])
        if (address !== null) expect(address).toMatch(/^https:\/\/(cdn|video)\.bsky\.app\/[\w/:.%-]+$/);
    }
  }
  for (const none of [undefined, null, 5, 'x', []]) expect(readRecord(none, origin).media).toEqual([]);
});

const avatar = `/img/avatar/plain/${author}/${cid}@jpeg`;
const own = 'http://127.0.0.1:4000';

test('addresses that Bluesky named go by MEDIA, and none of anybody else is taken', () => {
  const known = (media: string, address: unknown) => picturesOf(media).known(address);
  expect(known('direct', `https://cdn.bsky.app${avatar}`)).toBe(`https://cdn.bsky.app${avatar}`);
  expect(known(own, `https://cdn.bsky.app${avatar}`)).toBe(own + avatar);
  expect(known(own, own + avatar)).toBe(own + avatar);
  expect(known(own, poster)).toBe(poster.replace('https://video.bsky.app', own));
  expect(known('off', `https://cdn.bsky.app${avatar}`)).toBeNull();
  const wrong = [
    `https://evil.example${avatar}`,
    `http://cdn.bsky.app${avatar}`,
    `https://cdn.bsky.app:444${avatar}`,
    `https://user@cdn.bsky.app${avatar}`,
    `https://cdn.bsky.app.evil.example${avatar}`,
    `https://cdn.bsky.app${avatar}?x`,
    `https://cdn.bsky.app/img/../x`,
    `https://cdn.bsky.app/img/avatar/plain/${author}/..%2f..%2fx`,
    `https://cdn.bsky.app/x`,
    'javascript:alert(1)',
    '',
    null,
    {},
  ];
  for (const address of wrong) expect(known('direct', address), JSON.stringify(address)).toBeNull();
});
