/** An item in the API's JSON. The raw record is passed through as text, so that 2^53+1, 1e400 and -0 survive. */
import { z } from 'zod';
import { memberText, timeMsOf } from '../../../queues/index.ts';
import type { Item } from '../../inbox/read/inbox-reader.ts';
import { postUrl } from './post-url.ts';

export const itemSchema = z.object({
  id: z.string().meta({ description: 'Strictly increasing: later items have larger ids' }),
  post: z.object({
    uri: z.string(),
    text: z.string(),
    author: z.string(),
    indexed_at: z.string(),
    url: z
      .string()
      .meta({ description: 'The page of the post, or of its author if the uri has no record key' }),
    raw_record: z.looseObject({}).meta({ description: 'The record, unchanged' }),
    gone: z
      .literal(true)
      .optional()
      .meta({ description: 'true if the post is no longer kept; its other members are then empty' }),
  }),
  matched_by: z.array(z.object({ subscription_id: z.string(), match_score: z.number().nullable() })),
  delivered_at: z.iso.datetime(),
  read: z.boolean(),
  starred: z.boolean(),
});

export interface Post {
  uri: string;
  text: string;
  author: string;
  indexed_at: string;
}

export const deliveredAt = (id: string): string => new Date(timeMsOf(id)).toISOString();

export function itemJson({ id, postJson, matchedBy, read, starred }: Item): string {
  const rest = JSON.stringify({ matched_by: matchedBy, delivered_at: deliveredAt(id), read, starred });
  return `{"id":${JSON.stringify(id)},"post":${postText(postJson)},${rest.slice(1)}`;
}

function postText(postJson: string): string {
  if (postJson === '') return noPost;
  const { uri, text, author, indexed_at } = JSON.parse(postJson) as Post;
  const known = JSON.stringify({ uri, text, author, indexed_at, url: postUrl(uri, author) });
  return `${known.slice(0, -1)},"raw_record":${memberText(postJson, 'raw_record') ?? '{}'}}`;
}

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
