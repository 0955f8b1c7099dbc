/** Every Redis key, documented in docs/keys.md; a test compares the two. */
import { hash } from 'node:crypto';
import { slotNumber } from './slots.ts';

/** Longest name of a subscriber or a subscription, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512;

const plain = /^[A-Za-z0-9\-._~:@]*$/;

/**
 * A name for use between a key's braces: all but letters, digits and `-._~:@` percent-encoded, so that no name escapes them.
 * undefined if it is empty, longer than MAX_NAME_BYTES, or not well-formed Unicode.
 */
export function encodeName(name: string): string | undefined {
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES || !name.isWellFormed()) return undefined;
  if (plain.test(name)) return name;
  return encodeURIComponent(name)
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Inverse of encodeName. */
export const decodeName = (encoded: string): string => decodeURIComponent(encoded);

export interface InboxKeys {
  items: string;
  seen: string;
  state: string;
  merged: string;
  read: string;
  unread: string;
  starred: string;
  gone: string;
  removed: string;
  feedTokens: string;
  subscriptions: string;
}

/** The names of an inbox's other keys begin with it. */
export const itemsKey = (encodedSubscriber: string): string => `inbox:{${encodedSubscriber}}`;

/** One hash slot an inbox, so that one script can change all its keys. */
export function inboxKeys(encodedSubscriber: string): InboxKeys {
  const items = itemsKey(encodedSubscriber);
  return {
    items,
    seen: `${items}:seen`,
    state: `${items}:state`,
    merged: `${items}:merged`,
    read: `${items}:read`,
    unread: `${items}:unread`,
    starred: `${items}:starred`,
    gone: `${items}:gone`,
    removed: `${items}:removed`,
    feedTokens: `${items}:feed-tokens`,
    subscriptions: `${items}:subscriptions`,
  };
}

/** SCAN patterns of the keys that name an inbox and of those that name a subscription, in one: `inbox:{…` and `subscription:{…`. */
export const namingKeys = '[is][nu]b*:{*';
/** The inbox or the subscription, encoded, that a key belongs to. */
export const inboxOfKey = (key: string): string | undefined => nameIn(/^inbox:\{([^{}]+)\}/.exec(key)?.[1]);
export const subscriptionOfSubscribersKey = (key: string): string | undefined =>
  nameIn(/^subscription:\{([^{}]+)\}:subscribers$/.exec(key)?.[1]);

/** undefined: another program's, because no name is encoded like this. */
function nameIn(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return encodeName(decodeName(encoded)) === encoded ? encoded : undefined;
  } catch {
    return undefined;
  }
}

/** What remains of an erased name. */
export const nameHash = (encoded: string): string => hash('sha256', encoded, 'base64url');
/** When an inbox was erased: in the inbox's slot, but without its name. */
export const erasedKey = (inbox: string): string =>
  `skywire-inbox:erased:{${slotNumber(inbox)}}:${nameHash(inbox)}`;
/** Hashes of names erased lately, whose streams web processes close. */
export const erasuresKey = 'skywire-inbox:erasures';

/** Number of parts of the list of inboxes, which spread over the nodes of a Cluster. */
export const INBOX_LIST_PARTS = 16;
export const inboxListKey = (part: number): string => `skywire-inbox:{inboxes.${part.toString(16)}}`;
/** Maintenance of inboxes: its progress, and the lock of the process that does it. */
export const maintenanceKeys = {
  state: 'skywire-inbox:{maintenance}:state',
  lease: 'skywire-inbox:{maintenance}:lease',
};

/** A post body shared by several inboxes. An identity needs no encoding. */
export const postKey = (identity: string): string => `post:{${identity}}`;

/** The inbox that a feed token opens, by the token's SHA-256. */
export const feedTokenKey = (hash: string): string => `feed-token:{${hash}}`;
/** How far a client with this token was shown the streams of the inbox. */
export const servedKey = (hash: string): string => `${feedTokenKey(hash)}:served`;

export const subscriptionKeys = (encodedSubscription: string) => ({
  about: `subscription:{${encodedSubscription}}`,
  subscribers: `subscription:{${encodedSubscription}}:subscribers`,
  since: `subscription:{${encodedSubscription}}:since`,
});
/** What people call it. */
export const titleKey = (encodedSubscription: string): string =>
  `subscription:{${encodedSubscription}}:title`;

/** BullMQ's prefix: a queue's keys are `<prefix>:<queue>:…`, all in one slot. */
export const queuePrefix = (queue: string): string => `skywire-inbox:{${laneTags[queue] ?? queue}}`;

/** The queue of the nth partition of the stream, from 0. */
export const laneName = (nth: number): string => (nth === 0 ? 'matches' : `matches-${nth + 1}`);

