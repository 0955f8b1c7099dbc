/** Inboxes: items, counts, read state and stars. */
import { z } from 'zod';
import type { Reading } from '../../bluesky/reading/reading.ts';
import type { InboxReader } from '../../inbox/read/inbox-reader.ts';
import { decodeName } from '../../redis/keys.ts';
import {
  DEFAULT_LIMIT,
  encodedName,
  flag,
  itemId,
  itemIds,
  limit,
  plainName,
  time,
  words,
} from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { createSearchTexts, holdingAll } from '../post/search-text.ts';
import { PAGE_WAIT_MS, withKnown } from '../post/shown-item.ts';
import { type ItemJson, itemSchema } from './item-json.ts';

const subscriber = z.object({ subscriber: encodedName });
const oneItem = subscriber.extend({ id: itemId });

const gap = z.object({ unread: z.number(), until: z.string() }).nullable().meta({
  description:
    'Unread items up to and including this id that were removed, by a limit of the inbox or by another program',
});

const summarySchema = z.object({
  subscriber: z.string(),
  total: z.number(),
  unread: z.number(),
  oldest: z.string().nullable().meta({ description: 'Id of the oldest item' }),
  newest: z.string().nullable().meta({ description: 'Id of the newest item' }),
  gap,
});

const pageSchema = z.object({
  items: z.array(itemSchema),
  next: z.string().nullable().meta({ description: 'Cursor of the next page, null at the end' }),
  total: z.number(),
  unread: z.number(),
  gap,
});

const pageQuery = z
  .strictObject({
    limit,
    before: itemId.optional(),
    after: itemId.optional(),
    unread: flag,
    starred: flag,
    subscription: plainName.optional(),
    since: time,
    q: words,
  })
  .refine(
    ({ before, after }) => before === undefined || after === undefined,
    'use before or after, not both',
  );

const readBody = z.union([z.strictObject({ ids: itemIds }), z.strictObject({ up_to: itemId })], {
  error: 'must be {"ids": [1 to 1000 item ids]} or {"up_to": an item id}',
});
const unreadBody = z.strictObject({ ids: itemIds }, { error: 'must be {"ids": [1 to 1000 item ids]}' });
const unreadLeft = {
  200: { description: 'The number of unread items left', schema: z.object({ unread: z.number() }) },
};
const starred = { 204: { description: 'Done' }, 404: { description: 'No such item' } };

export function inboxRoutes(inboxes: InboxReader, itemJson: ItemJson, reading: Reading): Route[] {
  const searchTexts = createSearchTexts(reading);
  const setStar = async (inbox: string, id: string, on: boolean) => {
    if (!(await inboxes.star(inbox, id, on))) throw new Problem(404, 'This inbox has no such item');
    return { status: 204 };
  };
  return [
    defineRoute({
      id: 'summarizeInbox',
      method: 'get',
      path: '/api/inboxes/:subscriber',
      summary: 'Item counts of an inbox',
      params: subscriber,
      responses: {
        200: { description: 'An inbox that has received nothing yet is empty', schema: summarySchema },
      },
      async handler({ params, signal }) {
        const summary = await inboxes.summary(params.subscriber, signal);
        return ok({ subscriber: decodeName(params.subscriber), ...summary });
      },
    }),
    defineRoute({
      id: 'listItems',
      method: 'get',
      path: '/api/inboxes/:subscriber/items',
      summary: 'Items, newest first (next page: before=); or items newer than after=, oldest first',
      params: subscriber,
      query: pageQuery,
      responses: { 200: { description: 'A page of items', schema: pageSchema } },
      async handler({ params, query, signal }) {
        const { limit: most = DEFAULT_LIMIT, since: sinceMs, q = [], ...rest } = query;
        const asked = { ...rest, limit: most, sinceMs };
        const { items, ...counts } =
          q.length === 0
            ? await inboxes.page(params.subscriber, asked, signal)
            : await inboxes.search(params.subscriber, asked, holdingAll(q, searchTexts), signal);
        const shown = await withKnown(reading, items, { waitMs: PAGE_WAIT_MS });
        const json = `{"items":[${shown.map(itemJson).join(',')}],${JSON.stringify(counts).slice(1)}`;
        return { status: 200, json };
      },
    }),
    defineRoute({
      id: 'markRead',
      method: 'post',
      path: '/api/inboxes/:subscriber/read',
      summary: 'Marks items as read: those listed, or all up to and including one',
      params: subscriber,
      body: readBody,
      responses: unreadLeft,
      async handler({ params, body, signal }) {
        const what = 'ids' in body ? body : { upTo: body.up_to };
        return ok({ unread: await inboxes.markRead(params.subscriber, what, signal) });
      },
    }),
    defineRoute({
      id: 'markUnread',
      method: 'post',
      path: '/api/inboxes/:subscriber/unread',
      summary: 'Marks items as unread',
      params: subscriber,
      body: unreadBody,
      responses: unreadLeft,
      handler: async ({ params, body, signal }) =>
        ok({ unread: await inboxes.markUnread(params.subscriber, body.ids, signal) }),
    }),
    defineRoute({
      id: 'star',
      method: 'put',
      path: '/api/inboxes/:subscriber/items/:id/star',
      summary: 'Stars an item',
      params: oneItem,
      responses: starred,
      handler: ({ params }) => setStar(params.subscriber, params.id, true),
    }),
    defineRoute({
      id: 'unstar',
      method: 'delete',
      path: '/api/inboxes/:subscriber/items/:id/star',
      summary: 'Removes the star from an item',
      params: oneItem,
      responses: starred,
      handler: ({ params }) => setStar(params.subscriber, params.id, false),
    }),
  ];
}

const ok = (body: object) => ({ status: 200, json: JSON.stringify(body) });
