/** What stands below `/reader/`. */
import { Problem } from '../http/problem.ts';
import { json, text } from './answer.ts';
import type { Handler } from './call.ts';
import { atomFeed, itemsContents, streamContents, streamIds } from './contents.ts';
import { editTag, markAllAsRead } from './edits.ts';
import { subscriptionList, tagList, unreadCount, userInfo } from './lists.ts';

export interface Endpoint {
  handler: Handler;
  methods: readonly string[];
  readsBody: boolean;
  streamName: string | undefined;
}

const reads = ['GET', 'HEAD', 'POST'];

/** A client that was told OK would show the change, and lose it with the next sync. */
const refused: Handler = async () => {
  throw new Problem(400, 'Subscriptions are managed elsewhere: this inbox gets what Skywire matches');
};

const readers: Record<string, Handler> = {
  token: async (_deps, { token }) => text(token),
  'user-info': userInfo,
  'subscription/list': subscriptionList,
  'tag/list': tagList,
  'unread-count': unreadCount,
  'stream/items/ids': streamIds,
  'stream/items/contents': itemsContents,
  'stream/contents': streamContents,
  'preference/list': async () => json({ prefs: [] }),
  'preference/stream/list': async () => json({ streamprefs: {} }),
  'friend/list': async () => json({ friends: [] }),
};
const writers: Record<string, Handler> = { 'edit-tag': editTag, 'mark-all-as-read': markAllAsRead };
/** Their bodies, even of other types, are not looked at. */
const refusals: Record<string, Handler> = {
  'subscription/edit': refused,
  'subscription/import': refused,
  'rename-tag': refused,
  'disable-tag': refused,
  'import/opml': refused,
  'subscription/quickadd': async () =>
    json({ numResults: 0, error: 'Subscriptions are managed elsewhere: nothing can be added here' }),
};

const endpoints = new Map<string, Endpoint>([
  ...list(readers, { methods: reads, readsBody: true }),
  ...list(writers, { methods: ['POST'], readsBody: true }),
  ...list(refusals, { methods: [...reads, 'PUT', 'DELETE'], readsBody: false }),
]);

function list(handlers: Record<string, Handler>, about: Pick<Endpoint, 'methods' | 'readsBody'>) {
  return Object.entries(handlers).map(([name, handler]): [string, Endpoint] => [
    name,
    { handler, streamName: undefined, ...about },
  ]);
}

const unknown: Endpoint = {
  handler: async () => {
    throw new Problem(404, 'Not found');
  },
  methods: [...reads, 'PUT', 'DELETE', 'PATCH'],
  readsBody: false,
  streamName: undefined,
};

/** `path` begins with `/reader/`; behind `stream/contents/` and `atom/` it names a stream, decoded once. */
export function findEndpoint(path: string): Endpoint {
  const [, place, name = ''] = /^\/reader\/(api\/0|atom)\/(.*)$/s.exec(path) ?? [];
  if (place === 'atom') return named({ handler: atomFeed, methods: reads, readsBody: true }, name);
  const contents = 'stream/contents/';
  if (place && name.startsWith(contents))
    return named(endpoints.get('stream/contents')!, name.slice(contents.length));
  return (place && endpoints.get(name)) || unknown;
}

function named(endpoint: Omit<Endpoint, 'streamName'>, encoded: string): Endpoint {
  try {
    return { ...endpoint, streamName: decodeURIComponent(encoded) };
  } catch {
    const handler: Handler = async () => {
      throw new Problem(400, 'The address is not valid percent-encoded UTF-8');
    };
    return { ...endpoint, handler, streamName: undefined };
  }
}
