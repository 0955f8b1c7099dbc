/** An item in the API's JSON. The raw record is passed through as text, so that 2^53+1, 1e400 and -0 survive. */
import { z } from 'zod';
import { memberText, parseJson, timeMsOf } from '../../../queues/index.ts';
import type { Pictures } from '../post/pictures.ts';
import { viewPost } from '../post/post-view.ts';
import type { ShownItem } from '../post/shown-item.ts';
import { postUrl } from './post-url.ts';

const mediumSchema = z.object({
  kind: z.enum(['image', 'video', 'card']),
  url: z.string().nullable().meta({ description: "The picture; a card's link; the page of a video's post" }),
  thumb_url: z.string().nullable().meta({ description: 'null where MEDIA is off, or there is none' }),
  alt: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
});

const authorSchema = z.object({
  did: z.string(),
  handle: z.string().nullable(),
  display_name: z.string().nullable().meta({ description: 'One line, at most 64 characters' }),
  avatar_url: z.string().nullable().meta({ description: 'null where MEDIA is off, or there is none' }),
});

const referenceSchema = z.object({
  uri: z.string(),
  url: z.string(),
  author: z.union([authorSchema, z.object({ did: z.string() })]),
  text: z.string().optional(),
  state: z
    .enum(['ok', 'not_found', 'blocked', 'detached', 'withdrawn'])
    .optional()
    .meta({ description: 'Absent until it was looked up' }),
});
const quoteSchema = referenceSchema.extend({ media: z.array(mediumSchema).optional() });

export const itemSchema = z.object({
  id: z.string().meta({ description: 'Strictly increasing: later items have larger ids' }),
  post: z.object({
    uri: z.string(),
    text: z.string(),
    author: z.string(),
    indexed_at: z.string(),
    url: z
      .string()
      .meta({ description: 'The page of the post, or of its author while its record key is not known' }),
    raw_record: z.looseObject({}).nullable().meta({
      description: 'The record, unchanged; null if the post was withdrawn or is not to be shown',
    }),
    gone: z
      .literal(true)
      .optional()
      .meta({ description: 'true if the post is no longer kept; its other members are then empty' }),
  }),
  media: z
    .array(mediumSchema)
    .optional()
    .meta({ description: 'Pictures, videos, cards; absent without any' }),
  author: authorSchema.optional().meta({ description: 'Absent until it was looked up' }),
  quote: quoteSchema.optional().meta({ description: 'The post that it quotes' }),
  reply_to: referenceSchema.optional().meta({ description: 'The post that it answers' }),
  labels: z
    .array(z.object({ val: z.string(), src: z.string().meta({ description: 'DID of the labeler' }) }))
    .optional(),
  withdrawn: z
    .object({ at: z.iso.datetime(), why: z.enum(['deleted', 'taken_down', 'deactivated', 'unknown']) })
    .optional()
    .meta({
      description: 'Bluesky no longer shows the post: its text is empty, its record null',
    }),
  tags: z.array(z.string()).optional().meta({ description: 'Hashtags that are not in the text' }),
  matched_by: z.array(
    z.object({
      subscription_id: z.string(),
      match_score: z.number().nullable(),
      title: z.string().optional().meta({ description: 'Of the subscription, if it has one' }),
    }),
  ),
  delivered_at: z.iso.datetime(),
  read: z.boolean(),
  starred: z.boolean(),
});

export interface Post {
  uri: string;
  text: string;
  author: string;
  indexed_at: string;
  /** CID of the record, which Skywire may send one day. */
  cid?: unknown;
  raw_record?: unknown;
}

export const deliveredAt = (id: string): string => new Date(timeMsOf(id)).toISOString();

export type ItemJson = (item: ShownItem) => string;

export const createItemJson =
  (pictures: Pictures): ItemJson =>
  (item) => {
    const { id, matchedBy, read, starred } = item;
    const { postText, beside } = readPost(item, pictures);
    const rest = { ...beside, matched_by: matchedBy, delivered_at: deliveredAt(id), read, starred };
    return `{"id":${JSON.stringify(id)},"post":${postText},${JSON.stringify(rest).slice(1)}`;
  };

function readPost({ postJson, known }: ShownItem, pictures: Pictures): { postText: string; beside: object } {
  if (postJson === '') return { postText: noPost, beside: {} };
  const { uri, text, author, indexed_at, cid, raw_record } = parseJson(postJson) as Post;
  const { url, isHidden, ...view } = viewPost({ uri, author, cid, record: raw_record }, known, pictures);
  const post = JSON.stringify({ uri, text: isHidden ? '' : text, author, indexed_at, url });
  const record = isHidden ? 'null' : (memberText(postJson, 'raw_record') ?? '{}');
  return { postText: `${post.slice(0, -1)},"raw_record":${record}}`, beside: withoutEmpty(view) };
}

/** An item has what is known of it. */
const withoutEmpty = (view: object): object =>
  Object.fromEntries(Object.entries(view).filter(([, value]) => !Array.isArray(value) || value.length > 0));

/** Same shape as a post, so that clients need no special case. */
const noPost = JSON.stringify({
  uri: '',
  text: '',
  author: '',
  indexed_at: '',
  url: postUrl('', ''),
  raw_record: {},
  gone: true,
});
