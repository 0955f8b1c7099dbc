/** What an account has: its user, feeds, tags and counts. */

import { idAt } from '../../inbox/ids/id-table.ts';
import { decodeName } from '../../redis/keys.ts';
import { json } from './answer.ts';
import { type Handler, pageOf } from './call.ts';
import { feedId, listFeeds } from './feeds.ts';
import { timestampUsec } from './ids.ts';
import { feedTitle } from './item.ts';
import { isShown } from './selection.ts';
import { LABEL, LABEL_NAME, stateName } from './stream-names.ts';

export const userInfo: Handler = async (_deps, { inbox }) => {
  const name = decodeName(inbox);
  return json({ userId: inbox, userName: name, userProfileId: inbox, userEmail: name });
};

export const subscriptionList: Handler = async (deps, call) => {
  const { table } = await deps.inboxIds.read(call.inbox, call.signal);
  const feeds = await listFeeds(deps.directory, call.inbox, table);
  const titles = await deps.directory.titlesOf(feeds.map(({ subscription }) => subscription));
  const subscriptions = feeds.map(({ id, subscription }) => ({
    id,
    title: feedTitle(titles.get(subscription), subscription),
    categories: [{ id: LABEL, label: LABEL_NAME }],
    url: pageOf(call, subscription),
    htmlUrl: pageOf(call, subscription),
    iconUrl: '',
  }));
  return json({ subscriptions });
};

export const tagList: Handler = async () =>
  json({ tags: [{ id: stateName('starred') }, { id: LABEL, type: 'folder' }] });

interface Count {
  id: string;
  count: number;
  newestItemTimestampUsec: string;
}

export const unreadCount: Handler = async (deps, call) => {
  const view = await deps.inboxIds.read(call.inbox, call.signal);
  const { table, isUnread } = view;
  const all = { count: 0, newestItemTimestampUsec: '0' };
  const feeds = await listFeeds(deps.directory, call.inbox, table);
  const counts = new Map(feeds.map(({ id }) => [id, { id, count: 0, newestItemTimestampUsec: '0' }]));
  const byPlace = table.names.map((name): Count | undefined => counts.get(feedId(name)));
  // Oldest first: the last one is the newest.
  for (let at = 0; at < table.length; at += 1) {
    if (!isShown(view, at)) continue;
    const newestItemTimestampUsec = timestampUsec(idAt(table, at));
    const unread = isUnread(at) ? 1 : 0;
    for (const one of [all, byPlace[table.subscription[at]!]]) {
      if (!one) continue;
      one.newestItemTimestampUsec = newestItemTimestampUsec;
      one.count += unread;
    }
  }
  const whole = [LABEL, stateName('reading-list')].map((id) => ({ id, ...all }));
  return json({ max: all.count, unreadcounts: [...counts.values(), ...whole] });
};
