/** Creates, lists and revokes the feed tokens of an inbox. */
import { z } from 'zod';
import { type FeedTokens, MAX_FEED_TOKENS } from '../../inbox/feed-tokens.ts';
import { encodedName } from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';

const PATH = '/api/inboxes/:subscriber/feed-tokens';
const subscriber = z.object({ subscriber: encodedName });

const label = z
  .string({ error: 'must be text of up to 100 characters' })
  .max(100, 'must be text of up to 100 characters')
  .meta({ description: 'What it is for, shown in the list' });
const body = z.strictObject(
  { label: label.optional() },
  { error: 'must be {} or {"label": "what it is for"}' },
);

const listed = z.object({ id: z.string(), label: z.string(), created_at: z.iso.datetime() });
const created = listed.extend({
  token: z.string().meta({ description: 'Shown only once: only its hash is stored' }),
  urls: z.object({
    rss: z.url(),
    atom: z.url(),
    json: z.url(),
    reader: z.url(),
    greader: z.url().meta({
      description: 'Base address of the Google Reader API; user: the subscriber, password: the token',
    }),
  }),
});

export function feedTokenRoutes(tokens: FeedTokens): Route[] {
  return [
    defineRoute({
      id: 'createFeedToken',
      method: 'post',
      path: PATH,
      summary: 'Creates a token that gives a feed reader, or the reader page, access to this inbox',
      params: subscriber,
      body: body.optional(),
      responses: {
        201: { description: 'The token and the addresses of the feeds', schema: created },
        409: { description: `The inbox has ${MAX_FEED_TOKENS} tokens` },
      },
      async handler({ params, body, publicUrl }) {
        const made = await tokens.create(params.subscriber, body?.label ?? '');
        if (!made) throw new Problem(409, `This inbox has ${MAX_FEED_TOKENS} tokens; revoke one first`);
        const { id, token, label, createdAtMs } = made;
        const feed = (kind: string) => `${publicUrl}/feeds/${token}.${kind}`;
        const name = encodeURIComponent(decodeURIComponent(params.subscriber));
        const reader = `${publicUrl}/reader/${name}?token=${token}`;
        const greader = `${publicUrl}/greader`;
        const urls = { rss: feed('rss'), atom: feed('atom'), json: feed('json'), reader, greader };
        const created_at = new Date(createdAtMs).toISOString();
        return { status: 201, json: JSON.stringify({ id, label, created_at, token, urls }) };
      },
    }),
    defineRoute({
      id: 'listFeedTokens',
      method: 'get',
      path: PATH,
      summary: 'Lists the tokens of this inbox, without their secrets',
      params: subscriber,
      responses: { 200: { description: 'Oldest first', schema: z.object({ feed_tokens: z.array(listed) }) } },
      async handler({ params }) {
        const feed_tokens = (await tokens.list(params.subscriber)).map(({ id, label, createdAtMs }) => ({
          id,
          label,
          created_at: new Date(createdAtMs).toISOString(),
        }));
        return { status: 200, json: JSON.stringify({ feed_tokens }) };
      },
    }),
    defineRoute({
      id: 'revokeFeedToken',
      method: 'delete',
      path: `${PATH}/:id`,
      summary: 'Revokes a token: requests are refused at once, open streams end within 15 s',
      params: subscriber.extend({ id: z.string().max(100).meta({ description: 'The id of the token' }) }),
      responses: { 204: { description: 'Revoked' }, 404: { description: 'No such token' } },
      async handler({ params }) {
        if (await tokens.revoke(params.subscriber, params.id)) return { status: 204 };
        throw new Problem(404, 'This inbox has no such feed token');
      },
    }),
  ];
}
