/** The subscriptions of an inbox: those that matched items, and those that its subscriber is registered for. */
import { z } from 'zod';
import type { InboxReader } from '../../inbox/read/inbox-reader.ts';
import { decodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { encodedName } from '../http/inputs.ts';
import { defineRoute, type Route } from '../http/route.ts';

const schema = z.object({
  subscriptions: z.array(
    z.object({
      id: z.string(),
      title: z.string().nullable(),
      unread: z.number(),
      total: z.number(),
      newest: z.string().nullable().meta({ description: 'Id of the newest item' }),
    }),
  ),
});

export function inboxSubscriptionRoutes(inboxes: InboxReader, directory: Directory): Route[] {
  return [
    defineRoute({
      id: 'listInboxSubscriptions',
      method: 'get',
      path: '/api/inboxes/:subscriber/subscriptions',
      summary:
        'Item counts by subscription, those of the filter subscription=; registered ones without items too',
      params: z.object({ subscriber: encodedName }),
      responses: {
        200: { description: 'By id. An item counts for each subscription that it matched', schema },
      },
      async handler({ params: { subscriber }, signal }) {
        const [counts, registered] = await Promise.all([
          inboxes.bySubscription(subscriber, signal),
          directory.registrationsOf(subscriber),
        ]);
        const ids = [...new Set([...counts.keys(), ...registered.map(decodeName)])].sort();
        const titles = await directory.titlesOf(ids);
        const subscriptions = ids.map((id) => ({
          id,
          title: titles.get(id) ?? null,
          ...(counts.get(id) ?? { unread: 0, total: 0, newest: null }),
        }));
        return { status: 200, json: JSON.stringify({ subscriptions }) };
      },
    }),
  ];
}
