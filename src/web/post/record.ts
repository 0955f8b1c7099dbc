/**
 * What a post's record contains besides its text: media, quoted and answered posts, labels, tags. Pure, and never throws, whatever a
 * record contains. API, feeds and (through the API) the reader page all use it.
 */
import { safeHref } from '../reader/post.js';
import type { Pictures } from './pictures.ts';
import { placeOf } from './places.ts';

export interface Medium {
  kind: 'image' | 'video' | 'card';
  /** The picture; of a card its link, of a video the post's page. */
  url: string | null;
  thumb_url: string | null;
  alt: string;
  title: string | null;
  description: string | null;
  width: number | null;
  height: number | null;
}

/** Another post. */
export interface Reference {
  uri: string;
  url: string;
  author: { did: string };
}

export interface Label {
  val: string;
  /** DID of the labeler. */
  src: string;
}

export interface RecordView {
  media: Medium[];
  quote?: Reference;
  reply_to?: Reference;
  labels: Label[];
  tags: string[];
}

/** Whose record it is, and the address of its page. */
export interface Origin {
  author: string;
  url: string;
  pictures: Pictures;
}

/** Most entries read of each list in a record: a gallery has at most 20 pictures. */
const MOST = 20;

export function readRecord(record: unknown, origin: Origin): RecordView {
  const { embed, reply, labels, tags } = (record ?? {}) as Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
  const quote = reference(quoted(embed));
  const answered = reference(reply?.parent?.uri);
  return {
    media: mediaOf(embed, origin),
    ...(quote && { quote }),
    ...(answered && { reply_to: answered }),
    labels: list(labels?.values)
      .map((label) => textOf(label?.val))
      .filter((val) => val !== '' && val.length <= 128)
      .map((val) => ({ val, src: origin.author })),
    tags: list(tags).filter(
      (tag): tag is string => typeof tag === 'string' && tag !== '' && tag.length <= 640,
    ),
  };
}

function reference(uri: unknown): Reference | undefined {
  const place = placeOf(uri);
  return place?.isPost ? { uri: uri as string, url: place.url, author: { did: place.author } } : undefined;
}

type Embed = any; // oxlint-disable-line typescript/no-explicit-any

const RECORD = 'app.bsky.embed.record';
const WITH_MEDIA = 'app.bsky.embed.recordWithMedia';

/** The uri of the record in an embed. */
const quoted = (embed: Embed): unknown =>
  embed?.$type === RECORD
    ? embed.record?.uri
    : embed?.$type === WITH_MEDIA
      ? (embed.record?.record?.uri ?? embed.record?.uri)
      : undefined;

function mediaOf(embed: Embed, origin: Origin): Medium[] {
  const type = textOf(embed?.$type);
  switch (type) {
    case '':
      return [];
    case 'app.bsky.embed.images':
      return list(embed.images).map((one) => image(one, origin));
    case 'app.bsky.embed.gallery':
      return list(embed.items).map((one) => image(one, origin));
    case 'app.bsky.embed.video':
      return [video(embed, origin)];
    case 'app.bsky.embed.external':
      return [card(embed.external, origin)];
    case RECORD:
      return recordCard(quoted(embed), origin);
    case WITH_MEDIA: {
      const isNested = [WITH_MEDIA, RECORD].includes(embed.media?.$type);
      return [...(isNested ? [] : mediaOf(embed.media, origin)), ...recordCard(quoted(embed), origin)];
    }
    default:
      return [{ ...nothing, kind: 'card', url: origin.url, title: `Attachment: ${type.slice(0, 100)}` }];
  }
}

const nothing = {
  url: null,
  thumb_url: null,
  alt: '',
  title: null,
  description: null,
  width: null,
  height: null,
};

function image(one: Embed, { author, pictures }: Origin): Medium {
  const cid = blobOf(one?.image);
  return {
    ...nothing,
    kind: 'image',
    url: pictures.image('feed_fullsize', author, cid),
    thumb_url: pictures.image('feed_thumbnail', author, cid),
    alt: textOf(one?.alt),
    ...sizeOf(one?.aspectRatio),
  };
}

const video = (embed: Embed, { author, url, pictures }: Origin): Medium => ({
  ...nothing,
  kind: 'video',
  url,
  thumb_url: pictures.poster(author, blobOf(embed.video)),
  alt: textOf(embed.alt),
  ...sizeOf(embed.aspectRatio),
});

function card(external: Embed, { author, pictures }: Origin): Medium {
  const href = safeHref(external?.uri);
  return {
    ...nothing,
    kind: 'card',
    url: href ?? null,
    thumb_url: pictures.image('feed_thumbnail', author, blobOf(external?.thumb)),
    title: textOf(external?.title) || href || 'Link',
    description: textOf(external?.description) || null,
  };
}

/** A feed, list, starter pack or labeler; nothing for a post, which is a quote. */
function recordCard(uri: unknown, { url }: Origin): Medium[] {
  const place = placeOf(uri);
  if (place?.isPost) return [];
  return [{ ...nothing, kind: 'card', url: place?.url ?? url, title: place?.what ?? 'Embedded record' }];
}

/** The CID of a blob; until 2023 it stood beside the type. */
const blobOf = (blob: Embed): unknown => blob?.ref?.$link ?? blob?.cid;

function sizeOf(ratio: Embed): { width: number | null; height: number | null } {
  const isSize = (value: unknown) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 100_000;
  return isSize(ratio?.width) && isSize(ratio?.height)
    ? { width: ratio.width, height: ratio.height }
    : { width: null, height: null };
}

const list = (value: unknown): Embed[] => (Array.isArray(value) ? value.slice(0, MOST) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
