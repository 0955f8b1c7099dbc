/** Who is registered for which subscription (ROUTING=directory). */
import { z } from 'zod';
import type { InboxList } from '../../inbox/inbox-list.ts';
import { decodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { DEFAULT_LIMIT, encodedName, limit } from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';

const subscription = z.object({ id: encodedName });
const membership = subscription.extend({ subscriber: encodedName });

const subscriptionSchema = z.object({
  subscription: z.string(),
  total: z.number().meta({ description: 'Number of subscribers' }),
  subscribers: z.array(z.string()),
  next: z.string().nullable().meta({ description: 'Cursor of the next page, null at the end' }),
  created_at: z.iso.datetime(),
  unsubscribed_at: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When the last subscriber left; matches since then are dropped' }),
});

const none = 'Nobody ever registered for this subscription';
const toIso = (ms: string): string => new Date(Number(ms)).toISOString();

export function subscriptionRoutes(directory: Directory, inboxList: InboxList): Route[] {
  return [
    defineRoute({
      id: 'register',
      method: 'put',
      path: '/api/subscriptions/:id/subscribers/:subscriber',
      summary: 'Registers this subscriber for a subscription',
      params: membership,
      responses: { 204: { description: 'Registered, or was already' } },
      async handler({ params }) {
        await directory.register(params.id, params.subscriber);
        await inboxList.add([params.subscriber]);
        return { status: 204 };
      },
    }),
    defineRoute({
      id: 'unregister',
      method: 'delete',
      path: '/api/subscriptions/:id/subscribers/:subscriber',
      summary: 'Removes this subscriber from a subscription',
      params: membership,
      responses: { 204: { description: 'No longer registered' }, 404: { description: 'Was not registered' } },
      async handler({ params }) {
        if (await directory.unregister(params.id, params.subscriber)) return { status: 204 };
        throw new Problem(404, 'This subscriber is not registered for this subscription');
      },
    }),
    defineRoute({
      id: 'findSubscription',
      method: 'get',
      path: '/api/subscriptions/:id',
      summary: 'A subscription and its subscribers, by name',
      params: subscription,
      query: z.strictObject({ limit, after: encodedName.optional() }),
      responses: {
        200: { description: 'A page of subscribers', schema: subscriptionSchema },
        404: { description: none },
      },
      async handler({ params, query }) {
        const { after, limit: most = DEFAULT_LIMIT } = query;
        const found = await directory.find(params.id, { limit: most, ...(after !== undefined && { after }) });
        if (!found) throw new Problem(404, none);
        const body = {
          ...found,
          next: found.next === null ? null : decodeName(found.next),
          created_at: toIso(found.created_at),
          unsubscribed_at: found.unsubscribed_at === null ? null : toIso(found.unsubscribed_at),
        };
        return { status: 200, json: JSON.stringify(body) };
      },
    }),
    defineRoute({
      id: 'removeSubscription',
      method: 'delete',
      path: '/api/subscriptions/:id',
      summary: 'Removes all subscribers of a subscription',
      params: subscription,
      responses: { 204: { description: 'Ended' }, 404: { description: none } },
      async handler({ params }) {
        if (await directory.remove(params.id)) return { status: 204 };
        throw new Problem(404, none);
      },
    }),
  ];
}
