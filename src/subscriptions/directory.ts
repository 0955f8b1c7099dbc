/**
 * Who is registered for which subscription. A subscription that everybody left keeps its `about` key as a tombstone, so late matches are
 * dropped. One that nobody ever registered for has none: its matches are parked.
 */
import type { Route, Router } from '../../processors/index.ts';
import { CANARY, type SubscriberPage } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { decodeName, encodeName, MAX_NAME_BYTES, subscriptionKeys } from '../redis/keys.ts';
import { loadScript, runScript, runScripts } from '../redis/scripts.ts';
import { keepNoted, noteRegistration, registrationsOf } from './registrations.ts';
import { setTitle, titlesOf } from './titles.ts';

const registerScript = loadScript(new URL('register.lua', import.meta.url));
const routeScript = loadScript(new URL('route.lua', import.meta.url));

/** Subscribers of one fan-out job; a subscription with more gets pages of this size. */
export const PAGE_SIZE = 500;

export interface Subscription {
  subscription: string;
  title?: string;
  /** Number of subscribers. */
  total: number;
  subscribers: string[];
  /** `after` of the next page, null at the end. */
  next: string | null;
  /** null: nobody ever registered. */
  created_at: string | null;
  /** When the last subscriber left; null while there is one. */
  unsubscribed_at: string | null;
}

/** Names are encoded (encodeName) unless said otherwise. */
export interface Directory {
  register(subscription: string, subscriber: string): Promise<void>;
  /** false: it was not registered. */
  unregister(subscription: string, subscriber: string): Promise<boolean>;
  /** The subscriptions that this subscriber is registered for now, in no order. */
  registrationsOf(subscriber: string): Promise<string[]>;
  /** null removes it. */
  setTitle(subscription: string, title: string | null): Promise<void>;
  /** By name; names are plain. */
  titlesOf(subscriptions: Iterable<string>): Promise<Map<string, string>>;
  /** Ends the subscription for everybody. false: no such subscription. */
  remove(subscription: string): Promise<boolean>;
  /** When each subscriber (plain names) registered, in ms, in order; Infinity: not registered. */
  registeredSince(subscription: string, subscribers: readonly string[]): Promise<number[]>;
  /** undefined: nobody ever registered, and it has no title. */
  find(subscription: string, page: { after?: string; limit: number }): Promise<Subscription | undefined>;
}

export function createDirectory(client: RedisClient): Directory {
  async function change(action: string, subscription: string, subscriber = ''): Promise<boolean> {
    const { about, subscribers, since } = subscriptionKeys(subscription);
    return (await runScript(client, registerScript, [about, subscribers, since], [action, subscriber])) === 1;
  }
  return {
    async register(subscription, subscriber) {
      await noteRegistration(client, subscription, subscriber);
      await change('register', subscription, subscriber);
      await keepNoted(client, subscription, subscriber);
    },
    unregister: (subscription, subscriber) => change('unregister', subscription, subscriber),
    registrationsOf: (subscriber) => registrationsOf(client, subscriber),
    setTitle: (subscription, title) => setTitle(client, subscription, title),
    titlesOf: (subscriptions) => titlesOf(client, subscriptions),
    remove: (subscription) => change('remove', subscription),
    async registeredSince(subscription, subscribers) {
      if (!subscribers.length) return [];
      const { since } = subscriptionKeys(subscription);
      const times = await client.hmget(since, ...subscribers.map((name) => encodeName(name)!));
      return times.map((time) => (time === null ? Number.POSITIVE_INFINITY : Number(time)));
    },
    async find(subscription, { after, limit }) {
      const keys = subscriptionKeys(subscription);
      const start = after === undefined ? '-' : `(${after}`;
      const name = decodeName(subscription);
      const [about, total, names, titles] = await Promise.all([
        client.hgetall(keys.about),
        client.zcard(keys.subscribers),
        client.zrange(keys.subscribers, start, '+', 'BYLEX', 'LIMIT', 0, limit),
        titlesOf(client, [name]),
      ]);
      const title = titles.get(name);
      if (!about['created_at'] && title === undefined) return undefined;
      return {
        subscription: name,
        ...(title !== undefined && { title }),
        total,
        subscribers: names.map(decodeName),
        next: names.length === limit ? names.at(-1)! : null,
        created_at: about['created_at'] ?? null,
        unsubscribed_at: about['unsubscribed_at'] ?? null,
      };
    },
  };
}

/** ROUTING=directory. */
export function createDirectoryRouter(client: RedisClient, pageSize = PAGE_SIZE): Router {
  return {
    async route(subscriptionIds) {
      const routes = new Map<string, Route>();
      const known = subscriptionIds.flatMap((id) => {
        const encoded = encodeName(id);
        if (id === CANARY) {
          routes.set(id, { to: 'subscribers', subscribers: [CANARY] });
          return [];
        }
        if (encoded === undefined) routes.set(id, invalidName);
        return encoded === undefined ? [] : [{ id, keys: routeKeys(encoded) }];
      });
      const replies = await runScripts(
        client,
        routeScript,
        known.map(({ keys }) => ({ keys, args: [pageSize] })),
      );
      for (const [at, reply] of replies.entries()) {
        if (reply.status === 'rejected') throw reply.reason;
        routes.set(known[at]!.id, toRoute(reply.value as [string, string[]]));
      }
      return routes;
    },
    async subscribersOf(subscriptionId, { first, last }: SubscriberPage) {
      const { subscribers } = subscriptionKeys(encodeName(subscriptionId)!);
      const names = await client.zrange(
        subscribers,
        `[${encodeName(first)!}`,
        `[${encodeName(last)!}`,
        'BYLEX',
      );
      return names.map(decodeName);
    },
  };
}

/** ROUTING=direct: the inbox is the subscription. */
export const directRouter: Router = {
  route: (subscriptionIds) =>
    Promise.resolve(new Map(subscriptionIds.map((id) => [id, { to: 'subscribers', subscribers: [id] }]))),
  subscribersOf: (subscriptionId) => Promise.resolve([subscriptionId]),
};

function routeKeys(encoded: string): string[] {
  const { about, subscribers } = subscriptionKeys(encoded);
  return [about, subscribers];
}

const invalidName: Route = {
  to: 'invalid',
  detail: `invalid subscription name: 1 to ${MAX_NAME_BYTES} bytes of valid Unicode are allowed`,
};

function toRoute([to, names]: [string, string[]]): Route {
  switch (to) {
    case 'subscribers':
      return { to, subscribers: names.map(decodeName) };
    case 'pages':
      return { to, pages: pairs(names.map(decodeName)) };
    case 'unsubscribed':
      return { to };
    default:
      return { to: 'unknown' };
  }
}

function pairs(names: readonly string[]): SubscriberPage[] {
  return names.flatMap((name, at) => (at % 2 === 0 ? [{ first: name, last: names[at + 1]! }] : []));
}