/**
 * Hash tags that spread the queues of the first sixteen partitions evenly over a Cluster's slots, however many partitions there are
 * (each 0.618 of the way around from the previous one). Found by brute force; a test computes the slots.
 */
const laneTags: Record<string, string> = Object.fromEntries(
  [20, 7, 160, 71, 48, 34, 72, 4, 8, 34, 21, 102, 102, 50, 13].map((suffix, at) => [
    laneName(at + 1),
    `${laneName(at + 1)}.${suffix}`,
  ]),
);

/** Where to recreate a stream's consumer group if it is destroyed. */
export const cursorKey = (stream: string, group: string): string => `skywire-inbox:cursor:${stream}:${group}`;
/** BullMQ's: the last completed jobs of a queue. */
export const completedKey = (queue: string): string => `${queuePrefix(queue)}:${queue}:completed`;
/** Entries read and settled, and the batches not settled yet; in the queue's slot. */
export const booksKeys = (queue: string) => ({
  books: `${queuePrefix(queue)}:books`,
  open: `${queuePrefix(queue)}:books:open`,
});
/**
 * When workers of this version started on inboxes of an earlier one. In the slot of what shows whether there was one: the books, and the
 * completed jobs, which show 0.1.0. The number increases when an earlier version cannot read what a later one writes: each such change has
 * its own time.
 */
export const upgradedAtKey = `${queuePrefix('matches')}:upgraded-at:2`;
/** Payloads of large batches, in the queue's slot. */
export const payloadsKey = (queue: string): string => `${queuePrefix(queue)}:payloads`;
/** Entries that a queue's jobs refer to, which must stay in the stream; in the queue's slot. */
export const keptKey = (queue: string): string => `${queuePrefix(queue)}:kept`;
/** Lock of the pump that sends the next canary. */
export const canaryTurnKey = 'skywire-inbox:canary-turn';
/** What the pump noted about losses. */
export const lossesKey = 'skywire-inbox:losses';
/** Run ids of the queues' servers when the cursor was saved. */
export const cursorServersKey = (stream: string, group: string): string =>
  `${cursorKey(stream, group)}:servers`;

/** What an operator did with the parked match of this job; in the queue's slot. */
export const byHandKey = (jobId: string): string => `${queuePrefix('parked')}:by-hand:${jobId}`;

/** What else the pump knows about a stream: its positions over time, and how many entries it accounts for. */
export const cursorMarksKey = (stream: string, group: string): string => `${cursorKey(stream, group)}:marks`;

/** Audit log of operators' actions, newest last. */
export const operatorLogKey = 'skywire-inbox:operator-log';

/** A rate-limited bulk retry: its state, the jobs whose outcome is still unknown, and the lease of the process that runs it. */
export const retryRunKeys = {
  state: 'skywire-inbox:{retry-run}:state',
  inFlight: 'skywire-inbox:{retry-run}:in-flight',
  lease: 'skywire-inbox:{retry-run}:lease',
};
/** A discard of a group: its state, its jobs, its lease. In the slot of the retries, because only one of the two may run. */
export const discardKeys = {
  state: 'skywire-inbox:{retry-run}:discard',
  jobs: 'skywire-inbox:{retry-run}:discard:jobs',
  lease: 'skywire-inbox:{retry-run}:discard:lease',
};
/** Failed parked matches in an export, which may be discarded: after it was sent completely, and while it is being sent. */
export const exportedKey = (id: string) => ({
  complete: `skywire-inbox:{retry-run}:exported:${id}`,
  incomplete: `skywire-inbox:{retry-run}:exporting:${id}`,
});
/** A server that lookups call: its rate limit and pauses. Strangers name servers, so the key has only a hash of the name. */
export const askedServerKey = (kind: string, host: string): string =>
  `${queuePrefix('enrich')}:server:${nameHash(`${kind} ${host}`)}`;
/** Unanswered lookups; whether a worker answers; recent answers. All in the slot of the queue. */
export const lookupKeys = {
  asked: `${queuePrefix('enrich')}:asked`,
  worker: `${queuePrefix('enrich')}:worker`,
  news: `${queuePrefix('enrich')}:news`,
};
/** Number of parts of what is known from Bluesky. */
export const KNOWN_PARTS = 16;
/** `cache`: may be dropped. `posts`: record keys and withdrawals of delivered posts. Each with times and a size. */
export function knownKeys(store: 'cache' | 'posts', part: number) {
  const values = `skywire-inbox:{known.${part.toString(16)}}:${store}`;
  return { values, times: `${values}:times`, bytes: `${values}:bytes` };
}
/** Samples for the overview's charts, and the lock of the process that wrote the last one. */
export const historyKeys = { samples: 'skywire-inbox:{history}', writer: 'skywire-inbox:{history}:writer' };
