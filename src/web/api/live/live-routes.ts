/** `GET …/live`: what comes into an inbox, as it comes. */
import { z } from 'zod';
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
      summary: 'Items as they come (text/event-stream)',
      description:
        'Each event is an item, its id the id of the event: what came after Last-Event-ID (or, on the first connection, `after`), ' +
        'in order and none twice; then what comes. Without either: what comes from now on. Events `counts` {total, unread} and ' +
        '`gap` {unread, until} carry no id. Whoever does not read is cut off and resumes.',
      params: subscriber,
      query: z.strictObject({ after: itemId.optional() }),
      async open(req, res, { params, query }) {
        const header = req.headers['last-event-id'];
        const last = header === undefined || header === '' ? undefined : itemId.safeParse(header);
        if (last && !last.success)
          throw new Problem(400, 'Last-Event-ID: takes the id of an item, <digits>-<digits>');
        await live.open(req, res, params.subscriber, last?.data ?? query.after);
      },
    }),
  ];
}
