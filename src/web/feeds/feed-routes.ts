/** `/feeds/<token>.rss`, `.atom`, `.json`: an inbox for any feed reader. */
import { hash } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import type { Reading } from '../../bluesky/reading/reading.ts';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import type { InboxReader, Page } from '../../inbox/read/inbox-reader.ts';
import { within } from '../../redis/deadline.ts';
import { decodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { serveGet } from '../http/base-app.ts';
import { flag, itemId, plainName } from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { clientOf, publicUrlOf } from '../http/public-url.ts';
import { createRateLimit, networkOf, type RateLimit } from '../http/rate-limit.ts';
import { checked } from '../http/route.ts';
import { whileWaitedFor } from '../http/waited-for.ts';
import type { Pictures } from '../post/pictures.ts';
import { FEED_WAIT_MS, type ShownItem, withKnown } from '../post/shown-item.ts';
import { atom } from './atom.ts';
import { guidOf, toEntry } from './entry.ts';
import type { Feed, FeedFormat } from './feed.ts';
import { jsonFeed } from './json-feed.ts';
import { isUnchanged, validators } from './not-modified.ts';
import { rss } from './rss.ts';

const formats: Record<string, FeedFormat> = { rss, atom, json: jsonFeed };
const file = /^([A-Za-z0-9_-]{43})\.(rss|atom|json)$/;
const ITEMS = 100;
const ANSWER_WITHIN_MS = 5_000;

const perToken = { atOnce: 100, everyMs: 1_000 };
/** Only bounds the load of invalid tokens (256 bits cannot be guessed); valid ones are served whatever else their address sends. */
const perStranger = { atOnce: 100, everyMs: 1_000 };

/** Not strict: some feed readers add their own parameters. */
const feedQuery = z.object({
  unread: flag,
  subscription: plainName.optional(),
  before: itemId.optional(),
});
type FeedQuery = z.output<typeof feedQuery>;

export interface FeedDeps {
  pictures: Pictures;
  inboxes: InboxReader;
  feedTokens: FeedTokens;
  reading: Reading;
  directory: Pick<Directory, 'titlesOf'>;
}

export function mountFeeds(
  app: Express,
  { inboxes, feedTokens, directory, pictures, reading }: FeedDeps,
): void {
  const tokenLimit = createRateLimit(perToken);
  const strangerLimit = createRateLimit(perStranger);
  serveGet(app, '/feeds/:file', async (req, res) => {
    // Links in posts must not leak the token by Referer.
    res.set({ 'Cache-Control': 'private, no-cache', 'Referrer-Policy': 'no-referrer' });
    const [, token = '', kind = ''] = file.exec(String(req.params['file'])) ?? [];
    const inbox = token && (await within(ANSWER_WITHIN_MS, feedTokens.inboxOf(token)));
    if (!inbox) {
      takeOne(strangerLimit, networkOf(clientOf(req)));
      throw new Problem(404, 'No such feed');
    }
    takeOne(tokenLimit, hash('sha256', token, 'base64'));
    const query = checked(feedQuery, req.query, 'parameter');
    const { subscription } = query;
    const [page, titles] = await whileWaitedFor(req, ANSWER_WITHIN_MS, (signal) =>
      Promise.all([
        inboxes.page(inbox, { ...query, limit: ITEMS }, signal),
        directory.titlesOf(subscription === undefined ? [] : [subscription]),
      ]),
    );
    const shown = { ...page, items: await withKnown(reading, page.items, { waitMs: FEED_WAIT_MS }) };
    send(req, res, formats[kind]!, toFeed(decodeName(inbox), shown, query, req, { pictures, titles }));
  });
}

function takeOne(limit: RateLimit, key: string): void {
  const waitS = limit.waitS(key);
  if (waitS > 0) throw new Problem(429, 'Too many feed requests', { 'Retry-After': String(waitS) });
  limit.spend(key);
}

function toFeed(
  inbox: string,
  { items, next, gap }: Pick<Page, 'next' | 'gap'> & { items: ShownItem[] },
  query: FeedQuery,
  req: Request,
  { pictures, titles }: { pictures: Pictures; titles: ReadonlyMap<string, string> },
): Feed {
  const { unread, subscription } = query;
  const home = publicUrlOf(req);
  const url = new URL(home + req.path);
  if (unread) url.searchParams.set('unread', 'true');
  if (subscription !== undefined) url.searchParams.set('subscription', subscription);
  const nextUrl = new URL(url);
  if (next !== null) nextUrl.searchParams.set('before', next);
  if (query.before !== undefined) url.searchParams.set('before', query.before);
  const entries = items.map((item) => toEntry(inbox, item, pictures));
  return {
    id: guidOf('feed', inbox),
    title: [inbox, titles.get(subscription ?? '') ?? subscription, unread ? 'unread' : undefined]
      .filter((part) => part !== undefined)
      .join(' · '),
    description: gap
      ? `Posts that matched; ${gap.unread} unread ones are no longer kept`
      : 'Posts that matched',
    homeUrl: `${home}/reader/${encodeURIComponent(inbox)}`,
    url: url.href,
    nextUrl: next === null ? undefined : nextUrl.href,
    updatedMs: Math.max(0, ...entries.map(({ updatedMs }) => updatedMs)),
    entries,
  };
}

function send(req: Request, res: Response, format: FeedFormat, feed: Feed): void {
  const text = format.render(feed);
  const { etag, lastModified } = validators(text, feed.updatedMs);
  res.set('ETag', etag);
  if (lastModified !== undefined) res.set('Last-Modified', lastModified);
  if (isUnchanged(req.headers, { etag, lastModified })) {
    res.status(304).end();
    return;
  }
  res.set('Content-Type', format.contentType).send(text);
}
