/** Who is registered for which subscription (ROUTING=directory). */
import { z } from 'zod';
import type { InboxList } from '../../inbox/inbox-list.ts';
import { decodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { MAX_TITLE } from '../../subscriptions/titles.ts';
import { DEFAULT_LIMIT, encodedName, limit } from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';

const subscription = z.object({ id: encodedName });
const membership = subscription.extend({ subscriber: encodedName });

const subscriptionSchema = z.object({
  subscription: z.string(),
  title: z.string().optional(),
  total: z.number().meta({ description: 'Number of subscribers' }),
  subscribers: z.array(z.string()),
  next: z.string().nullable().meta({ description: 'Cursor of the next page, null at the end' }),
  created_at: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'null: it has a title, and nobody ever registered' }),
  unsubscribed_at: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When the last subscriber left; matches since then are dropped' }),
});

const titleError = `must be a text of 1 to ${MAX_TITLE} characters without control characters, or null`;
const titleBody = z.strictObject({
  title: z
    .string({ error: titleError })
    .trim()
    .regex(/^[^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u, titleError)
    .max(MAX_TITLE, titleError)
    .nullable()
    .meta({ description: 'Shown in place of the id; null removes the title' }),
});

const none = 'Nobody ever registered for this subscription';
const toIso = (ms: string | null): string | null => (ms === null ? null : new Date(Number(ms)).toISOString());

async function shown(directory: Directory, id: string, page: { limit?: number; after?: string }) {
  const { after, limit: most = DEFAULT_LIMIT } = page;
  const known = await directory.find(id, { limit: most, ...(after !== undefined && { after }) });
  if (!known) return undefined;
  const body = {
    ...known,
    next: known.next === null ? null : decodeName(known.next),
    created_at: toIso(known.created_at),
    unsubscribed_at: toIso(known.unsubscribed_at),
  };
  return { status: 200, json: JSON.stringify(body) };
}

async function existing<Reply>(reply: Promise<Reply | undefined>): Promise<Reply> {
  const known = await reply;
  if (known === undefined) throw new Problem(404, none);
  return known;
}

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
      handler: ({ params, query: { limit, after } }) =>
        existing(
          shown(directory, params.id, { ...(limit && { limit }), ...(after !== undefined && { after }) }),
        ),
    }),
    defineRoute({
      id: 'nameSubscription',
      method: 'put',
      path: '/api/subscriptions/:id',
      summary: 'Gives a subscription a title; registers nobody',
      params: subscription,
      body: titleBody,
      responses: {
        200: { description: 'As GET shows it', schema: subscriptionSchema },
        204: { description: 'The title is removed, and nobody ever registered' },
      },
      async handler({ params, body }) {
        await directory.setTitle(params.id, body.title);
        return (await shown(directory, params.id, {})) ?? { status: 204 };
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
