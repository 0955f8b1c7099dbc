/** Lists all inboxes and erases one. Only for programs with the API token: a feed token opens one inbox, and erases nobody. */
import { z } from 'zod';
import type { Erase } from '../../inbox/erase/erase.ts';
import type { InboxList } from '../../inbox/inbox-list.ts';
import type { InboxReader } from '../../inbox/read/inbox-reader.ts';
import { decodeName } from '../../redis/keys.ts';
import { DEFAULT_LIMIT, encodedName, limit } from '../http/inputs.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Live } from './live/live.ts';

const listed = z.object({
  subscriber: z.string(),
  total: z.number(),
  unread: z.number(),
  newest: z.string().nullable().meta({ description: 'Id of the newest item' }),
});
const listSchema = z.object({
  inboxes: z.array(listed),
  next: z.string().nullable().meta({ description: '`after` of the next page, null at the end' }),
});

export interface InboxListDeps {
  inboxList: InboxList;
  inboxes: InboxReader;
  erase: Erase;
  live: Pick<Live, 'close'>;
}

export function inboxListRoutes({ inboxList: list, inboxes, erase, live }: InboxListDeps): Route[] {
  return [
    defineRoute({
      id: 'listInboxes',
      method: 'get',
      path: '/api/inboxes',
      summary: 'All inboxes, by name (percent-encoded); next page: after=',
      params: z.object({}),
      query: z.strictObject({ prefix: encodedName.optional(), after: encodedName.optional(), limit }),
      responses: {
        200: {
          description: 'A page of inboxes, without names under which another program keeps other data',
          schema: listSchema,
        },
      },
      async handler({ query, signal }) {
        const { prefix = '', after = '', limit: most = DEFAULT_LIMIT } = query;
        const { names, next } = await list.page({ prefix, after, limit: most });
        const found = await Promise.all(names.map((name) => summaryOf(inboxes, name, signal)));
        const body = { inboxes: found.filter((one) => one !== undefined), next: next && decodeName(next) };
        return { status: 200, json: JSON.stringify(body) };
      },
    }),
    defineRoute({
      id: 'eraseInbox',
      method: 'delete',
      path: '/api/inboxes/:subscriber',
      summary: 'Erases a person: items, state, feed tokens, registrations; open streams end',
      params: z.object({ subscriber: encodedName }),
      responses: {
        204: {
          description:
            'Erased, or there was nothing to erase. Matches received before do not come back; later ones are delivered if the person is ' +
            'registered again. After an error part of the data may remain: repeat the call',
        },
      },
      async handler({ params }) {
        await erase(params.subscriber);
        live.close(params.subscriber);
        return { status: 204 };
      },
    }),
  ];
}

async function summaryOf(
  inboxes: InboxReader,
  name: string,
  signal: AbortSignal,
): Promise<z.output<typeof listed> | undefined> {
  try {
    const { total, unread, newest } = await inboxes.summary(name, signal);
    return { subscriber: decodeName(name), total, unread, newest };
  } catch (error) {
    if (String(error).includes('WRONGTYPE')) return undefined;
    throw error;
  }
}
