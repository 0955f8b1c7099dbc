/** `GET …/live`: items as they are delivered. */
import { z } from 'zod';
import { feedTokenIn } from '../../access/reader-access.ts';
import { encodedName, itemId } from '../../http/inputs.ts';
import { Problem } from '../../http/problem.ts';
import { defineStream, type Route } from '../../http/route.ts';
import type { Live } from './live.ts';

const subscriber = z.object({ subscriber: encodedName });

export function liveRoutes(live: Live): Route[] {
  return [
    defineStream({
      id: 'streamItems',
      path: '/api/inboxes/:subscriber/live',
      summary: 'Items as they are delivered (text/event-stream)',
      description:
        'Each event is an item, with the item id as event id: first the items after Last-Event-ID (or, on the first connection, ' +
        '`after`), in order and without duplicates, then new ones. Without either, only new items. Events `counts` {total, unread} ' +
        'and `gap` {unread, until} carry no id, nor does `update`: an item that was sent or listed before, of which more is known now. ' +
        'A client that does not read is disconnected and may resume. A stream ends for good within 15 s after its feed token is revoked.',
      params: subscriber,
      query: z.strictObject({ after: itemId.optional() }),
      async open(req, res, { params, query, signal }) {
        const header = req.headers['last-event-id'];
        const last = header === undefined || header === '' ? undefined : itemId.safeParse(header);
        if (last && !last.success)
          throw new Problem(400, 'Last-Event-ID: must be an item id, <digits>-<digits>');
        await live.open(req, res, {
          inbox: params.subscriber,
          after: last?.data ?? query.after,
          feedToken: feedTokenIn(res),
          signal,
        });
      },
    }),
  ];
}
